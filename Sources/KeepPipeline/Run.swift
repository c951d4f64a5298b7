import KeepFiles
import KeepLedger
import KeepModel
import SystemPackage

/// One run on its way through the pipeline.
struct Run: Sendable {
  let pipeline: Pipeline
  let index: Int
  let label: String
  /// What keeps the batch from submitting more.
  let halt: SubmitHalt

  var ledger: Ledger { pipeline.ledger }

  /// How long another process that is at the same run is waited for.
  var patience: Patience {
    Patience(
      limit: pipeline.configuration.maximumWait, interruption: pipeline.interruption, clock: pipeline.clock,
      onWait: { await tell(.note("another process is at it, and is waited for")) })
  }

  /// What is said where another process did not get done with the same run in time.
  func takenElsewhere(_ subject: KeepError.Subject) -> KeepError {
    pipeline.interruption.isRaised
      ? KeepError(.interrupted, subject, "stopped while another process was at it")
      : KeepError(
        .unfinished, subject, "another process is still at it",
        hint: "the same command later tells what came of it, and submits nothing twice")
  }

  func tell(_ change: PipelineEvent.Change) async {
    await pipeline.report(PipelineEvent(index: index, label: label, change: change))
  }

  /// Claims, submits, follows and keeps.
  ///
  /// - Parameter isSettled: Whether a doubt about it was just settled: then it is not run again, whatever was asked for.
  func outcome(of submission: Submission, isSettled: Bool = false) async -> SubmissionOutcome {
    let base = SubmissionOutcome(
      .unfinished, key: submission.key, inputs: submission.overrides.assets.map(\.asset.path))
    do {
      return try await outcome(of: submission, base, isSettled: isSettled)
    } catch {
      return base.ending(.unfinished, error)
    }
  }

  private func outcome(
    of submission: Submission, _ base: SubmissionOutcome, isSettled: Bool
  ) async throws(KeepError) -> SubmissionOutcome {
    guard !pipeline.interruption.isRaised else { return base.ending(.unfinished, .interruptedBeforeSubmit) }
    let configuration = pipeline.configuration
    let isSpared = isSettled || configuration.spared.contains(submission.key)
    let isSeen = try await isAsSeen(submission.key)
    let claim = try await ledger.claim(
      submission, usesCoreKey: configuration.api.coreAPIKey != nil,
      repeatsEnded: configuration.repeatsEnded && isSeen && !isSpared,
      repeatsKept: configuration.repeatsKept && isSeen && !isSpared, asksForLatest: isSpared,
      batch: configuration.batch,
      holding: configuration.bundleOptions(else: BundleOptions()))
    CrashPoint.claimed.pass()
    switch claim {
    case .fresh:
      return try await submitAndFollow(submission, base)
    case .resume(let request):
      var resumed = base
      resumed.request = request.id
      await tell(.resumed(request.id))
      return await follow(request, resumed, in: pipeline.lanes.placeAnyway(on: request.deployment))
    case .inDoubt:
      return await doubtful(submission.key, base)
    case .kept(let state, let kept, let reason):
      return await keptBefore(state, kept, reason, base)
    case .ended(let state, let reason):
      var ended = base.ending(state == .expired ? .expired : .unfinished, .endedBefore(state, reason))
      if state == .abandoned { ended.aside = .abandoned }
      return ended
    }
  }

  /// Whether the latest request of a submission is the one that was there when another run was asked for.
  private func isAsSeen(_ key: SubmissionKey) async throws(KeepError) -> Bool {
    guard let seen = pipeline.configuration.seen else { return true }
    return try await ledger.latestRequest(of: key)?.id == seen[key]
  }

  /// Follows and keeps a run by its request.
  func outcome(of request: Request) async -> SubmissionOutcome {
    var base = SubmissionOutcome(.unfinished, request: request.id)
    do {
      try await ledger.adopt(request)
      let record = try await ledger.record(of: request.id)
      base.key = record?.submission
      if let key = base.key { base.inputs = try await ledger.inputs(of: key) }
      if let record, let kept = record.kept {
        return await keptBefore(record.keptAs ?? .archived, kept, nil, base)
      }
      let outcome = await follow(record?.request ?? request, base, in: nil)
      if outcome.error?.httpStatus == 404, outcome.state == .unfinished {
        try await ledger.disown(request.id)
      }
      return outcome
    } catch {
      return base.ending(.unfinished, error)
    }
  }

  /// An outcome that was reached by an earlier command. A bundle that left for a store is as good as one here; one
  /// that is gone, be it in a store or not, is fetched again, never resubmitted.
  private func keptBefore(
    _ state: SubmissionState, _ kept: KeptRun, _ reason: String?, _ base: SubmissionOutcome
  ) async -> SubmissionOutcome {
    var outcome = base
    outcome.request = kept.request
    outcome.wasKeptAlready = true
    let bundle = pipeline.archive.layout.absolute(kept.bundle)
    let isHere = FileReader.exists(bundle)
    guard isHere || kept.leftFor != nil else {
      return await restored(LostBundle(path: bundle, state: state, kept: kept), outcome)
    }
    outcome.bundle = isHere ? bundle : nil
    outcome.stored = kept.stored?.place
    outcome.bundleChecksum = kept.checksum
    outcome.outputs = kept.outputs
    outcome.state = SubmissionOutcome.State(rawValue: state.rawValue) ?? .unfinished
    if outcome.state != .archived { outcome.error = .endedBefore(state, reason) }
    guard isHere else {
      if pipeline.configuration.exportFolder != nil, kept.outputs > 0 {
        await tell(.note("its bundle lies in the store alone, so its outputs are not exported again"))
      }
      return outcome
    }
    return exported(outcome) { () throws(KeepError) in
      if let folder = pipeline.configuration.exportFolder { try Exporter(to: folder).export(bundle) }
    }
  }

  /// An outcome whose bundle is kept, and exported; what fails then is told, the bundle stands.
  func exported(
    _ outcome: SubmissionOutcome, _ export: () throws(KeepError) -> Void
  ) -> SubmissionOutcome {
    do {
      try export()
      return outcome
    } catch {
      var kept = outcome.ending(
        .unfinished,
        KeepError(
          error.code, error.subject, "the bundle is kept, its outputs could not be exported: \(error.reason)",
          hint: error.hint ?? "the same command exports them again, and submits nothing"))
      kept.aside = .notExported
      return kept
    }
  }
}

extension SubmissionOutcome {
  /// This outcome with another end.
  func ending(_ state: State, _ error: KeepError?) -> SubmissionOutcome {
    var outcome = self
    outcome.state = state
    outcome.error = error
    return outcome
  }
}

extension KeepError {
  static let interruptedBeforeSubmit = KeepError(
    .interrupted, .none, "stopped before it was submitted", hint: "run the same command again")

  static func stillInDoubt(_ key: SubmissionKey) -> KeepError {
    KeepError(
      .inDoubt, .submission(key),
      "it may have been accepted before, which is not known; it is not submitted again by itself",
      hint: waysOutOfDoubt(key))
  }

  /// What a person can do about a submission in doubt.
  static func waysOutOfDoubt(_ key: SubmissionKey) -> String {
    "look at your deployment's requests, then: comfykeep resolve \(key.rawValue.prefix(12)) "
      + "--request ID | --resubmit | --abandon"
  }

  static func endedBefore(_ state: SubmissionState, _ reason: String?) -> KeepError {
    guard state != .abandoned else {
      return KeepError(
        .unfinished, .none, "was given up while it was in doubt, and is not submitted again by itself",
        hint: "run --retry-failed submits it again, which costs a run")
    }
    let code: Code =
      switch state {
      case .failed: .remoteFailed
      case .canceled: .remoteCanceled
      case .empty: .emptyResult
      case .expired: .expired
      case .partial: .partial
      default: .unfinished
      }
    let words = reason.map { ": \($0)" } ?? ""
    // A partial bundle stands: the run itself succeeded, and only another seed or input makes another.
    return KeepError(
      code, .none, "an earlier run of the same submission ended as \(state.rawValue)\(words)",
      hint: state == .partial ? nil : "run --retry-failed submits it again, which costs a run")
  }
}
