package import KeepModel

/// The service's answer as it is archived: without what differs from call to call, and without secrets.
package enum ResultDocument {
  /// Top-level members that tell of the queue or of addresses and not of the run. They differ from call to
  /// call, and the instance is named only as long as it lives.
  private static let volatile = [
    "queue_position", "status_url", "result_url", "cancel_url", "log_url", "instance_id", "expires_in",
  ]

  /// Members that the manifest repeats as they are.
  private static let repeated = ["error", "errors", "detail"]

  /// The answer, laid out canonically as `run/result.json`.
  ///
  /// Queries are cut from addresses in file records, and from texts that are signed addresses; the same is
  /// done to the text outputs themselves. Outside of outputs and errors, secrets are struck out, since a
  /// service may repeat what was posted. An answer that is no clean JSON is kept byte for byte as
  /// `run/result.raw`, but for the same cuts.
  package static func make(_ result: RunResult) -> RunDocument {
    let isClean = result.irregularities.subtracting([.byteOrderMark]).isEmpty
    let path = isClean ? "run/result.json" : "run/result.raw"
    var outputs = OutputRedactor()
    var secrets = CredentialRedactor()
    let document = struck(result.document, &outputs, &secrets)
    let cuts = outputs.cuts.merging(
      // A short secret may be a node id or a word elsewhere.
      secrets.changes.filter { $0.before.utf8.count >= 8 }.map { (Identifier($0.before), $0.after) },
      uniquingKeysWith: { first, _ in first })
    let bytes = isClean ? CanonicalJSON.indented(document) : RawCut.apply(cuts, to: result.raw)
    let redactions = outputs.redactions(in: path) + secrets.redactions(in: path)
    return RunDocument(
      path: path, bytes: bytes, source: nil,
      redactions: isClean ? redactions : RawCut.done(redactions, in: bytes))
  }

  private static func struck(
    _ document: JSONValue, _ outputs: inout OutputRedactor, _ secrets: inout CredentialRedactor
  ) -> JSONValue {
    guard case .object(var object) = document else { return document }
    let key = object["outputs"]?.object == nil ? "output" : "outputs"
    for name in volatile { object[name] = nil }
    var others = object
    for name in repeated + [key] { others[name] = nil }
    for member in secrets.strike(others, at: JSONPointer()).members {
      object[member.key] = member.value
    }
    if let value = object[key] { object[key] = outputs.outputs(value, at: JSONPointer([key])) }
    return .object(object)
  }
}

/// Cuts addresses in outputs, and remembers what it cut.
private struct OutputRedactor {
  /// The texts before and after.
  private(set) var cuts: [Identifier<RawCut>: String] = [:]
  private var places: [(pointer: JSONPointer, rule: String)] = []

  func redactions(in document: String) -> [Manifest.Redaction] {
    places.map { Manifest.Redaction(document: document, pointer: $0.pointer, rule: $0.rule) }
  }

  mutating func outputs(_ value: JSONValue, at pointer: JSONPointer, isRecord: Bool = false) -> JSONValue {
    switch value {
    case .array(let items):
      return .array(
        items.enumerated().map { outputs($0.element, at: pointer.appending($0.offset), isRecord: isRecord) })
    case .object(let object):
      let isFile = isRecord || NodeOutput.FileRecord(object) != nil
      var cut = object
      for member in object.sortedMembers {
        cut[member.key] = outputs(member.value, at: pointer.appending(member.key), isRecord: isFile)
      }
      return .object(cut)
    case .string(let text): return .string(isRecord ? address(text, pointer) : signed(text, pointer))
    case .null, .bool, .number: return value
    }
  }

  /// A text in a file record: an address loses its query, whatever it says.
  private mutating func address(_ text: String, _ pointer: JSONPointer) -> String {
    guard let address = AddressText(text), address.hasQuery || address.hasUserInfo else { return text }
    if address.hasUserInfo { places.append((pointer, "credential")) }
    if address.hasQuery { places.append((pointer, "url-query")) }
    return cut(text, address.withoutQuery)
  }

  /// A text output: only a signed address loses its query.
  private mutating func signed(_ text: String, _ pointer: JSONPointer) -> String {
    let safe = AddressText.withoutSignature(text)
    guard !safe.utf8.elementsEqual(text.utf8) else { return text }
    places.append((pointer, "url-query"))
    return cut(text, safe)
  }

  private mutating func cut(_ text: String, _ safe: String) -> String {
    cuts[Identifier(text)] = safe
    return safe
  }
}

/// Replaces whole JSON strings in bytes that are no clean JSON, and touches nothing else.
private enum RawCut {
  static func apply(_ cuts: [Identifier<RawCut>: String], to bytes: [UInt8]) -> [UInt8] {
    guard !cuts.isEmpty else { return bytes }
    var result: [UInt8] = []
    var rest = bytes[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "\"")) {
      result += rest[..<start]
      let end = endOfString(rest, from: start)
      let literal = Array(rest[start..<end])
      let text = try? JSONDocument(parsing: literal, options: .lenient).value.string
      result += text.flatMap { cuts[Identifier($0)] }.map { CanonicalJSON.quoted($0) } ?? literal
      rest = rest[end...]
    }
    return result + rest
  }

  /// Those of the redactions that were made.
  static func done(_ redactions: [Manifest.Redaction], in bytes: [UInt8]) -> [Manifest.Redaction] {
    guard let document = try? JSONDocument(parsing: bytes, options: .lenient).value else { return [] }
    return redactions.filter { redaction in
      let text = redaction.pointer.value(in: document)?.string ?? ""
      return redaction.rule == "credential"
        ? text.contains(CredentialName.redacted) : !text.utf8.contains(UInt8(ascii: "?"))
    }
  }

  /// The place after the closing quote, or the end of the text.
  private static func endOfString(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int {
    var place = start + 1
    while place < bytes.endIndex {
      switch bytes[place] {
      case UInt8(ascii: "\\"): place += 2
      case UInt8(ascii: "\""): return place + 1
      default: place += 1
      }
    }
    return bytes.endIndex
  }
}
