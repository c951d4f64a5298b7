import KeepArchive
import KeepInput
public import KeepModel
import KeepSubmit
public import SystemPackage

extension Planner {
  /// Plans one run for each bundle, after what the bundle alone says was asked for. Every bundle is verified first.
  ///
  /// What is wrong with one bundle, or keeps it from being run, refuses its own run only.
  ///
  /// - Parameter archive: Where the runs are to be kept; files are taken out of the bundles into it, later.
  /// - Throws: ``KeepError`` when nothing can be planned at all: a refused token, an unreachable service, a deployment
  ///   that nobody can tell, an upload target that cannot be used.
  public func plan(_ wish: RerunWish, keptIn archive: FilePath) async throws(KeepError) -> RerunPlan {
    let placer = try placer(for: wish.changes)
    let reports = await Verification.reports(of: wish.bundles)
    let shelf = AssetShelf(
      reader: AssetReader(
        maximumSize: .mebibytes(placer.store == nil ? 2048 : 65_536),
        stripsMetadata: wish.changes.stripsMetadata))
    let folder = ArchiveLayout(root: archive).extracted
    var finder = RerunGraphFinder(wish: wish, graphs: graphs)
    var runs: [PlannedRun] = []
    var extractions: [[InputExtraction]] = []
    for report in reports {
      let label = report.path.lastComponent?.string ?? report.path.string
      do throws(KeepError) {
        let source = try RerunSource(report)
        let graph = try await finder.graph(of: source)
        let draft = RerunDraft(
          source: source, graph: graph, wish: wish, shelf: shelf, hasCoreKey: coreAPIKey != nil,
          folder: folder)
        let ready = try draft.ready(placer)
        if wish.changes.probesURLs { try await probe(ready.addresses, wish) }
        runs.append(ready.run)
        extractions.append(ready.extractions)
      } catch {
        if error.stopsEverything { throw error }
        runs.append(
          PlannedRun(refused: .init(label: label, inputs: [report.path], submission: .failure(error))))
        extractions.append([])
      }
    }
    return RerunPlan(
      runs: RunPlan(runs: runs, skipped: [], warnings: finder.warnings), bundles: wish.bundles,
      extractions: extractions)
  }

  private func probe(_ addresses: [HTTPURL], _ wish: RerunWish) async throws(KeepError) {
    for url in addresses { try await stores.probe(url, nil, allowsLocal: wish.changes.allowsLocalURLs) }
  }
}

extension KeepError {
  /// Whether it is about the service or the command, and no bundle can be planned.
  fileprivate var stopsEverything: Bool {
    [.tokenRefused, .unavailable, .interrupted, .usage].contains(code)
  }
}

/// Finds the workflow that each bundle's run is checked against, asking for each deployment once.
struct RerunGraphFinder {
  private let wish: RerunWish
  private let graphs: GraphFinder
  private var known: [DeploymentID: PlannedGraph] = [:]
  private var named: DeploymentID?
  /// What is worth saying about the deployments, each thing once.
  private(set) var warnings: [String] = []

  init(wish: RerunWish, graphs: GraphFinder) {
    self.wish = wish
    self.graphs = graphs
  }

  /// The workflow of the deployment as it is now; or that of the bundle, where it is to be sent.
  mutating func graph(of source: RerunSource) async throws(KeepError) -> PlannedGraph {
    if wish.sendsWorkflow || source.request.mode == .inlineWorkflow { return try await own(source) }
    let id = wish.deployment ?? source.manifest.run.deployment
    if let graph = known[id] { return graph }
    var asked = RunWish(deployment: id)
    asked.objectInfo = wish.changes.objectInfo
    let graph: PlannedGraph
    do {
      graph = try await graphs.graph(for: asked)
    } catch  where wish.deployment == nil && error.code == .deploymentUnusable {
      throw KeepError(
        error.code, error.subject, error.reason,
        hint: "--deployment ID runs it on another one; add --inline-workflow to send the bundle's workflow")
    }
    known[id] = graph
    for warning in graph.warnings where !warnings.contains(warning) { warnings.append(warning) }
    return graph
  }

  private mutating func own(_ source: RerunSource) async throws(KeepError) -> PlannedGraph {
    guard let workflow = source.request.workflow else {
      throw KeepError(
        .inputRejected, .path(source.path), "holds no workflow that could be sent",
        hint: "without --inline-workflow it runs on the deployment's own")
    }
    let id = try await deployment() ?? source.manifest.run.deployment
    let found =
      try wish.changes.objectInfo.map { path throws(KeepError) in
        try ObjectInfoFinder.file(path, for: workflow)
      } ?? ObjectInfoFinder.Finding()
    for warning in found.warnings where !warnings.contains(warning) { warnings.append(warning) }
    return PlannedGraph(
      deployment: id, checked: workflow, running: workflow, objectInfo: found.schema, warnings: [])
  }

  /// The deployment that a person named, by its id.
  private mutating func deployment() async throws(KeepError) -> DeploymentID? {
    guard let given = wish.deployment else { return nil }
    if let named { return named }
    let id =
      if let client = graphs.client {
        try await DeploymentLookup(client: client).id(of: given.rawValue)
      } else {
        try DeploymentLookup.idUnasked(given.rawValue).id
      }
    named = id
    return id
  }
}
