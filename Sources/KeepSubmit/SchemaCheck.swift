import KeepModel

/// One value against what `object_info` says of its input: type, range and choices.
///
/// | the schema says | a value |
/// | --- | --- |
/// | `INT`, `FLOAT`, `STRING`, `BOOLEAN` | of another type is refused; a number may be written as text where the workflow has text |
/// | `min`, `max` | beyond them is refused; both are inclusive, whole numbers are compared exactly |
/// | `step` | off it is said for whole numbers, since ComfyUI's page alone insists on it |
/// | choices | that is none of them is refused |
/// | choices that are files or folders of the instance, or that the workflow's own value is not among | that is none of them is said |
/// | a type that only other nodes give, such as `MODEL` | is refused, and said where wires may be cut |
///
/// ComfyUI looks at types, ranges and choices alike before it runs, so what is refused here would fail there. Media
/// never come here.
struct SchemaCheck {
  let input: NodeInput
  let schema: InputSchema
  /// What stands in the workflow.
  let current: JSONValue
  let allowsCutting: Bool

  /// What is worth saying of a value and no reason to stop.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected`.
  func check(_ value: JSONValue) throws(KeepError) -> [String] {
    if schema.isWire { return [try wire()] }
    if schema.type == "COMBO" { return try choice(value).map { [$0] } ?? [] }
    guard let scalar = schema.scalar else {
      if let number = value.number { try range(number) }
      return []
    }
    switch scalar {
    case .text: if value.string == nil, !isAsSaved(value) { throw wrongType("text", value) }
    case .flag: if value.bool == nil, !isAsSaved(value) { throw wrongType("true or false", value) }
    case .whole, .decimal: return try number(value, isWhole: scalar == .whole)
    }
    return []
  }

  /// Whether the workflow itself has a value of this kind there, whatever the schema says.
  private func isAsSaved(_ value: JSONValue) -> Bool {
    Workflow.Node.link(current) == nil && !current.isNull && current.kindInWords == value.kindInWords
  }

  private func refusal(_ reason: String, hint: String? = nil) -> KeepError {
    KeepError(.inputRejected, .nodeInput(input), reason, hint: hint)
  }

  private func wrongType(_ wanted: String, _ value: JSONValue) -> KeepError {
    refusal("takes \(wanted) (\(schema.type)), found \(value.kindInWords)")
  }

  private func wire() throws(KeepError) -> String {
    guard allowsCutting else {
      throw refusal(
        "takes what another node gives (\(schema.type)), and nothing that can be written down",
        hint: "set an input of the node that gives it, or add --allow-cutting")
    }
    return "\(input): takes what another node gives (\(schema.type)); a plain value there makes the run fail"
  }

  // MARK: Numbers

  private func number(_ value: JSONValue, isWhole: Bool) throws(KeepError) -> [String] {
    // Some nodes save numbers as text, and ComfyUI reads them.
    let saved = current.string.flatMap { JSONNumber($0) }
    guard let number = value.number ?? (saved == nil ? nil : value.string.flatMap { JSONNumber($0) }) else {
      guard saved == nil, isAsSaved(value) else {
        throw wrongType(isWhole ? "a whole number" : "a number", value)
      }
      return []
    }
    if isWhole, !number.isWhole { throw refusal("takes a whole number, found \(number)") }
    guard number.double?.isFinite == true else {
      throw refusal("takes a number that a node can hold, found \(number)")
    }
    try range(number)
    return isWhole ? offStep(number).map { [$0] } ?? [] : []
  }

  private func range(_ number: JSONNumber) throws(KeepError) {
    if let limit = schema["max"]?.number, limit.isLess(than: number) {
      throw refusal("is at most \(limit), found \(number)")
    }
    if let limit = schema["min"]?.number, number.isLess(than: limit) {
      throw refusal("is at least \(limit), found \(number)")
    }
  }

  private func offStep(_ number: JSONNumber) -> String? {
    guard let step = schema["step"]?.number?.signed, step > 1, let value = number.signed else { return nil }
    let start = schema["min"]?.number?.signed ?? 0
    let (distance, isTooFar) = value.subtractingReportingOverflow(start)
    guard !isTooFar, distance % step != 0 else { return nil }
    return "\(input): \(number) is off the steps of \(step) from \(start), which some nodes round or refuse"
  }

  // MARK: Choices

  /// What is said of a value that is none of the choices, where that is no reason to stop.
  private func choice(_ value: JSONValue) throws(KeepError) -> String? {
    guard let choices = schema.choices, !choices.isEmpty else { return nil }
    let chosen = schema.takesSeveral ? value.array ?? [value] : [value]
    guard let unknown = chosen.first(where: { !Self.isAmong(choices, $0) }) else { return nil }
    let text = unknown.string ?? String(decoding: CanonicalJSON.compact(unknown), as: UTF8.self)
    let shown = unknown.string == nil ? text : "\"\(Excerpt.of(text, limit: 60))\""
    let names = choices.compactMap(\.string)
    let near = NearMiss.question(near: text, among: names)
    // A list that the workflow itself does not keep to is no measure for a person.
    let isKept = (current.array ?? [current]).allSatisfy { Self.isAmong(choices, $0) }
    guard isKept, !schema.listsFiles, !isPlace else {
      return "\(input): \(shown) is not among its \(choices.count) choices\(near)"
    }
    let list = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
    throw refusal(
      "\(shown) is not among its \(choices.count) choices\(near.isEmpty ? ": \(list)" : near)",
      hint: "comfykeep inspect lists them; if the schema is out of date, name a newer one with --object-info")
  }

  /// Whether the input's name is that of a folder or file, whose choices lie on the instance whatever they end in.
  private var isPlace: Bool {
    let name = input.name.rawValue.lowercased()
    return ["folder", "directory", "path"].contains(name)
      || ["_folder", "_directory", "_dir", "_path"].contains(where: name.hasSuffix)
  }

  /// As Python compares: numbers by value, whatever their spelling.
  private static func isAmong(_ choices: [JSONValue], _ value: JSONValue) -> Bool {
    choices.contains { choice in
      guard let left = choice.number, let right = value.number else { return choice == value }
      return !left.isLess(than: right) && !right.isLess(than: left)
    }
  }
}

extension JSONNumber {
  /// Whether it is spelled without fraction and exponent.
  var isWhole: Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D } }

  /// Exact for whole numbers from −2⁶³ to 2⁶⁴−1, else by the nearest doubles.
  func isLess(than other: JSONNumber) -> Bool {
    if let left = signed, let right = other.signed { return left < right }
    switch (unsigned, other.unsigned) {
    case (let left?, let right?): return left < right
    // A whole number beyond 2⁶⁴−1 is the greater one, though its nearest double may be the same.
    case (.some, nil) where (other.double ?? 0) >= 0x1p64: return true
    case (nil, .some) where (double ?? 0) >= 0x1p64: return false
    default: break
    }
    guard let left = double, let right = other.double else { return false }
    return left < right
  }
}

extension JSONValue {
  /// What a person would call it.
  var kindInWords: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
