import KeepModel
import KeepSubmit

/// Finds the deployment and the workflow that a wish is about.
struct GraphFinder: Sendable {
  /// The service; `nil` where nothing is asked of it.
  let client: DeploymentClient?

  /// The workflow that values are checked against, and the one that is known to be what runs.
  func graph(for wish: RunWish) async throws(KeepError) -> PlannedGraph {
    guard wish.deployment.isPathSafe else {
      throw KeepError(.usage, .option("--deployment"), "is no deployment id: \(wish.deployment)")
    }
    let given = try wish.workflow.map { path throws(KeepError) in try Inspector.workflow(path) }
    if wish.isInline {
      return PlannedGraph(deployment: wish.deployment, checked: given, running: given, warnings: [])
    }
    guard let client else {
      return PlannedGraph(deployment: wish.deployment, checked: given, running: nil, warnings: [])
    }
    let deployment = try await deployment(wish.deployment, client)
    let running = deployment.workflow
    var warnings: [String] = []
    if let given, let running, given.checksum != running.checksum {
      warnings.append(
        "--workflow differs from the workflow that the deployment runs, which everything is checked against")
    }
    let defaults = Self.defaults(of: deployment)
    if !defaults.isEmpty {
      let names = defaults.sorted.map(\.input.description).joined(separator: ", ")
      warnings.append(
        "the deployment sets values of its own, which are sent too unless you set them: \(names)")
    }
    if given == nil, running == nil {
      warnings.append(
        "the service gave no workflow, so nodes and values are not checked; name one with --workflow")
    }
    if deployment.isEnabled == false {
      throw KeepError(
        .deploymentUnusable, .deployment(wish.deployment), "is disabled",
        hint: "enable it on its page at RunComfy")
    }
    return PlannedGraph(
      deployment: wish.deployment, checked: running ?? given, running: running, defaults: defaults,
      warnings: warnings)
  }

  /// The plain values that the deployment itself puts over its workflow. Which of them and of ours would win is
  /// not documented, so each run sends them all.
  private static func defaults(of deployment: Deployment) -> Overrides {
    var defaults = Overrides()
    guard let graph = deployment.workflow else { return defaults }
    for node in deployment.defaultOverrides?.members ?? [] {
      for input in node.value["inputs"]?.object?.members ?? [] {
        let place = NodeInput(node: NodeID(node.key), name: InputName(input.key))
        guard let current = graph[place.node]?.inputs[input.key], current != input.value else { continue }
        switch (current, input.value) {
        case (.number, .number), (.bool, .bool): defaults[place] = .json(input.value)
        case (.string, .string(let text)) where !text.hasPrefix("data:"): defaults[place] = .json(input.value)
        default: continue
        }
      }
    }
    return defaults
  }

  private func deployment(
    _ id: DeploymentID, _ client: DeploymentClient
  ) async throws(KeepError) -> Deployment {
    do {
      return try await client.deployment(id, includesPayload: true)
    } catch {
      throw .foreign(error)
    }
  }
}

/// The workflows of a plan.
struct PlannedGraph {
  /// The deployment by its id.
  let deployment: DeploymentID
  /// What nodes and values are checked against.
  let checked: Workflow?
  /// What is known to run, and therefore archived.
  let running: Workflow?
  /// The schema of the nodes, where it is known.
  var objectInfo: JSONValue?
  /// What the deployment itself sets.
  var defaults = Overrides()
  /// What is worth saying.
  let warnings: [String]
}
