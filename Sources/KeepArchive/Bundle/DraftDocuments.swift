internal import KeepModel
internal import SystemPackage

/// `data/run/…` and `data/inputs/…` of a bundle, with what the manifest says of them.
struct DraftDocuments: Sendable {
  /// What was asked, as archived; `nil` for a run that was made elsewhere.
  private(set) var request: JSONValue?
  /// The workflow, where it provably ran.
  private(set) var workflow: Workflow?
  /// The error records, as archived.
  private(set) var errors: [JSONValue] = []
  private(set) var listed = Manifest.Documents()
  private(set) var inputs: [Manifest.Input] = []
  private(set) var externalised: [Manifest.Externalised] = []
  private(set) var redactions: [Manifest.Redaction] = []
  private(set) var parts: [PayloadPart] = []

  init(_ record: RunRecord) {
    addResult(record)
    addRequest(record)
    addWorkflow(record)
  }

  private mutating func addResult(_ record: RunRecord) {
    let part = PayloadPart("run/result.json", CanonicalJSON.indented(record.result.document))
    listed.result = part.document()
    parts.append(part)
    switch record.result.document["error"] ?? record.result.document["errors"] {
    case nil, .null: errors = []
    case .array(let items): errors = items
    case let error?: errors = [error]
    }
  }

  private mutating func addRequest(_ record: RunRecord) {
  }

  private mutating func addWorkflow(_ record: RunRecord) {
  }
}
