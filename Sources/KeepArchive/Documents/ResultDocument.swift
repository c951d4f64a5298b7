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
  /// Queries are cut from addresses in file records, and from signed addresses in texts; the same is done to
  /// the text outputs themselves. Outside of outputs and errors, secrets are struck out by their names, since a
  /// service may repeat what was posted. An answer that is no clean JSON is kept byte for byte as
  /// `run/result.raw`, but for the same cuts. Our own secrets are to be gone from it before, see
  /// ``KeepModel/RunResult/redacted(by:)``; what was struck out then is listed here.
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
    var redactions = outputs.redactions(in: path) + secrets.redactions(in: path)
    for place in RedactionRule.struckPlaces(in: document) {
      let struck = Manifest.Redaction(document: path, pointer: place, rule: RedactionRule.credential)
      if !redactions.contains(struck) { redactions.append(struck) }
    }
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
        let place = pointer.appending(member.key)
        cut[member.key] =
          if isFile, AddressText.isField(member.key), let text = member.value.string {
            .string(self.cut(text, AddressText.inAddressField(text), place))
          } else {
            outputs(member.value, at: place, isRecord: isFile)
          }
      }
      return .object(cut)
    case .string(let text):
      return .string(
        cut(text, isRecord ? AddressText.inRecord(text) : AddressText.withoutSignature(text), pointer))
    case .null, .bool, .number: return value
    }
  }

  private mutating func cut(_ text: String, _ safe: String, _ pointer: JSONPointer) -> String {
    guard !safe.utf8.elementsEqual(text.utf8) else { return text }
    cuts[Identifier(text)] = safe
    if safe.contains(CredentialName.redacted), !text.contains(CredentialName.redacted) {
      places.append((pointer, RedactionRule.credential))
    }
    if RedactionRule.isDone(RedactionRule.query, in: .string(safe)), Self.marks(text) > Self.marks(safe) {
      places.append((pointer, RedactionRule.query))
    }
    return safe
  }

  /// How many queries and fragments may begin in a text.
  private static func marks(_ text: String) -> Int {
    text.utf8.count { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
  }
}

/// Cuts in bytes that are no clean JSON; nothing else of them is touched.
private enum RawCut {
  static func apply(_ cuts: [Identifier<RawCut>: String], to bytes: [UInt8]) -> [UInt8] {
    guard !cuts.isEmpty else { return bytes }
    return RawStrings.replacing(in: bytes) { cuts[Identifier($0)] }
  }

  /// Those of the redactions that were made.
  static func done(_ redactions: [Manifest.Redaction], in bytes: [UInt8]) -> [Manifest.Redaction] {
    guard let document = try? JSONDocument(parsing: bytes, options: .lenient).value else { return [] }
    return redactions.filter { RedactionRule.isDone($0.rule, in: $0.pointer.value(in: document)) }
  }
}
