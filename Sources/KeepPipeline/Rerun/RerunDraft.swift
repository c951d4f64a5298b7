import KeepArchive
import KeepInput
import KeepModel
import KeepSubmit
import SystemPackage

/// Makes a run of a bundle: what was asked for, with a person's changes in it. Touches nothing.
struct RerunDraft {
  let source: RerunSource
  let graph: PlannedGraph
  let wish: RerunWish
  let shelf: AssetShelf
  /// Whether there is a Core API key to send.
  let hasCoreKey: Bool
  /// Where files out of bundles are to lie.
  let folder: FilePath

  /// A run that can be submitted once its files are taken out of the bundle.
  struct Ready {
    let run: PlannedRun
    let extractions: [InputExtraction]
    /// Where the service is to fetch what nobody has here.
    let addresses: [HTTPURL]
  }

  private var request: ArchivedRequest { source.request }
  private var isInline: Bool { wish.sendsWorkflow || request.mode == .inlineWorkflow }

  /// Puts the run together and decides how its files travel.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` for what the bundle does not hold and nobody gives, and for what
  ///   the workflow does not take; `usage` for a change that cannot be meant.
  func ready(_ placer: Placer) throws(KeepError) -> Ready {
    let template = try template()
    let (changes, _) = try template.overrides(of: RunRow(label: source.label), []) { path throws(KeepError) in
      try shelf.asset(at: path)
    }
    try checkWithheld(changes)
    var (overrides, extractions, addresses) = try archived(except: changes, template)
    for (input, value) in changes.sorted { overrides[input] = value }
    if !isInline {
      for (input, value) in graph.defaults.sorted where overrides[input] == nil { overrides[input] = value }
    }
    let placed = try placer.place(
      Submission(
        deployment: graph.deployment, mode: isInline ? .inlineWorkflow : .overrides, workflow: graph.running,
        overrides: overrides))
    let advice = changes.assets.flatMap {
      MediaAdvice.warnings(for: $0.asset, into: template.mediaInput($0.input))
    }
    let warnings =
      try source.warnings + workflowWarnings + addresses.map(\.warning)
      + replaced(changes) + validated(overrides) + placed.warnings + advice
    return Ready(
      run: PlannedRun(
        item: .init(label: source.label, inputs: [source.path], submission: .success(placed.submission)),
        bodySize: placed.bodySize, preview: placed.preview, placements: placed.placements,
        warnings: shelf.unsaid(warnings)),
      extractions: extractions, addresses: addresses.map(\.url))
  }

  /// The changes that a person wants, read with the workflow at hand.
  private func template() throws(KeepError) -> RunTemplate {
    var changes = wish.changes
    changes.paths = []
    changes.table = nil
    changes.sweeps = []
    // What the deployment sets itself stands behind what the bundle says, not before it.
    var graph = graph
    graph.defaults = Overrides()
    let template = try RunTemplate(changes, graph: graph)
    if let free = template.freeInputs.first ?? template.folders.first?.input {
      throw KeepError(
        .usage, .option("--asset"), "\(free) needs one file",
        hint: "write --asset \(free)=FILE, or =URL; what the bundle holds is sent by itself")
    }
    return template
  }

  /// What was asked for, but for what is changed.
  private func archived(
    except changes: Overrides, _ template: RunTemplate
  ) throws(KeepError) -> (Overrides, [InputExtraction], [(url: HTTPURL, warning: String)]) {
    var overrides = Overrides()
    var extractions: [InputExtraction] = []
    var addresses: [(url: HTTPURL, warning: String)] = []
    for (input, value) in request.values where changes[input] == nil {
      switch value {
      case .withheld: continue
      case .file("data", let stored) where graph.checked != nil && !template.takesMedia(input):
        overrides[input] = .json(.string(try source.dataURI(of: stored)))
      case .file(let filename, let stored):
        let extraction = InputExtraction(
          source.path, path: stored.path, filename: filename, stored.checksum, below: folder)
        extractions.append(extraction)
        overrides[input] = .asset(
          .inline(
            Asset(
              path: extraction.target, size: ByteCount(stored.size), checksum: stored.checksum,
              mediaType: stored.mediaType, filename: filename)))
      case .json(let json):
        guard let url = Self.address(json), template.takesMedia(input) else {
          overrides[input] = .json(json)
          continue
        }
        overrides[input] = .asset(.hosted(url, nil))
        addresses.append(
          (
            url,
            "\(input): the bundle has no bytes of it, so the service fetches \(url.withoutQuery) again; "
              + "what lies there may have changed"
          ))
      }
    }
    return (overrides, extractions, addresses)
  }

  /// An address that would be sent as it was.
  private static func address(_ value: JSONValue) -> HTTPURL? {
    guard let text = value.string, let url = HTTPURL(text), url.description.utf8.elementsEqual(text.utf8)
    else { return nil }
    return url
  }

  /// Checks everything against the workflow as it is now.
  private func validated(_ overrides: Overrides) throws(KeepError) -> [String] {
    guard let workflow = graph.checked else { return [] }
    do {
      // A wire that the run cut is cut again; one that a change would cut was seen before.
      return try workflow.validate(overrides, allowsCutting: true, objectInfo: graph.objectInfo)
    } catch {
      guard !isInline, request.workflow != nil else { throw error }
      throw KeepError(
        error.code, error.subject, error.reason,
        hint: error.hint ?? "--inline-workflow sends the workflow that the bundle holds")
    }
  }
}

// MARK: - What is not in the bundle

extension RerunDraft {
  /// Refuses a run of which something is not in the bundle and nobody gives it.
  private func checkWithheld(_ changes: Overrides) throws(KeepError) {
    var omitted: [NodeInput] = []
    var redacted: [JSONPointer] = []
    var open: [NodeInput] = []
    for case (let input, .withheld(let want)) in request.values where changes[input] == nil {
      switch want {
      case .omitted: omitted.append(input)
      case .redacted(let places):
        redacted += places
        open.append(input)
      }
    }
    if let first = omitted.first {
      throw refusal(
        "does not hold what went into \(omitted.map(\.description).joined(separator: ", "))",
        hint: "give it: --asset \(first)=FILE")
    }
    if wish.sendsWorkflow {
      let set = Set(request.values.map(\.input)).union(changes.sorted.map(\.input))
      let unset = request.redactedInWorkflow.subtracting(set).sorted()
      open += unset
      redacted += unset.map { JSONPointer([$0.node.rawValue, "inputs", $0.name.rawValue]) }
      redacted += request.redactedBesideInputs
    }
    redacted += request.redactedElsewhere
    if !redacted.isEmpty {
      let hint = open.first.map { "give it anew: --set \($0)=VALUE, or --asset \($0)=FILE|URL" }
      throw refusal(
        "secrets were struck out of its request, at \(redacted.map(\.description).joined(separator: ", "))",
        hint: hint)
    }
    if request.usedCoreKey, !hasCoreKey {
      throw refusal(
        "its run had a Comfy Org API key, which no bundle holds", hint: "export COMFY_ORG_API_KEY")
    }
  }

  private func refusal(_ reason: String, hint: String?) -> KeepError {
    KeepError(.inputRejected, .path(source.path), reason, hint: hint)
  }

  /// What is said of files that are given in place of such as were left out.
  private func replaced(_ changes: Overrides) -> [String] {
    request.values.compactMap { input, value in
      guard case .withheld(.omitted(let checksum?)) = value,
        let asset = changes.assets.first(where: { $0.input == input })?.asset, asset.checksum != checksum
      else { return nil }
      return "\(input): \(asset.filename) is not the file that the run had; that one's SHA-256 is \(checksum)"
    }
  }

  /// What is said of the workflow that runs by now.
  private var workflowWarnings: [String] {
    guard !isInline, let running = graph.running else { return [] }
    switch request.isRecorded(running) {
    case true?: return []
    case nil:
      return ["the bundle holds no workflow, so nobody can tell whether the deployment still runs that one"]
    case false?:
      let changed = changedNodes(running)
      let nodes = changed.isEmpty ? "" : " (nodes \(changed.prefix(8).joined(separator: ", ")))"
      return [
        "deployment \(graph.deployment) runs another workflow now than the run had\(nodes); "
          + "--inline-workflow sends the one in the bundle"
      ]
    }
  }

  private func changedNodes(_ running: Workflow) -> [String] {
    guard let old = request.workflow else { return [] }
    let redacted = Set(request.redactedInWorkflow.map(\.node))
    let ids = old.nodes.map(\.id) + running.nodes.map(\.id).filter { old[$0] == nil }
    return ids.filter { id in
      !redacted.contains(id) && old.node(id) != running.node(id)
    }.map(\.rawValue)
  }
}

extension Workflow {
  /// A node in one spelling, in which the order of members plays no part; `nil` where there is none.
  fileprivate func node(_ id: NodeID) -> [UInt8]? {
    document.object?[id.rawValue].map { CanonicalJSON.compact($0) }
  }
}
