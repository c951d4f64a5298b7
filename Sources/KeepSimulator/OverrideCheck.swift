internal import KeepModel

/// Checks overrides against the graph they change: nodes and inputs that are there, and values that fit, by
/// type, range and choices where the class is known, else by the kind of the saved value.
struct OverrideCheck {
  let workflow: Workflow
  let overrides: JSONObject

  /// An entry for each thing that is wrong, in the order of the overrides.
  var problems: [JSONValue] {
    overrides.members.flatMap { member -> [JSONValue] in
      let place = ["body", "overrides", member.key]
      guard let fields = member.value.object else {
        return [Refusal.entry(place, "value is not a valid dict", "type_error.dict")]
      }
      guard let node = workflow[NodeID(member.key)] else {
        return [Refusal.entry(place, "node id '\(member.key)' does not exist in the workflow", "value_error")]
      }
      let foreign = fields.keys.filter { $0 != "inputs" }.map { key in
        Refusal.entry(place + [key], "only 'inputs' can be overridden", "value_error.extra")
      }
      guard let inputs = fields["inputs"]?.object else {
        return foreign + [Refusal.entry(place + ["inputs"], "value is not a valid dict", "type_error.dict")]
      }
      return foreign + inputs.members.compactMap { problem(of: $0, in: node) }
    }
  }

  private func problem(of member: JSONObject.Member, in node: Workflow.Node) -> JSONValue? {
    let place = ["body", "overrides", node.id.rawValue, "inputs", member.key]
    guard let saved = node.inputs[member.key] else {
      return Refusal.entry(
        place, "input '\(member.key)' does not exist on node \(node.id) (\(node.classType))", "value_error")
    }
    if let rule = InputRule.of(member.key, in: node.classType) {
      return rule.objection(to: member.value).map { Refusal.entry(place, $0.message, $0.type) }
    }
    let (expected, found) = (Self.kind(saved), Self.kind(member.value))
    guard Workflow.Node.link(saved) == nil, !saved.isNull, expected != found else { return nil }
    return Refusal.entry(place, "expected a \(expected), got a \(found)", "type_error.\(expected)")
  }

  /// What JSON calls a value.
  static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .number: "number"
    case .string: "string"
    case .array: "list"
    case .object: "dict"
    }
  }
}

/// What a text input says about media.
enum MediaReference {
  /// Ordinary text, or a file name.
  case none
  /// A data URI or bare Base64.
  case inline(InputMedia, form: String)
  /// An `http` or `https` address.
  case address
  /// Meant to be media, but broken.
  case broken(String)

  init(_ text: String, node: Workflow.Node, input: String) {
    let bytes = text.utf8
    if bytes.starts(with: "data:".utf8) {
      self = Self.dataURI(text, isCertain: NodeClass.takesAddress(node, input: input))
    } else if bytes.starts(with: "http://".utf8) || bytes.starts(with: "https://".utf8) {
      self = NodeClass.takesAddress(node, input: input) ? .address : .none
    } else if bytes.count >= 32, NodeClass.takesBareBase64(node, input: input) {
      let decoded = Base64Text.decode(bytes[...])
      self = decoded.map { .inline(InputMedia(bytes: $0), form: "base64") } ?? .broken("invalid Base64")
    } else {
      self = .none
    }
  }

  private static func dataURI(_ text: String, isCertain: Bool) -> MediaReference {
    let bytes = text.utf8
    guard let comma = bytes.prefix(256).firstIndex(of: UInt8(ascii: ",")) else {
      return isCertain ? .broken("invalid data URI: there is no comma after its head") : .none
    }
    let head = String(text[bytes.index(bytes.startIndex, offsetBy: 5)..<comma])
    guard head.hasSuffix(";base64") else {
      return isCertain ? .broken("invalid data URI: only ;base64 is supported") : .none
    }
    let type = head.prefix { $0 != ";" }
    guard type.utf8.contains(UInt8(ascii: "/")) else {
      return .broken("invalid data URI: the media type is missing")
    }
    guard let decoded = Base64Text.decode(bytes[bytes.index(after: comma)...]) else {
      return .broken("invalid data URI: the Base64 is broken")
    }
    return .inline(InputMedia(bytes: decoded, claimed: MediaType(type.lowercased())), form: "data_uri")
  }
}

/// Base64 as the service reads it, strictly: whole groups, right padding, no other characters.
enum Base64Text {
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, character) in alphabet.utf8.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()

  static func decode(_ text: Substring.UTF8View) -> [UInt8]? {
    let characters = text.withContiguousStorageIfAvailable { Array($0) } ?? Array(text)
    guard characters.count % 4 == 0 else { return nil }
    let padding = characters.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    let length = characters.count / 4 * 3 - padding
    var isValid = true
    let decoded = [UInt8](unsafeUninitializedCapacity: characters.count / 4 * 3) { target, count in
      values.withUnsafeBufferPointer { values in
        characters.withUnsafeBufferPointer { source in
          var (read, written) = (0, 0)
          let end = source.count
          while read < end {
            var group = 0
            for place in 0..<4 {
              let isPadding = read + place >= end - padding
              let value = isPadding ? 0 : values[Int(source[read + place])]
              if value == 0xFF { isValid = false }
              group = group << 6 | Int(value)
            }
            target[written] = UInt8(group >> 16 & 255)
            target[written + 1] = UInt8(group >> 8 & 255)
            target[written + 2] = UInt8(group & 255)
            read += 4
            written += 3
          }
        }
      }
      count = length
    }
    return isValid ? decoded : nil
  }
}
