import KeepModel

/// Puts the values of a request together again.
struct InputRestorer {
  private let root: String
  private let entries: [NodeInput: [Manifest.Input]]
  private let redacted: [NodeInput: [JSONPointer]]
  private let moved: [Identifier<JSONPointer>: Manifest.Externalised]
  /// Struck out where no node input is.
  let redactedElsewhere: [JSONPointer]

  init(_ manifest: Manifest, root: String) {
    self.root = root
    self.entries = Dictionary(
      grouping: manifest.inputs, by: { NodeInput(node: $0.node, name: $0.input) })
    var redacted: [NodeInput: [JSONPointer]] = [:]
    var elsewhere: [JSONPointer] = []
    for pointer in ArchivedRequest.redactions(of: manifest, in: "run/request.json") {
      if let input = NodeInput(of: pointer, root: root) {
        redacted[input, default: []].append(pointer)
      } else if pointer.tokens.first != "extra_data" {
        elsewhere.append(pointer)
      }
    }
    self.redacted = redacted
    self.redactedElsewhere = elsewhere
    self.moved = Dictionary(
      manifest.externalised.map { (Identifier($0.pointer.description), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The values in some nodes; not `all`: only those that are files, hold moved data or lack something.
  func values(
    in nodes: JSONObject, all: Bool, _ reader: borrowing BundleReader
  ) throws(KeepError) -> [(input: NodeInput, value: ArchivedRequest.Value)] {
    var values: [(input: NodeInput, value: ArchivedRequest.Value)] = []
    for node in nodes.members {
      guard let inputs = node.value["inputs"]?.object, !all || node.value.object?.keys == ["inputs"] else {
        guard all else { continue }
        throw KeepError(
          .inputRejected, .path(reader.path), "its request sets more than inputs of node \(node.key)")
      }
      for member in inputs.members {
        let input = NodeInput(node: NodeID(node.key), name: InputName(member.key))
        guard all || entries[input] != nil || redacted[input] != nil else { continue }
        values.append((input, try value(member.value, of: input, reader)))
      }
    }
    return values.sorted { $0.input < $1.input }
  }

  private func value(
    _ value: JSONValue, of input: NodeInput, _ reader: borrowing BundleReader
  ) throws(KeepError) -> ArchivedRequest.Value {
    let listed = entries[input] ?? []
    let pointer = JSONPointer([root, input.node.rawValue, "inputs", input.name.rawValue])
    if let whole = listed.first(where: { $0.pointer.tokens.count == pointer.tokens.count }) {
      // With the bytes at hand it does not matter what was struck out of the address that they travelled by.
      return if let stored = whole.stored { .file(whole.filename, stored) } else {
        .withheld(.omitted(Self.omitted(value)))
      }
    }
    if let places = redacted[input] { return .withheld(.redacted(places)) }
    if listed.contains(where: { $0.stored == nil }) { return .withheld(.omitted(nil)) }
    return .json(listed.isEmpty ? value : try restored(value, at: pointer, reader))
  }

  /// What stands in place of a file that was left out tells its checksum.
  private static func omitted(_ value: JSONValue) -> Checksum? {
    let mark = "omitted:sha256:"
    guard let text = value.string, text.hasPrefix(mark) else { return nil }
    return Checksum(hexadecimal: String(text.dropFirst(mark.count)))
  }

  private func restored(
    _ value: JSONValue, at pointer: JSONPointer, _ reader: borrowing BundleReader
  ) throws(KeepError) -> JSONValue {
    switch value {
    case .string:
      guard let item = moved[Identifier(pointer.description)] else { return value }
      let bytes = try reader.bytes(of: "data/" + item.path, limit: .mebibytes(256))
      return .string(DataURI.prefix(item.mediaType) + Base64.encode(bytes))
    case .array(let items):
      var whole: [JSONValue] = []
      for (index, item) in items.enumerated() {
        whole.append(try restored(item, at: pointer.appending(index), reader))
      }
      return .array(whole)
    case .object(let object):
      var whole = object
      for member in object.members {
        whole[member.key] = try restored(member.value, at: pointer.appending(member.key), reader)
      }
      return .object(whole)
    case .null, .bool, .number: return value
    }
  }

  /// A graph in which files stand by their names: what stands there in a bundle, a place in it or an address of then,
  /// would make another graph of the same one.
  func withFileNames(_ nodes: JSONObject) -> JSONObject {
    var nodes = nodes
    for (input, listed) in entries {
      guard let file = listed.first(where: { $0.pointer.tokens.count == 4 }),
        var node = nodes[input.node.rawValue]?.object, var values = node["inputs"]?.object,
        values[input.name.rawValue] != nil
      else { continue }
      values[input.name.rawValue] = .string(file.filename)
      node["inputs"] = .object(values)
      nodes[input.node.rawValue] = .object(node)
    }
    return nodes
  }
}

extension NodeInput {
  /// The node input that a place in a graph, or below the `root` of a request, belongs to.
  init?(of pointer: JSONPointer, root: String?) {
    var tokens = pointer.tokens[...]
    if let root { guard tokens.popFirst() == root else { return nil } }
    guard tokens.count >= 3, tokens[tokens.startIndex + 1] == "inputs" else { return nil }
    self.init(node: NodeID(tokens[tokens.startIndex]), name: InputName(tokens[tokens.startIndex + 2]))
  }
}
