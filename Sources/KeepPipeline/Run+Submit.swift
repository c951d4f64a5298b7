import KeepFiles
import KeepInput
import KeepLedger
import KeepModel
import KeepSubmit
import KeepTransport
import SystemPackage

extension Run {
  /// Submits a fresh claim once, then follows it.
  func submitAndFollow(
    _ submission: Submission, _ base: SubmissionOutcome
  ) async throws(KeepError) -> SubmissionOutcome {
    if let held = halt.reason(for: submission.deployment) { return base.ending(.unfinished, held) }
    if let folder = pipeline.configuration.exportFolder { try Exporter(to: folder).prepare() }
    do {
      for entry in submission.overrides.assets { try await keep(entry.asset) }
      let submission = try await uploaded(submission)
      let body = SegmentedBody(
        try SubmissionBody.segments(
          for: submission.reading(from: pipeline.inputs),
          coreAPIKey: pipeline.configuration.api.coreAPIKey))
      return try await submit(submission, body, base)
    } catch  where error.code == .inputRejected || error.code == .uploadFailed {
      return try await rejected(error, submission, base)
    }
  }

  /// Copies an asset; runs that share it, one after the other.
  private func keep(_ asset: Asset) async throws(KeepError) {
    try await pipeline.archive.turns.alone("asset \(asset.checksum)") { () async throws(KeepError) in
      try pipeline.inputs.keep(asset)
      CrashPoint.inputKept.pass()
    }
  }

  private func rejected(
    _ error: KeepError, _ submission: Submission, _ base: SubmissionOutcome
  ) async throws(KeepError) -> SubmissionOutcome {
    try await ledger.reject(submission.key, reason: error.reason)
    await discardInputs(of: submission)
    return base.ending(.rejected, error)
  }

  /// Tries until the service took it, refused it, or may have taken it. Each try is recorded before its first
  /// byte, and taken back in the ledger where the service certainly did not take it.
  private func submit(
    _ submission: Submission, _ body: SegmentedBody, _ base: SubmissionOutcome
  ) async throws(KeepError) -> SubmissionOutcome {
    let policy = pipeline.submitPolicy
    var failures = 0
    guard let place = await place(on: submission.deployment) else {
      return base.ending(.unfinished, .interruptedBeforeSubmit)
    }
    while true {
      guard !pipeline.interruption.isRaised else {
        return base.ending(.unfinished, .interruptedBeforeSubmit)
      }
      if let held = halt.reason(for: submission.deployment) { return base.ending(.unfinished, held) }
      try await checkBalance()
      CrashPoint.submitBeginning.pass()
      let attempt = try await ledger.beginSubmit(submission.key)
      CrashPoint.submitBegun.pass()
      await tell(.submitting(body.length))
      let verdict = try await pipeline.client.attempt(
        body.requestBody(), to: submission.deployment,
        webhook: pipeline.configuration.webhook(for: submission.key, attempt: attempt))
      CrashPoint.answered.pass()
      guard case .notTaken(let error) = verdict else {
        return try await settle(verdict, submission, base, place)
      }
      try await ledger.releaseSubmit(submission.key, reason: error.reason)
      CrashPoint.submitReleased.pass()
      failures += 1
      let delay = policy.delay(
        afterFailure: failures - 1, retry: error.retry, jitter: Double.random(in: 0..<1))
      guard failures < policy.attempts else { return base.ending(.unfinished, error) }
      guard await waits(delay) else { return base.ending(.unfinished, .interruptedBeforeSubmit) }
      await tell(.note("trying again: \(error.reason)"))
    }
  }

  /// A place among the runs in flight; `nil` where a person wants to stop before there is one.
  private func place(on deployment: DeploymentID) async -> RunLanes.Place? {
    let lanes = pipeline.lanes
    let place = try? await pipeline.interruption.orValue { try await lanes.place(on: deployment) }
    return place.flatMap { $0 }
  }

  /// Whether a wait came to its end before a person wanted to stop.
  func waits(_ delay: Duration) async -> Bool {
    let clock = pipeline.clock
    let isOver = try? await pipeline.interruption.orValue {
      try await clock.sleep(for: delay)
      return true
    }
    return isOver == .some(true)
  }

  /// Records the request; where the disk is full, in the room that is held for that.
  private func record(_ request: Request, for key: SubmissionKey) async throws(KeepError) {
    do {
      try await ledger.recordSubmitted(request, for: key)
    } catch {
      guard pipeline.archive.reserve?.release() == true else { throw error }
      try await ledger.recordSubmitted(request, for: key)
    }
  }

  /// Records what the service, or its silence, said.
  private func settle(
    _ verdict: SubmitVerdict, _ submission: Submission, _ base: SubmissionOutcome, _ place: RunLanes.Place
  ) async throws(KeepError) -> SubmissionOutcome {
    let key = submission.key
    switch verdict {
    case .accepted(let request):
      var submitted = base
      submitted.request = request.id
      do {
        try await record(request, for: key)
      } catch {
        return submitted.ending(.inDoubt, .unrecorded(request.id, error, key))
      }
      CrashPoint.submitted.pass()
      await tell(.submitted(request.id))
      return await follow(request, submitted, in: place)
    case .refused(let error):
      halt.learn(error, from: submission.deployment)
      return try await rejected(error, submission, base)
    case .notTaken(let error):
      try await ledger.releaseSubmit(key, reason: error.reason)
      return base.ending(.unfinished, error)
    case .interrupted(let error) where error.delivery == .notDelivered:
      try await ledger.releaseSubmit(key, reason: error.reason)
      return base.ending(.unfinished, error)
    case .inDoubt(let error), .interrupted(let error):
      try await ledger.doubt(key, reason: error.reason)
      return base.ending(.inDoubt, .doubtful(error, key))
    }
  }
}

extension Pipeline.Configuration {
  /// Where the service is to announce a run: the address bears the key, so that the announcement tells which run it
  /// is of, even where the answer to the submit was lost.
  ///
  /// - Parameter attempt: How often it was begun to be sent, this time included: what an earlier one came to is no
  ///   news of this one.
  func webhook(for key: SubmissionKey, attempt: Int) -> Webhook? {
    webhook.map { url in
      Webhook(
        url: url.adding(query: [("submission_key", key.rawValue), ("attempt", String(attempt))]),
        includesIntermediate: webhookAnnouncesProgress)
    }
  }
}

extension KeepError {
  /// What was thrown, as our error; foreign ones are described.
  static func foreign(_ error: any Error) -> KeepError {
    if let known = error as? KeepError { return known }
    if error is CancellationError { return KeepError(.interrupted, .none, "stopped") }
    return KeepError(.failure, .none, "\(error)")
  }

  /// The service took it and the ledger could not be told: without its id the run would be lost.
  static func unrecorded(_ id: RequestID, _ error: KeepError, _ key: SubmissionKey) -> KeepError {
    KeepError(
      .inDoubt, .submission(key),
      "the service took it as \(id), which could not be recorded: \(error.description)",
      hint: "once the ledger can be written: comfykeep resolve \(key.rawValue.prefix(12)) --request \(id)")
  }

  static func doubtful(_ error: KeepError, _ key: SubmissionKey) -> KeepError {
    KeepError(
      .inDoubt, .submission(key), error.reason,
      hint: waysOutOfDoubt(key), httpStatus: error.httpStatus)
  }
}
