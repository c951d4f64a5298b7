import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline
import SystemPackage

/// What `run` and `archive` share: an open archive, a pipeline, progress, Ctrl-C and the end.
struct PipelineSession {
  let configuration: Pipeline.Configuration
  let service: ServiceOptions
  let archive: ArchiveOptions
  let output: OutputOptions

  /// Plans and runs everything that was asked for.
  func run(_ wish: RunWish) async throws {
    try await withPipeline(for: .writing) { pipeline, progress in
      let plan = try await pipeline.plan(wish)
      for skipped in plan.skipped { progress.note("\(skipped.path.string): \(skipped.reason)") }
      for warning in plan.warnings { progress.note(warning) }
      for run in plan.runs {
        for warning in run.warnings { progress.note("\(run.item.label): \(warning)") }
      }
      await progress.begin(count: plan.runs.count)
      return await pipeline.run(plan.runs.map(\.item))
    }
  }

  /// Keeps runs that were made before or elsewhere.
  func keep(_ find: @Sendable (Archive) async throws -> [Request]) async throws {
    try await withPipeline(for: .keeping) { pipeline, progress in
      let requests = try await find(pipeline.archive)
      await progress.begin(count: requests.count)
      return await pipeline.archive(requests)
    }
  }

  private func withPipeline(
    for purpose: Archive.Purpose, _ body: @Sendable (Pipeline, Progress) async throws -> [SubmissionOutcome]
  ) async throws {
    let interruption = Interruption()
    let progress = Progress(style: output.quiet ? .quiet : Terminal.isInteractive ? .live : .lines)
    let signals = SignalWatch {
      interruption.raise()
      let end = configuration.cancelsOnInterrupt ? "is being canceled" : "is left running"
      progress.note("stopping; what is running \(end), press Ctrl-C again to quit at once")
    }
    defer { signals.stop() }
    let pipeline = Pipeline(
      configuration, archive: try await archive.open(for: purpose),
      transport: try service.transport(), clock: ContinuousClock(), now: SystemTime.now,
      interruption: interruption, report: { event in await progress.show(event) })
    let outcomes = try await body(pipeline, progress)
    progress.finish(outcomes)
    if output.json {
      for outcome in outcomes { Terminal.print(JSONReport.outcome(outcome)) }
    } else {
      OutcomeText.print(outcomes)
    }
    let status = outcomes.exitStatus
    if status != 0 { throw ExitCode(status) }
  }
}
