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
      The archive tells what was submitted before; it is only looked at, and none is made. \
      With --workflow nothing is asked of the service at all; without, the deployment's workflow is fetched.

      EXAMPLE
        comfykeep plan photos/ --deployment ID --workflow workflow_api.json
        comfykeep plan --recipe recipe.yaml
      """)

  @OptionGroup(title: "What is run") var input: InputOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Show the request bodies, media and secrets left out.")
  var body = false

  func run() async throws {
    try await reporting(json: output.json) {
      let settings = try RunSettings(input, service: service, archive: archive)
      let wish = try settings.wish().sparing(archive: settings.archive.root, export: settings.recipe.export)
      let known = try await settings.archive.openIfThere()
      var plan = try await planner(for: wish, of: settings.service).plan(wish)
      if let known { plan = try await plan.withoutOutputs(of: known, for: wish) }
      for skipped in plan.skipped {
        Terminal.note(Terminal.safe("\(skipped.path.string): \(skipped.reason)"))
      }
      for warning in plan.warnings { Terminal.note(Terminal.safe(warning)) }
      let standings = try await plan.standings(in: known)
      for (run, standing) in zip(plan.runs, standings) { show(run, standing) }
      Terminal.print(output.json ? object(plan, standings) : words(plan, standings))
      let failures = plan.runs.compactMap(\.failure)
      guard failures.isEmpty else {
        throw ExitCode(
          failures.count == plan.runs.count ? failures[0].code.exitStatus : KeepError.Code.partial.exitStatus)
      }
    }
  }

  private func planner(for wish: RunWish, of service: ServiceOptions) throws -> Planner {
    guard wish.workflow == nil else { return Planner() }
    return try Planner(
      api: service.configuration(), transport: service.transport(), clock: ContinuousClock(),
      now: SystemTime.now)
  }

  /// The sum of the sizes of those runs that stand so.
  private func size(
    _ plan: RunPlan, _ standings: [RunStanding?], _ isCounted: (RunStanding) -> Bool
  ) -> ByteCount {
    ByteCount(
      zip(plan.runs, standings).reduce(0) { sum, entry in
        entry.1.map(isCounted) == true ? sum + (entry.0.bodySize?.bytes ?? 0) : sum
      })
  }

  private func words(_ plan: RunPlan, _ standings: [RunStanding?]) -> String {
    let size = size(plan, standings) { $0 == .submit }
    let submitted = standings.count { $0 == .submit }
    let others = RunStanding.allCases.dropFirst().compactMap { standing in
      let count = standings.count { $0 == standing }
      return count > 0 ? ", \(count) \(Self.word(standing))" : nil
    }
    let rejected = standings.count { $0 == nil }
    return "\(submitted) of \(plan.runs.count) runs would be submitted, \(size) in all" + others.joined()
      + (rejected > 0 ? ", \(rejected) rejected" : "")
  }

  private func object(_ plan: RunPlan, _ standings: [RunStanding?]) -> String {
    let counts = RunStanding.allCases.map { standing in
      (standing.rawValue, JSONValue.integer(standings.count { $0 == standing }))
    }
    return JSONReport.line(
      "plan",
      [
        ("runs", .integer(standings.count { $0 != nil })),
        ("rejected", .integer(standings.count { $0 == nil })),
        ("bytes", .integer(size(plan, standings) { _ in true }.bytes)),
        ("submit_bytes", .integer(size(plan, standings) { $0 == .submit }.bytes)),
      ] + counts)
  }

  private static func word(_ standing: RunStanding) -> String {
    switch standing {
    case .submit: "would be submitted"
    case .kept: "kept before"
    case .underWay: "under way"
    case .inDoubt: "in doubt"
    case .ended: "ended before"
    case .repeated: "the same as another"
    }
  }

  private func show(_ run: PlannedRun, _ standing: RunStanding?) {
    if output.json {
      Terminal.print(
        JSONReport.line(
          "planned_run",
          [
            ("inputs", .array(run.item.inputs.map { .string($0.string) })),
            ("submission_key", .optional(run.key?.rawValue)),
            ("standing", .optional(standing?.rawValue)),
            ("bytes", run.bodySize.map { .integer($0.bytes) } ?? .null),
            ("body", run.preview ?? .null),
            ("error", run.failure.map(JSONReport.value) ?? .null),
          ]))
      return
    }
    if let failure = run.failure {
      Terminal.note(OutcomeText.line(failure, "rejected", run.item.inputs))
      if let hint = failure.hint { Terminal.note("hint: \(Terminal.safe(hint))") }
    } else {
      let word = standing.map(Self.word) ?? ""
      let size = run.bodySize.map(\.description) ?? ""
      let key = run.key?.rawValue.prefix(12) ?? ""
      Terminal.print(Terminal.safe("\(run.item.label): \(word), \(size), key \(key)"))
    }
    for warning in run.labelledWarnings { Terminal.note(Terminal.safe(warning)) }
    if body, let preview = run.preview {
      Terminal.print(String(decoding: CanonicalJSON.indented(preview), as: UTF8.self))
    }
  }
}
