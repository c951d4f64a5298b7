internal import KeepFiles
internal import KeepModel
internal import SystemPackage

/// `data/run/…` and `data/inputs/…` of a bundle, with what the manifest says of them.
struct DraftDocuments: Sendable {
  /// What was asked, as archived; `nil` for a run that was made elsewhere.
  private(set) var request: JSONValue?
  /// The workflow as archived, where it provably ran.
  private(set) var workflow: Workflow?
  /// The service's error records.
  let errors: [JSONValue]
  private(set) var listed = Manifest.Documents()
  private(set) var inputs: [Manifest.Input] = []
  private(set) var externalised: [Manifest.Externalised] = []
  private(set) var redactions: [Manifest.Redaction] = []
  private(set) var parts: [PayloadPart] = []

  /// - Throws: ``KeepError`` with code `fixity` or `localIO` when an asset is no longer what was sent.
  init(_ record: RunRecord) throws(KeepError) {
    errors = Self.errors(in: record.result.document)
    let result = ResultDocument.make(record.result)
    listed.result = add(result)
    guard let submission = record.submission else { return }
    let asked = try RequestDocument.make(
      submission: submission, usedCoreKey: record.usedCoreKey, kept: Set(record.keptInputs.keys),
      inputs: record.options.inputs
    ) { asset throws(KeepError) in
      try FileReader.bytes(
        of: record.keptInputs[asset.checksum] ?? asset.path, limit: asset.size, code: .fixity)
    }
    listed.request = add(asked.file)
    request = Self.value(of: asked.file)
    listed.workflow = asked.workflow.map { add($0) }
    workflow = asked.workflow.flatMap(Self.value).flatMap { try? Workflow(document: $0) }
    externalised = asked.externalised
    for input in asked.inputs { add(input, record) }
  }

  private mutating func add(_ document: RunDocument) -> Manifest.Document {
    parts.append(PayloadPart(document.path, document.bytes))
    redactions += document.redactions
    return document.entry
  }

  private mutating func add(_ input: RequestDocument.Ingoing, _ record: RunRecord) {
    inputs.append(input.entry)
    guard let stored = input.entry.stored else { return }
    switch input.source {
    case .bytes(let bytes): parts.append(PayloadPart(stored.path, bytes))
    case .kept(let checksum):
      guard let path = record.keptInputs[checksum] else { return }
      parts.append(PayloadPart(stored, at: path))
    case .none: break
    }
  }

  /// The service's own records, in a list if they came in none.
  private static func errors(in result: JSONValue) -> [JSONValue] {
    switch result["error"] ?? result["errors"] {
    case nil, .null: []
    case .array(let items): items
    case let error?: [error]
    }
  }

  /// A document as its readers will see it; a page and a crate can do without one that is not JSON.
  private static func value(of document: RunDocument) -> JSONValue? {
    try? JSONDocument(parsing: document.bytes, options: .lenient).value
  }
}
