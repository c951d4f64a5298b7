import KeepModel
import KeepSubmit
import SystemPackage

/// Finds the deployment, the workflow and the schema of its nodes that a wish is about.
struct GraphFinder: Sendable {
  /// The service; `nil` where nothing is asked of it.
  let client: DeploymentClient?
  /// Where schemas are kept.
  var cache = ObjectInfoCache.none

  /// The workflow that values are checked against, the one that is known to be what runs, and what their nodes take.
  ///
  /// - Throws: ``KeepError`` with code `usage` for a deployment that nobody can tell; `input_rejected` for a file
  ///   that is not what it is named as; `deployment_unusable` for a disabled one; and as every call to the service.
  func graph(for wish: RunWish) async throws(KeepError) -> PlannedGraph {
    let text = wish.deployment.rawValue
    guard let client else {
      let (id, warning) = try DeploymentLookup.idUnasked(text)
      return try unasked(wish, id, warning.map { [$0] } ?? [])
    }
    let id = try await DeploymentLookup(client: client).id(of: text)
    return wish.isInline ? try unasked(wish, id, []) : try await asked(wish, id, client)
  }

  /// From files alone.
  private func unasked(
    _ wish: RunWish, _ id: DeploymentID, _ warnings: [String]
  ) throws(KeepError) -> PlannedGraph {
    let given = try given(wish)
    let found = try file(wish, for: given)
    return PlannedGraph(
      deployment: id, checked: given, running: wish.isInline ? given : nil, objectInfo: found.schema,
      warnings: warnings + found.warnings)
  }

  private func asked(
    _ wish: RunWish, _ id: DeploymentID, _ client: DeploymentClient
  ) async throws(KeepError) -> PlannedGraph {
    let given = try given(wish)
    let deployment = try await deployment(id, client)
    guard deployment.isEnabled != false else {
      throw KeepError(
        .deploymentUnusable, .deployment(id), "is disabled",
        hint: "enable it: comfykeep deployments resume \(id)")
    }
    let running = deployment.workflow
    let defaults = Self.defaults(of: deployment)
    let found =
      if wish.objectInfo != nil {
        try file(wish, for: running ?? given)
      } else if let checked = running ?? given {
        try await ObjectInfoFinder(cache: cache).schema(of: deployment, for: checked, client)
      } else {
        ObjectInfoFinder.Finding()
      }
    return PlannedGraph(
      deployment: id, checked: running ?? given, running: running, objectInfo: found.schema,
      defaults: defaults, maxInstances: deployment.maxInstances,
      warnings: Self.warnings(given, running, defaults) + found.warnings)
  }

  private func given(_ wish: RunWish) throws(KeepError) -> Workflow? {
    try wish.workflow.map { path throws(KeepError) in try Inspector.workflow(path) }
  }

  private func file(
    _ wish: RunWish, for workflow: Workflow?
  ) throws(KeepError) -> ObjectInfoFinder.Finding {
    guard let path = wish.objectInfo else { return ObjectInfoFinder.Finding() }
    guard let workflow else {
      return ObjectInfoFinder.Finding(warnings: [
        "\(path.string) is of no use without a workflow; name one with --workflow"
      ])
    }
    return try ObjectInfoFinder.file(path, for: workflow)
  }

  private static func warnings(
    _ given: Workflow?, _ running: Workflow?, _ defaults: Overrides
  ) -> [String] {
    var warnings: [String] = []
    if let given, let running, given.checksum != running.checksum {
      warnings.append(
        "--workflow differs from the workflow that the deployment runs, which everything is checked against")
    }
    if !defaults.isEmpty {
      let names = defaults.sorted.map(\.input.description).joined(separator: ", ")
      warnings.append(
        "the deployment sets values of its own, which are sent too unless you set them: \(names)")
    }
    if given == nil, running == nil {
      warnings.append(
        "the service gave no workflow, so nodes and values are not checked; name one with --workflow")
    }
    return warnings
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
struct PlannedGraph: Sendable {
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
  /// How many instances the deployment has at most, where that is known.
  var maxInstances: Int?
  /// What is worth saying.
  let warnings: [String]
}
