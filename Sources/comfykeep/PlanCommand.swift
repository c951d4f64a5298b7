import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what run would submit, with sizes and counts. Submits nothing.",
    discussion: """
      With --workflow nothing is asked of the service at all; without, the deployment's workflow is fetched.

      EXAMPLE
        comfykeep plan photos/ --deployment ID --workflow workflow_api.json
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var service: ServiceOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Show the request bodies, media and secrets left out.")
  var body = false

  func run() async throws {
    try await reporting(json: output.json) {
      let plan = try await planner().plan(input.wish(of: service))
      for skipped in plan.skipped {
        Terminal.note(Terminal.safe("\(skipped.path.string): \(skipped.reason)"))
      }
      for warning in plan.warnings { Terminal.note(Terminal.safe(warning)) }
      for run in plan.runs { show(run) }
      let ready = plan.runs.compactMap(\.bodySize)
      let total = ByteCount(ready.reduce(0) { $0 + $1.bytes })
      if output.json {
        Terminal.print(
          JSONReport.line(
            "plan",
            [
              ("runs", .integer(ready.count)), ("rejected", .integer(plan.runs.count - ready.count)),
              ("bytes", .integer(total.bytes)),
            ]))
      } else {
        Terminal.print("\(ready.count) of \(plan.runs.count) runs would be submitted, \(total) in all")
      }
      let failures = plan.runs.compactMap(\.failure)
      guard failures.isEmpty else {
        throw ExitCode(
          failures.count == plan.runs.count ? failures[0].code.exitStatus : KeepError.Code.partial.exitStatus)
      }
    }
  }

  private func planner() throws -> Planner {
    guard input.workflow == nil else { return Planner() }
    return try Planner(
      api: service.configuration(), transport: service.transport(), clock: ContinuousClock(),
      now: SystemTime.now)
  }

  private func show(_ run: PlannedRun) {
    if output.json {
      Terminal.print(
        JSONReport.line(
          "planned_run",
          [
            ("inputs", .array(run.item.inputs.map { .string($0.string) })),
            ("submission_key", .optional(run.key?.rawValue)),
            ("bytes", run.bodySize.map { .integer($0.bytes) } ?? .null),
            ("body", run.preview ?? .null),
            ("error", run.failure.map(JSONReport.value) ?? .null),
          ]))
      return
    }
    if let failure = run.failure {
      Terminal.complain(failure)
    } else {
      let size = run.bodySize.map(\.description) ?? ""
      Terminal.print(Terminal.safe("\(run.item.label): \(size), key \(run.key?.rawValue.prefix(12) ?? "")"))
    }
    for warning in run.warnings { Terminal.note(Terminal.safe("\(run.item.label): \(warning)")) }
    if body, let preview = run.preview {
      Terminal.print(String(decoding: CanonicalJSON.indented(preview), as: UTF8.self))
    }
  }
}
