import KeepFiles
import KeepInput
public import KeepModel
import KeepSubmit
public import KeepTransport
import SystemPackage

/// Turns what a person asks for into submissions that were checked as far as they can be before anything is
/// sent. Submits nothing.
public struct Planner: Sendable {
  private let client: DeploymentClient?
  private let coreAPIKey: Secret?
  private let reader: AssetReader
  private let limits: InputLimits

  /// A planner that asks nothing of a service: the workflow must be given.
  public init() { self.init(client: nil, coreAPIKey: nil) }

  /// A planner that fetches the deployment's workflow.
  public init(
    api: APIConfiguration, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp
  ) {
    let retrying = RetryingTransport(
      transport, policy: RetryPolicy(attempts: 4), clock: clock, now: now)
    self.init(
      client: DeploymentClient(transport: retrying, api: api), coreAPIKey: api.coreAPIKey)
  }

  private init(client: DeploymentClient?, coreAPIKey: Secret?) {
    self.client = client
    self.coreAPIKey = coreAPIKey
    self.reader = AssetReader()
    self.limits = InputLimits()
  }

  /// Plans one run for each file, or a single one when no file is named.
  ///
  /// A file that is refused fails its own run only.
  ///
  /// - Throws: ``KeepError`` when nothing can be planned at all: no workflow, an unknown node or input, a
  ///   missing path, a refused token, an unknown deployment.
  public func plan(_ wish: RunWish) async throws(KeepError) -> RunPlan {
    let graph = try await graph(for: wish)
    let listing = try AssetList(
      at: wish.paths, isRecursive: wish.isRecursive, excluding: wish.excluded)
    let template = try RunTemplate(wish, graph: graph, reader: reader)
    let files: [FilePath?] = wish.paths.isEmpty ? [nil] : listing.files
    if wish.paths.isEmpty { try template.checkStandsAlone() }
    return RunPlan(
      runs: files.map { run(for: $0, template, graph) },
      skipped: listing.skipped.map { RunPlan.Skipped(path: $0.path, reason: $0.reason) },
      warnings: graph.warnings)
  }

  private func run(
    for file: FilePath?, _ template: RunTemplate, _ graph: PlannedGraph
  ) -> PlannedRun {
    let label = file?.lastComponent?.string ?? "run"
    let inputs = file.map { [$0] } ?? []
    do {
      let asset = try file.map { path throws(KeepError) in try reader.read(path) }
      let (submission, warnings) = try template.submission(with: asset, graph)
      let segments = try SubmissionBody.segments(for: submission, coreAPIKey: coreAPIKey)
      let size = SubmissionBody.length(of: segments)
      let advice = try advice(on: submission, bodySize: size)
      return PlannedRun(
        item: .init(label: label, inputs: inputs, submission: .success(submission)), bodySize: size,
        preview: try SubmissionBody.redactedPreview(for: submission, coreAPIKey: coreAPIKey),
        warnings: warnings + advice)
    } catch {
      return PlannedRun(
        item: .init(label: label, inputs: inputs, submission: .failure(error)), bodySize: nil,
        preview: nil, warnings: [])
    }
  }

  /// Refuses what is too large to travel; what is large but allowed is worth saying.
  private func advice(
    on submission: Submission, bodySize: ByteCount
  ) throws(KeepError) -> [String] {
    let placements =
      submission.overrides.sorted.compactMap { entry in
        if case .asset(.inline(let asset)) = entry.value { limits.placement(for: asset) } else { nil }
      } + [limits.placement(ofBody: bodySize)]
    var warnings: [String] = []
    for placement in placements {
      switch placement {
      case .inline(let advice): warnings += advice
      case .refused(let error): throw error
      }
    }
    return warnings
  }

  /// The workflow that values are checked against, and the one that is known to be what runs.
  private func graph(for wish: RunWish) async throws(KeepError) -> PlannedGraph {
    guard wish.deployment.isPathSafe else {
      throw KeepError(.usage, .option("--deployment"), "is no deployment id: \(wish.deployment)")
    }
    let given = try wish.workflow.map { path throws(KeepError) in try Inspector.workflow(path) }
    if wish.isInline { return PlannedGraph(checked: given, running: given, warnings: []) }
    guard let client else { return PlannedGraph(checked: given, running: nil, warnings: []) }
    let deployment = try await deployment(wish.deployment, client)
    let running = deployment.workflow
    var warnings: [String] = []
    if let given, let running, given.checksum != running.checksum {
      warnings.append("--workflow differs from the workflow that the deployment runs")
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
    return PlannedGraph(checked: given ?? running, running: running, warnings: warnings)
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
  /// What nodes and values are checked against.
  let checked: Workflow?
  /// What is known to run, and therefore archived.
  let running: Workflow?
  /// What is worth saying.
  let warnings: [String]
}
