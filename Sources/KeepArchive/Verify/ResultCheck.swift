import KeepModel

/// Checks the manifest against what the service answered, in both directions.
struct ResultCheck {
  let contents: BundleContents
  let manifest: Manifest
  let documents: RunDocuments

  private static let path = "data/run/result.json"

  func check(_ log: inout FindingLog) {
    guard let result = documents.result else { return }
    checkRun(result, &log)
    let told = OutputCollector.collect(
      RunResult(
        verdict: .succeeded, word: "", document: result, irregularities: documents.irregularities,
        raw: []),
      workflow: documents.workflow.flatMap { try? Workflow(document: $0) }
    ).outputs
    compare(told, &log)
  }

  private func checkRun(_ result: JSONValue, _ log: inout FindingLog) {
    let run = manifest.run
    if let word = result["status"]?.string, !word.utf8.elementsEqual(run.status.utf8) {
      log.note(.runContradictsResult, path: Self.path, "status is \(word), not \(run.status)")
    }
    // A service may know the run by another name within; what it answered is kept all the same.
    let ids = [
      ("request_id", run.request.rawValue), ("deployment_id", run.deployment.rawValue),
    ]
    for (key, id) in ids {
      guard let told = result[key].flatMap({ $0.string ?? $0.number?.text }) else { continue }
      if !Self.isSameID(told, id) {
        log.note(.resultNamesAnother, path: Self.path, "\(key) is \(told), not \(id)")
      }
    }
    for (key, time) in [("created_at", run.createdAt), ("finished_at", run.finishedAt)] {
      let text = result[key]?.string
      if text.flatMap({ Timestamp(parsing: $0) }) != time {
        log.note(
          .runContradictsResult, path: Self.path,
          "\(key) is \(text ?? "missing"), not \(time?.description ?? "null")")
      }
    }
    if CanonicalJSON.compact(.array(run.errors)) != CanonicalJSON.compact(Self.errors(in: result)) {
      log.note(.runContradictsResult, path: Self.path, "its errors are not the manifest's")
    }
  }

  /// The service's own records, in a list if they came in none.
  private static func errors(in result: JSONValue) -> JSONValue {
    switch result["error"] ?? result["errors"] {
    case nil, .null: []
    case .array(let items): .array(items)
    case let error?: [error]
    }
  }

  private struct Place: Hashable {
    let node: NodeID
    let key: OutputKey
    let index: Int
  }

  private func compare(_ told: [NodeOutput], _ log: inout FindingLog) {
    var left = Dictionary(
      told.map { (Place(node: $0.node, key: $0.key, index: $0.index), $0) },
      uniquingKeysWith: { first, _ in first })
    for output in manifest.outputs {
      let place = Place(node: output.node, key: output.key, index: output.index)
      let name = "\(output.node)/\(output.key)/\(output.index)"
      guard let found = left.removeValue(forKey: place) else {
        log.note(.outputNotInResult, path: Self.path, "has no output \(name)")
        continue
      }
      compare(output, found, name, &log)
    }
    for output in told {
      guard left[Place(node: output.node, key: output.key, index: output.index)] != nil else { continue }
      log.note(
        .resultNotInOutputs, path: Self.path,
        "has \(output.node)/\(output.key)/\(output.index), which the manifest does not list")
    }
  }

  private func compare(
    _ output: Manifest.Output, _ told: NodeOutput, _ name: String, _ log: inout FindingLog
  ) {
    var differences: [String] = []
    if output.pointer != told.pointer { differences.append("pointer") }
    switch told.content {
    case .text(let text):
      if output.kind != .text { differences.append("kind") }
      if let stored = output.stored, stored.checksum != Checksum(of: Array(text.utf8)) {
        log.note(.textDiffers, path: "data/\(stored.path)", "is not the text of output \(name)")
      }
    case .file(let record):
      if output.kind != .file { differences.append("kind") }
      differences += Self.differences(output, record)
    }
    if !differences.isEmpty {
      log.note(
        .outputContradictsResult, path: Self.path,
        "output \(name) differs from the manifest: \(differences.joined(separator: ", "))")
    }
    checkNode(output, told, name, &log)
  }

  private func checkNode(
    _ output: Manifest.Output, _ told: NodeOutput, _ name: String, _ log: inout FindingLog
  ) {
    guard documents.workflow != nil else {
      if output.nodeClass != nil || output.nodeTitle != nil {
        log.note(
          .nodeUnsupported, path: ManifestCheck.path,
          "output \(name) has a class or title, but the bundle has no workflow that says so")
      }
      return
    }
    if !Self.isSame(output.nodeClass, told.nodeClass) || !Self.isSame(output.nodeTitle, told.nodeTitle) {
      log.note(
        .nodeContradictsWorkflow, path: ManifestCheck.path,
        "output \(name): class or title differ from the workflow")
    }
  }

  private static func differences(
    _ output: Manifest.Output, _ record: NodeOutput.FileRecord
  ) -> [String] {
    let address = record.url.map(AddressText.bare)
    var differences: [String] = []
    if !isSame(output.filename, record.filename) { differences.append("filename") }
    if !isSame(output.subfolder, record.subfolder) { differences.append("subfolder") }
    if !isSame(output.type, record.type) { differences.append("type") }
    if !isSame(output.url, address) { differences.append("url") }
    if (output.reason == .noURL) != (record.url == nil), output.status != .omitted {
      differences.append("reason")
    }
    return differences
  }

  /// The case of a UUID's digits says nothing.
  private static func isSameID(_ left: String, _ right: String) -> Bool {
    isSame(NamedUUID.normalized(left) ?? left, NamedUUID.normalized(right) ?? right)
  }

  /// Byte by byte: `String` would take composed and decomposed letters for one.
  static func isSame(_ left: String?, _ right: String?) -> Bool {
    switch (left, right) {
    case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
    case (nil, nil): true
    default: false
    }
  }
}
