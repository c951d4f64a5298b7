import KeepModel

/// The archived documents of the run, read as far as they can be.
struct RunDocuments: Sendable {
  private(set) var request: JSONValue?
  private(set) var result: JSONValue?
  private(set) var workflow: JSONValue?
  /// What about a `result.raw` was not clean JSON.
  private(set) var irregularities: Set<JSONDocument.Irregularity> = []

  init(_ contents: BundleContents, _ documents: Manifest.Documents, _ log: inout FindingLog) {
    request = Self.read(contents, documents.request, &log)?.value
    workflow = Self.read(contents, documents.workflow, &log)?.value
    if let document = Self.read(contents, documents.result, &log) {
      result = document.value
      irregularities = document.irregularities
    }
  }

  /// A document that could be made clean lies as canonical JSON; only what could not be lies as it came.
  private static func read(
    _ contents: BundleContents, _ document: Manifest.Document?, _ log: inout FindingLog
  ) -> JSONDocument? {
    guard let path = document.map({ "data/\($0.path)" }), let bytes = contents[path]?.bytes else {
      return nil
    }
    let isRaw = path.hasSuffix(".raw")
    do {
      let read = try JSONDocument(parsing: bytes, options: isRaw ? .lenient : .strict)
      if !isRaw, CanonicalJSON.indented(read.value) != bytes {
        log.note(.documentUnreadable, path: path, "is not spelled canonically")
      }
      return read
    } catch {
      log.note(.documentUnreadable, path: path, "\(error)")
      return nil
    }
  }

  /// A document by the name that redactions give it.
  subscript(name: String) -> JSONValue? {
    let last = name.split(separator: "/").last.map(String.init) ?? name
    switch last.prefix(while: { $0 != "." }) {
    case "request": return request
    case "result": return result
    case "workflow", "workflow_api": return workflow
    default: return nil
    }
  }
}
