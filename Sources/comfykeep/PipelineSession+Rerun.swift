import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline
import SystemPackage

extension PipelineSession {
  /// Runs bundles again and says whether the same came out.
  ///
  /// - Parameter requiresSame: Whether another output than before is to show in the exit status.
  func rerun(_ wish: RerunWish, requiresSame: Bool) async throws {
    let (outcomes, comparisons) = try await attended { session in try await rerun(wish, session) }
    let report = RerunReport(json: output.json)
    for (comparison, outcome) in zip(comparisons, outcomes) { report.show(comparison, outcome) }
    let isSame = comparisons.allSatisfy { (try? $0?.get())?.isSame == true }
    let status = outcomes.exitStatus
    try end(status == 0 && requiresSame && !isSame ? KeepError.Code.partial.exitStatus : status)
  }

  /// Runs bundles again, whatever came out of them before.
  func retry(_ wish: RerunWish) async throws {
    let outcomes = try await attended { session in
      try await rerun(wish, session, repeatsKept: false)
    }.outcomes
    try end(outcomes.exitStatus)
  }

  private func rerun(
    _ wish: RerunWish, _ session: Attendance, repeatsKept: Bool = true
  ) async throws -> ([SubmissionOutcome], [Result<RerunComparison, KeepError>?]) {
    let transport = try service.transport()
    let plan = try await rerunPlan(wish, session, transport)
    session.tell(plan.runs)
    let items = plan.runs.runs.map(\.item)
    if items.allSatisfy(\.isRefused) {
      await session.progress.begin(count: items.count)
      return (await Pipeline.refused(items, report: session.report), [])
    }
    if try await archive.openIfThere() == nil {
      try plan.runs.check(wish.changes.budget, try await plan.outlooks(in: nil))
    }
    var configuration = configuration
    configuration.upload = wish.changes.upload
    configuration.allowsLocalURLs = wish.changes.allowsLocalURLs
    configuration.batch = BatchID(at: SystemTime.now())
    configuration.instances = plan.runs.instances
    let bundles = plan.bundles
    let opened = try await archive.open(for: .writing)
    let depositor = try depositor(session, opened, transport, holdsBundles: true)
    let pipeline = pipeline(configuration, session, opened, transport, depositor) {
      [report = session.report] event in await report(event.about(bundles))
    }
    let outlooks = try await pipeline.ready(plan, for: wish)
    session.progress.note(Self.costs(outlooks))
    await session.progress.begin(count: items.count)
    let outcomes = try await session.depositing(depositor) {
      try await pipeline.rerun(plan, repeatsKept: repeatsKept)
    }
    // A bundle that leaves the folder for the store is compared before it does.
    let comparisons = plan.comparisons(
      of: outcomes.map { outcome in
        var outcome = outcome
        outcome.bundle = outcome.bundle ?? outcome.request.flatMap { depositor?.heldBundle(of: $0) }
        return outcome
      })
    do throws(KeepError) {
      try await depositor?.releaseHeld()
    } catch {
      session.progress.note("what is in the store stays in the folder too, until the next command: \(error)")
    }
    return (outcomes, comparisons)
  }

  /// Shows what would be run again.
  func planRerun(_ wish: RerunWish) async throws {
    let transport = try service.transport()
    let plan = try await rerunPlan(wish, nil, transport)
    let known = try await archive.openIfThere()
    let outlooks = try await plan.outlooks(in: known)
    let uploaded = try await known?.uploads() ?? []
    let refusal = plan.runs.refusal(wish.changes.budget, outlooks, uploaded: uploaded)
    let report = PlanReport(
      plan: plan.runs, outlooks: outlooks, uploaded: uploaded, refusal: refusal, json: output.json,
      showsBody: false)
    report.tellAside()
    for (run, outlook) in zip(plan.runs.runs, outlooks) { report.show(run, outlook) }
    report.sumUp()
    if let refusal {
      Terminal.note("rerun would refuse this: \(Terminal.safe(refusal.description))")
      if let hint = refusal.hint { Terminal.note("hint: \(Terminal.safe(hint))") }
    }
    let failures = plan.runs.runs.compactMap(\.failure)
    guard let first = failures.first else { return }
    try end(failures.count == outlooks.count ? first.code.exitStatus : KeepError.Code.partial.exitStatus)
  }

  private func rerunPlan(
    _ wish: RerunWish, _ session: Attendance?, _ transport: CurlTransport
  ) async throws -> RerunPlan {
    var planner = Planner(
      api: configuration.api, transport: transport, clock: ContinuousClock(), now: SystemTime.now)
    planner.cache = .ofUser
    let root = archive.root
    let make = { @Sendable [planner] in try await planner.plan(wish, keptIn: root) }
    return if let session { try await session.plan(make) } else { try await make() }
  }

  /// How many runs are about to be paid for.
  private static func costs(_ outlooks: [RunOutlook?]) -> String {
    let count = outlooks.count { $0?.standing == .submit }
    let followed = outlooks.count { $0?.standing == .underWay }
    let made = outlooks.count { $0?.standing == .kept || $0?.standing == .ended }
    let rest =
      (followed == 0 ? "" : "; \(followed) under way already \(followed == 1 ? "is" : "are") followed")
      + (made == 0
        ? "" : "; \(made) made before this command was stopped \(made == 1 ? "is" : "are") not made again")
    return switch count {
    case 0: "no run is submitted\(rest)"
    case 1: "1 run is submitted, which costs money\(rest)"
    default: "\(count) runs are submitted, each of which costs money\(rest)"
    }
  }
}
