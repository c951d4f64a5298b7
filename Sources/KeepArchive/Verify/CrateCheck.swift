import KeepModel

/// Checks `data/ro-crate-metadata.json` against the files and the manifest.
struct CrateCheck {
  let contents: BundleContents
  let manifest: Manifest?

  private static let path = "data/ro-crate-metadata.json"

  func check(_ log: inout FindingLog) {
    guard let entities = read(&log) else { return }
    guard let descriptor = entities["ro-crate-metadata.json"],
      Self.links(descriptor["about"]) == ["./"], let root = entities["./"]
    else {
      log.note(.crateMalformed, path: Self.path, "has no metadata descriptor with its root ./")
      return
    }
    checkParts(root, entities, &log)
    checkMainEntity(root, &log)
    checkAction(root, entities, &log)
  }

  /// The entities by their id.
  private func read(_ log: inout FindingLog) -> [String: JSONObject]? {
    guard contents.has(Self.path) else {
      log.note(.crateMissing, path: Self.path, "is missing")
      return nil
    }
    guard let bytes = contents[Self.path]?.bytes else { return nil }
    let document: JSONValue
    do { document = try JSONDocument(parsing: bytes).value } catch {
      log.note(.crateNotJSON, path: Self.path, "\(error)")
      return nil
    }
    if CanonicalJSON.indented(document) != bytes {
      log.note(.crateNotCanonical, path: Self.path, "is not spelled canonically")
    }
    guard let graph = document["@graph"]?.array else {
      log.note(.crateMalformed, path: Self.path, "has no @graph")
      return nil
    }
    var entities: [String: JSONObject] = [:]
    for item in graph {
      guard let entity = item.object, let id = entity["@id"]?.string,
        entities.updateValue(entity, forKey: id) == nil
      else {
        log.note(.crateMalformed, path: Self.path, "has an entity without @id, or an @id twice")
        return nil
      }
    }
    return entities
  }

  /// One link, or a list of links.
  private static func links(_ value: JSONValue?) -> [String] {
    switch value {
    case .array(let items): items.compactMap { $0["@id"]?.string }
    case let value?: [value["@id"]?.string].compactMap(\.self)
    case nil: []
    }
  }

  private func checkParts(
    _ root: JSONObject, _ entities: [String: JSONObject], _ log: inout FindingLog
  ) {
    let parts = Self.links(root["hasPart"])
    let payload = contents.payload.filter { $0 != Self.path }.map { String($0.dropFirst(5)) }
    let difference = SetDifference(found: parts, expected: payload)
    for path in difference.missing {
      log.note(.hasPartMissing, path: Self.path, "hasPart lacks \(path)")
    }
    for path in difference.extra {
      log.note(.hasPartExtra, path: Self.path, "hasPart lists \(path), which is not there, or twice")
    }
    for path in Set(parts).intersection(payload).sorted() {
      checkFile(path, entities[path], &log)
    }
  }

  private func checkFile(_ path: String, _ entity: JSONObject?, _ log: inout FindingLog) {
    guard let entity, let content = contents["data/\(path)"] else {
      log.note(.crateMalformed, path: Self.path, "has no entity for \(path)")
      return
    }
    let stated = entity["contentSize"].map { $0.string ?? $0.number?.text ?? "" }
    if stated != String(content.size) {
      log.note(
        .contentSizeDiffers, path: "data/\(path)",
        "has \(content.size) bytes; the crate's contentSize is \(stated ?? "missing")")
    }
  }

  private func checkMainEntity(_ root: JSONObject, _ log: inout FindingLog) {
    guard let manifest else { return }
    let expected = manifest.documents.workflow.map { [$0.path] } ?? []
    if Self.links(root["mainEntity"]) != expected {
      log.note(
        .mainEntityContradicts, path: Self.path,
        expected.isEmpty
          ? "has a mainEntity, but the bundle has no workflow" : "mainEntity is not the workflow")
    }
  }

  private func checkAction(
    _ root: JSONObject, _ entities: [String: JSONObject], _ log: inout FindingLog
  ) {
    let actions = entities.filter { _, entity in
      entity["@type"]?.string == "CreateAction"
        || entity["@type"]?.array?.contains("CreateAction") == true
    }
    guard let (id, action) = actions.first, actions.count == 1,
      Self.links(root["mentions"]).contains(id)
    else {
      log.note(.actionContradicts, path: Self.path, "must mention exactly one CreateAction")
      return
    }
    guard let manifest else { return }
    let didSucceed = ["succeeded", "completed"].contains(manifest.run.status)
    checkFacts(action, didSucceed: didSucceed, manifest, &log)
    let expected = didSucceed ? manifest.outputs.compactMap { $0.stored?.path } : []
    let difference = SetDifference(found: Self.links(action["result"]), expected: expected)
    for path in difference.missing {
      log.note(.resultMissing, path: Self.path, "the action's result lacks \(path)")
    }
    for path in difference.extra {
      log.note(.resultExtra, path: Self.path, "the action's result lists \(path), or twice")
    }
  }

  private func checkFacts(
    _ action: JSONObject, didSucceed: Bool, _ manifest: Manifest, _ log: inout FindingLog
  ) {
    let status = "http://schema.org/\(didSucceed ? "Completed" : "Failed")ActionStatus"
    let areRight =
      action["actionStatus"]?.string == status
      && action["startTime"]?.string == manifest.run.createdAt?.description
      && action["endTime"]?.string == manifest.run.finishedAt?.description
    if !areRight {
      log.note(.actionContradicts, path: Self.path, "status or times of the action are not the run's")
    }
  }
}

/// What two lists have that the other has not; what a list has twice counts as extra.
struct SetDifference {
  let missing: [String]
  let extra: [String]

  init(found: [String], expected: [String]) {
    var left = Set(expected)
    var extra: [String] = []
    for item in found where left.remove(item) == nil { extra.append(item) }
    self.missing = left.sorted()
    self.extra = extra
  }
}
