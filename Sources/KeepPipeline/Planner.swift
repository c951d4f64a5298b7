import KeepFiles
import KeepInput
public import KeepModel
import KeepSubmit
public import KeepTransport
import SystemPackage

/// Turns what a person asks for into submissions that were checked as far as they can be before anything is
/// sent. Submits nothing.
public struct Planner: Sendable {
  private let graphs: GraphFinder
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
    self.graphs = GraphFinder(client: client)
    self.coreAPIKey = coreAPIKey
    self.reader = AssetReader()
    self.limits = InputLimits()
  }

  /// Plans one run for each file, or a single one when no file is named.
  ///
  /// A file that is refused, or one of several paths with nothing at it, fails its own run only.
  ///
  /// - Throws: ``KeepError`` when nothing can be planned at all: no workflow, an unknown node or input, a
  ///   missing path, a refused token, an unknown deployment.
  public func plan(_ wish: RunWish) async throws(KeepError) -> RunPlan {
    let graph = try await graphs.graph(for: wish)
    let listing = try AssetList(
      at: wish.paths, isRecursive: wish.isRecursive, excluding: wish.excluded)
    let template = try RunTemplate(wish, graph: graph, reader: reader)
    if wish.paths.isEmpty { try template.checkStandsAlone() }
    let runs = listing.entries.map { entry in
      switch entry {
      case .file(let path): run(for: path, template, graph)
      case .refused(let path, let error): refused(path, error)
      }
    }
    return RunPlan(
      runs: wish.paths.isEmpty ? [run(for: nil, template, graph)] : runs,
      skipped: listing.skipped.map { RunPlan.Skipped(path: $0.path, reason: $0.reason) },
      warnings: graph.warnings)
  }

  private func run(
    for file: FilePath?, _ template: RunTemplate, _ graph: PlannedGraph
  ) -> PlannedRun {
    let label = Self.label(file)
    let inputs = file.map { [$0] } ?? []
    do throws(KeepError) {
      guard !Task.isCancelled else { throw KeepError(.interrupted, .none, "stopped") }
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
      return refused(file, error)
    }
  }

  private func refused(_ file: FilePath?, _ error: KeepError) -> PlannedRun {
    PlannedRun(
      item: .init(label: Self.label(file), inputs: file.map { [$0] } ?? [], submission: .failure(error)),
      bodySize: nil, preview: nil, warnings: [])
  }

  private static func label(_ file: FilePath?) -> String { file?.lastComponent?.string ?? "run" }

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
}
