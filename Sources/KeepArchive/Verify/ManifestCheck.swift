import KeepModel

/// Checks `data/manifest.json` in itself and against the files of the bundle, in both directions.
struct ManifestCheck {
  let contents: BundleContents
  let manifest: Manifest

  static let path = "data/manifest.json"
  private static let own = [
    "README.md", "manifest.json", "ro-crate-metadata.json", "ro-crate-preview.html",
  ]

  /// Reads the manifest; what keeps it from being read goes to the log.
  static func read(_ contents: BundleContents, _ log: inout FindingLog) -> Manifest? {
    guard contents.has(path) else {
      log.note(.manifestMissing, path: path, "is missing")
      return nil
    }
    guard let bytes = contents[path]?.bytes else { return nil }
    do {
      let document = try JSONDocument(parsing: bytes).value
      let manifest = try Manifest(json: document)
      checkProfile(document, contents, &log)
      let again = json(of: manifest, like: document)
      let counts = [document, again].map { CanonicalJSON.compact($0["counts"] ?? .null) }
      if counts[0] != counts[1] {
        log.note(.countsDiffer, path: path, "counts are not the lists' lengths")
      } else if CanonicalJSON.indented(again) != bytes {
        log.note(.manifestNotCanonical, path: path, "is not spelled canonically")
      }
      return manifest
    } catch let error as JSONError {
      log.note(.manifestNotJSON, path: path, "\(error)")
    } catch {
      let code = (error as? KeepError)?.code
      log.note(
        code == .notABundle ? .manifestProfileUnknown : .manifestMalformed, path: path, "\(error)")
    }
    return nil
  }

  /// The manifest's document under the profile that was given, which may be a later minor one.
  private static func json(of manifest: Manifest, like document: JSONValue) -> JSONValue {
    guard var object = manifest.json.object else { return manifest.json }
    object["profile"] = document["profile"]
    return .object(object)
  }

  /// Bag and manifest name one profile.
  private static func checkProfile(
    _ document: JSONValue, _ contents: BundleContents, _ log: inout FindingLog
  ) {
    let info = BagInfo(contents["bag-info.txt"]?.bytes ?? [])
    guard let bag = info["Run-Bundle-Profile"], let profile = document["profile"]?.string,
      !profile.utf8.elementsEqual(bag.utf8)
    else { return }
    log.note(
      .profilesDiffer, path: path, "its profile is \(profile); that of bag-info.txt is \(bag)")
  }

  func check(_ log: inout FindingLog) {
    checkName(&log)
    checkOutputs(&log)
    checkInputs(&log)
    checkDocuments(&log)
    checkListing(&log)
    checkCompleteness(&log)
  }

  private func checkName(_ log: inout FindingLog) {
    let name = RunName(manifest.run)
    if contents.top != name.stem {
      log.note(.identifierDiffers, "the top directory is \(contents.top), not \(name.stem)")
    }
    let info = BagInfo(contents["bag-info.txt"]?.bytes ?? [])
    if let given = info["External-Identifier"], given != name.identifier {
      log.note(
        .identifierDiffers, path: "bag-info.txt",
        "External-Identifier is \(given), not \(name.identifier)")
    }
  }

  private func checkOutputs(_ log: inout FindingLog) {
    var last: Manifest.Output?
    for output in manifest.outputs {
      let name = "\(output.node)/\(output.key)/\(output.index)"
      if let last, !Self.precedes(last, output) {
        log.note(.outputsUnordered, path: Self.path, "output \(name) is out of order or comes twice")
      }
      last = output
      checkState(output, name, &log)
      guard let stored = output.stored, let place = Self.place(of: output) else { continue }
      checkStored(stored, at: place, name, &log)
      if stored.size == 0, output.status == .archived {
        log.note(.outputEmpty, path: "data/\(stored.path)", "the output has zero bytes")
      }
    }
    if manifest.outputs.isEmpty, manifest.run.status == "succeeded" {
      log.note(.noOutputs, path: Self.path, "the run succeeded without outputs")
    }
  }

  private static func precedes(_ left: Manifest.Output, _ right: Manifest.Output) -> Bool {
    if left.node != right.node { return left.node < right.node }
    if left.key != right.key { return left.key < right.key }
    return left.index < right.index
  }

  private func checkState(_ output: Manifest.Output, _ name: String, _ log: inout FindingLog) {
    let isArchived = output.status == .archived
    let isReasonRight =
      switch output.status {
      case .archived: output.reason == nil
      case .missing: output.reason != nil && output.reason != .option
      case .omitted: output.reason == .option
      }
    let isOmissionAllowed =
      output.status != .omitted || output.type == "input"
      || (output.type == "temp" && manifest.options.temp == .omit)
    let isFile = output.kind == .file
    let hasRecord = output.filename != nil && output.subfolder != nil && output.type != nil
    let hasAnyRecord = [output.filename, output.subfolder, output.type, output.url].contains { $0 != nil }
    if (output.stored != nil) != isArchived || !isReasonRight || !isOmissionAllowed
      || (isFile ? !hasRecord : hasAnyRecord || !isArchived)
    {
      log.note(
        .statusContradicts, path: Self.path,
        "output \(name): status, reason, record and file contradict each other")
    }
    if output.status == .missing {
      log.note(
        .outputMissing, path: Self.path,
        "output \(name) is missing: \(output.reason?.rawValue ?? "no reason")")
    }
  }

  /// Where the profile puts an output.
  private static func place(of output: Manifest.Output) -> String? {
    let content: NodeOutput.Content =
      switch output.kind {
      case .file:
        .file(.init(filename: output.filename ?? "", subfolder: "", type: "", url: nil))
      case .text: .text("")
      }
    let whole = NodeOutput(
      node: output.node, key: output.key, index: output.index, pointer: output.pointer,
      content: content)
    return PayloadPath(whole).rawValue
  }

  private func checkInputs(_ log: inout FindingLog) {
    var last: Manifest.Input?
    for input in manifest.inputs {
      let place = NodeInput(node: input.node, name: input.input)
      if let last {
        let before = NodeInput(node: last.node, name: last.input)
        if !(before == place ? last.index < input.index : before < place) {
          log.note(.outputsUnordered, path: Self.path, "input \(place) is out of order or comes twice")
        }
      }
      last = input
      if (input.stored != nil) != (input.status == .archived)
        || (input.status == .omitted && manifest.options.inputs != .omit)
      {
        log.note(.statusContradicts, path: Self.path, "input \(place): status and file contradict")
      }
      guard let stored = input.stored else { continue }
      let path = PayloadPath(input: place, index: input.index, filename: input.filename)
      checkStored(stored, at: path.rawValue, "\(place)", &log)
    }
  }

  private func checkStored(
    _ stored: Manifest.Stored, at place: String, _ name: String, _ log: inout FindingLog
  ) {
    if stored.path != place {
      log.note(.pathMisplaced, path: "data/\(stored.path)", "\(name) must lie at data/\(place)")
    }
    checkFile(stored.path, stored.size, stored.checksum, &log)
  }

  private func checkFile(
    _ path: String, _ size: UInt64, _ checksum: Checksum, _ log: inout FindingLog
  ) {
    let path = "data/\(path)"
    guard contents.has(path) else {
      log.note(.listedFileMissing, path: path, "is listed in manifest.json but not there")
      return
    }
    guard let content = contents[path] else { return }
    if content.size != size {
      log.note(.sizeDiffers, path: path, "has \(content.size) bytes; manifest.json says \(size)")
    } else if content.differs(from: checksum) {
      log.note(.checksumDiffers, path: path, "SHA-256 differs from manifest.json")
    }
  }

  private func checkDocuments(_ log: inout FindingLog) {
    for (name, document) in documents {
      let isRaw = document.path == "run/\(name).raw" && name != "workflow_api"
      if document.path != "run/\(name).json", !isRaw {
        log.note(.pathMisplaced, path: "data/\(document.path)", "is no place for the \(name) document")
      }
      let isSourceRight =
        name == "workflow_api"
        ? ["request", "submitted"].contains(document.source ?? "") : document.source == nil
      if !isSourceRight {
        log.note(.statusContradicts, path: "data/\(document.path)", "its source is not the profile's")
      }
      checkFile(document.path, document.size, document.checksum, &log)
    }
    if manifest.documents.result == nil {
      log.note(.documentUnreadable, path: Self.path, "documents has no result")
    }
  }

  private var documents: [(name: String, document: Manifest.Document)] {
    let all = [
      ("request", manifest.documents.request), ("result", manifest.documents.result),
      ("workflow_api", manifest.documents.workflow),
    ]
    return all.compactMap { name, document in document.map { (name: name, document: $0) } }
  }

  /// Every payload file is the profile's own or in the manifest, once.
  private func checkListing(_ log: inout FindingLog) {
    var listed: Set<String> = Set(Self.own)
    let claimed =
      manifest.outputs.compactMap { $0.stored?.path } + manifest.inputs.compactMap { $0.stored?.path }
      + documents.map(\.document.path)
    for path in claimed where !listed.insert(path).inserted {
      log.note(.pathTwice, path: "data/\(path)", "is claimed twice in manifest.json")
    }
    listed.formUnion(manifest.externalised.map(\.path))
    for path in contents.payload where !listed.contains(String(path.dropFirst(5))) {
      log.note(.fileUnlisted, path: path, "is not in manifest.json")
    }
    for name in Self.own where !contents.has("data/\(name)") && name != "ro-crate-metadata.json" {
      log.note(.listedFileMissing, path: "data/\(name)", "belongs to every bundle and is not there")
    }
  }

  private func checkCompleteness(_ log: inout FindingLog) {
    let isMissing = manifest.outputs.contains { $0.status == .missing }
    if isMissing != (manifest.completeness == .partial) {
      log.note(
        .completenessContradicts, path: Self.path,
        "says \(manifest.completeness.rawValue), but \(isMissing ? "an output is" : "no outputs are") missing"
      )
    }
  }
}
