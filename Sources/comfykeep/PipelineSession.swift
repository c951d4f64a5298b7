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
  /// Where bundles are put from the archive's folder; `nil` for nowhere.
  let deposit: DepositTarget?
  let output: OutputOptions

  /// Plans and runs everything that was asked for. The archive is opened, and made, once there is a run for it.
  ///
  /// - Parameter setting: Where webhooks are heard, if anywhere.
  func run(_ wish: RunWish, hearing setting: WebhookSetting? = nil) async throws {
    let outcomes = try await attended { session in
      let transport = try service.transport()
      var planner = Planner(
        api: configuration.api, transport: transport, clock: ContinuousClock(), now: SystemTime.now)
      planner.cache = .ofUser
      let wish = try wish.sparing(archive: archive.root, export: configuration.exportFolder)
      var configuration = configuration
      configuration.upload = wish.upload
      configuration.allowsLocalURLs = wish.allowsLocalURLs
      configuration.batch = BatchID(at: SystemTime.now())
      let plan = try await session.plan { [planner] in try await planner.plan(wish) }
      configuration.instances = plan.instances
      session.tell(plan)
      let items = plan.runs.map(\.item)
      if items.allSatisfy(\.isRefused) {
        await session.progress.begin(count: items.count)
        return (await Pipeline.refused(items, report: session.report), ())
      }
      // No archive is made for a batch that is not to be; with one there, ``Pipeline/ready(_:for:)`` looks.
      if try await archive.openIfThere() == nil {
        try plan.check(wish.budget, try await plan.outlooks(in: nil))
      }
      let opened = try await archive.open(for: .writing)
      let depositor = try depositor(session, opened, transport)
      let pipeline = try heard(
        pipeline(configuration, session, opened, transport, depositor), session, at: setting, tellsAll: false)
      let ready = try await pipeline.ready(plan, for: wish)
      for skipped in ready.skipped.dropFirst(plan.skipped.count) { session.tell(skipped) }
      await session.progress.begin(count: ready.runs.count)
      let outcomes = try await session.depositing(depositor) {
        try await pipeline.listening(whenReady: { session.tellListening(at: $0) }) {
          await pipeline.run(ready.runs.map(\.item))
        }
      }
      return (outcomes, ())
    }.outcomes
    try end(outcomes.exitStatus)
  }

  /// Keeps runs that were made before or elsewhere. They are named before the archive is made.
  func keep(_ find: @Sendable (Archive?) async throws -> [Request]) async throws {
    let outcomes = try await attended { session in
      let transport = try service.transport()
      let requests = try await find(try await archive.openIfThere())
      await session.progress.begin(count: requests.count)
      let opened = try await archive.open(for: .keeping)
      let depositor = try depositor(session, opened, transport)
      let pipeline = pipeline(configuration, session, opened, transport, depositor)
      return (try await session.depositing(depositor) { await pipeline.archive(requests) }, ())
    }.outcomes
    try end(outcomes.exitStatus)
  }

  /// A pipeline that reports to whoever attends.
  func pipeline(
    _ configuration: Pipeline.Configuration, _ session: Attendance, _ archive: Archive,
    _ transport: CurlTransport, _ depositor: Depositor?,
    report: (@Sendable (PipelineEvent) async -> Void)? = nil
  ) -> Pipeline {
    Pipeline(
      configuration, archive: archive, transport: transport, clock: ContinuousClock(), now: SystemTime.now,
      interruption: session.interruption, depositor: depositor, report: report ?? session.report)
  }

  /// The way to the archive's store; `nil` where there is none.
  func depositor(
    _ session: Attendance, _ archive: Archive, _ transport: CurlTransport, holdsBundles: Bool = false
  ) throws(KeepError) -> Depositor? {
    try deposit.map { target throws(KeepError) in
      try Depositor(
        target, archive: archive, transport: transport, clock: ContinuousClock(), now: SystemTime.now,
        interruption: session.interruption, holdsBundles: holdsBundles, report: session.report)
    }
  }

  /// Ends the command with a status.
  func end(_ status: Int32) throws {
    if status != 0 { throw ExitCode(status) }
  }

  /// Runs `body` under a person's eyes and hands, and tells what came of it; gives that back with whatever else
  /// `body` made.
  func attended<Aside>(
    _ body: @Sendable (Attendance) async throws -> ([SubmissionOutcome], Aside)
  ) async throws -> (outcomes: [SubmissionOutcome], aside: Aside) {
    let session = Attendance(
      progress: Progress(style: output.quiet ? .quiet : Terminal.isInteractive ? .live : .lines),
      stream: output.json ? OutcomeStream() : nil)
    let signals = SignalWatch {
      let end =
        !session.progress.hasBegun
        ? "nothing was submitted"
        : "what is running \(configuration.cancelsOnInterrupt ? "is being canceled" : "is left running")"
      // Told first: once it is raised, the command may end before a word is out.
      session.progress.note("stopping; \(end), press Ctrl-C again to quit at once")
      session.interruption.raise()
    }
    defer { signals.stop() }
    let (outcomes, aside) = try await body(session)
    session.progress.finish(outcomes)
    OutcomeText.tellStop(outcomes, cancels: configuration.cancelsOnInterrupt)
    if let stream = session.stream {
      stream.finish(outcomes)
    } else {
      OutcomeText.print(outcomes, cancels: configuration.cancelsOnInterrupt)
    }
    return (outcomes, aside)
  }
}

/// A person who watches a session and may stop it.
struct Attendance: Sendable {
  let interruption = Interruption()
  let progress: Progress
  /// Takes the outcomes' objects with `--json`.
  let stream: OutcomeStream?

  /// Shows what happened.
  var report: @Sendable (PipelineEvent) async -> Void {
    { [progress, stream] event in
      await progress.show(event)
      guard case .ended(let outcome) = event.change else { return }
      stream?.add(outcome, at: event.index) { line in progress.result(line) }
    }
  }

  /// Tells what is worth saying before anything is sent.
  func tell(_ plan: RunPlan) {
    for skipped in plan.skipped { tell(skipped) }
    for warning in plan.warnings { progress.note(warning) }
    for run in plan.runs { for warning in run.labelledWarnings { progress.note(warning) } }
  }

  func tell(_ skipped: RunPlan.Skipped) { progress.note("\(skipped.path.string): \(skipped.reason)") }

  /// A plan, unless a person wants to stop before it is made.
  func plan<Plan: Sendable>(_ make: @escaping @Sendable () async throws -> Plan) async throws -> Plan {
    let plan: Plan?
    do {
      plan = try await interruption.orValue(of: make)
    } catch {
      // What was cut off by the stop is not what went wrong.
      guard interruption.isRaised else { throw error }
      plan = nil
    }
    guard let plan, !interruption.isRaised else {
      throw KeepError(
        .interrupted, .none, "stopped before anything was submitted", hint: "run the same command again")
    }
    return plan
  }
}
