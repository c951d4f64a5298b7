import KeepArchive
import KeepModel
import SystemPackage

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
