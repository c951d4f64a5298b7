import KeepArchive
import KeepFiles
import KeepLedger
import KeepModel
import KeepSubmit
import KeepTransport
import SystemPackage

extension Run {
  /// Waits for the end of a run, then keeps it; an interruption detaches.
  ///
  /// - Parameter place: Its place among the runs in flight, which is left as soon as it has ended.
  func follow(
    _ request: Request, _ base: SubmissionOutcome, in place: RunLanes.Place?
  ) async -> SubmissionOutcome {
    do {
      let kept = try await pipeline.interruption.orValue { () async throws in
        halt.learn(try await result(of: request), of: request)
        place?.leave()
        let deadline = try await deadline(of: request)
        return try await pipeline.lanes.keeping.within(urgency: deadline.milliseconds) {
          // Read again from the ledger: while many wait, none of their results is held.
          try await keep(request, try await result(of: request), base)
        }
      }
      return if let kept { kept } else { await detached(request, base) }
    } catch {
      return await ending(.foreign(error), request, base)
    }
  }

  func result(of request: Request) async throws -> RunResult {
    if let stored = try await ledger.record(of: request.id)?.result,
      let result = RunAnswer.result(ServiceAnswer(BufferedResponse(status: 200, body: stored))),
      result.verdict != .pending
    {
      return result.redacted(by: pipeline.configuration.api)
    }
    let record = try await ledger.record(of: request.id)
    let known = record.map { max(0, pipeline.now().milliseconds - $0.submittedAt.milliseconds) } ?? 0
    let nudge = pipeline.hearing?.hints.nudge(for: request.id)
    defer { pipeline.hearing?.hints.forget(request.id) }
    // A run that a person named is no new one: the service must know it at the first look.
    let isNamed = record.map { $0.submission == nil || $0.wasNamed } ?? true
    let age = isNamed ? max(.seconds(120), .milliseconds(known)) : Duration.milliseconds(known)
    let result = try await pipeline.tracker.outcome(
      of: request, age: age, maxWait: pipeline.configuration.maximumWait,
      deadline: try await deadline(of: request), nudge: nudge,
      onStatus: { status in
        // Status is for people; a ledger that cannot be written stops the run at its next step.
        try? await ledger.recordStatus(status, of: request.id)
        CrashPoint.statusRecorded.pass()
        await tell(.status(status))
      },
      onTrouble: { error in await tell(.note("asking again: \(error.reason)")) }
    ).redacted(by: pipeline.configuration.api)
    CrashPoint.resultReceived.pass()
    try await ledger.recordFinished(result, of: request.id)
    CrashPoint.finished.pass()
    return result
  }

  /// Left running at a person's wish; canceled remotely where that was asked for, told honestly.
  private func detached(_ request: Request, _ base: SubmissionOutcome) async -> SubmissionOutcome {
    guard pipeline.configuration.cancelsOnInterrupt else {
      return base.ending(
        .unfinished,
        KeepError(
          .interrupted, .request(request.id), "left running",
          hint: "run the same command again to keep it, or comfykeep archive with its request id"))
    }
    let words: String
    do {
      switch try await Canceller(client: pipeline.client).cancel(request, recordedIn: pipeline.archive) {
      case .accepted: words = "the service accepted the cancel; it may still finish"
      case .notCancellable: words = "the service says it can no longer be canceled"
      }
    } catch {
      words = "the cancel failed (\(error.reason)); it may be running and billing"
    }
    return base.ending(
      .unfinished,
      KeepError(
        .interrupted, .request(request.id), words,
        hint: "comfykeep archive \(request.id) keeps whatever came of it"))
  }

  private func ending(
    _ error: KeepError, _ request: Request, _ base: SubmissionOutcome
  ) async -> SubmissionOutcome {
    do {
      if error.code != .expired, error.httpStatus == 404, let key = base.key,
        try await ledger.recordUnknown(request.id)
      {
        var outcome = base.ending(.inDoubt, .misnamed(request.id, key))
        outcome.request = nil
        return outcome
      }
      guard error.code == .expired else { return base.ending(.unfinished, error) }
      guard try await isDeleted(request) else { return base.ending(.unfinished, .gone(error)) }
      try await ledger.recordExpired(request.id)
      if let key = base.key, let stored = try await ledger.submission(key) {
        await discardInputs(of: stored.0)
      }
      // What came down of it stays: archive --allow-partial can still make something of that.
      return base.ending(.expired, error)
    } catch {
      return base.ending(.unfinished, error)
    }
  }

  /// Whether the time is over for which the service keeps results, counted from when the run ended as far as the
  /// service told, else from when we know it.
  func isPastRetention(_ request: Request) async throws(KeepError) -> Bool {
    try await age(of: request) >= pipeline.configuration.retention
  }

  /// When the service deletes a run, as far as can be told.
  func deadline(of request: Request) async throws(KeepError) -> Timestamp {
    pipeline.now().advanced(by: pipeline.configuration.retention - (try await age(of: request)))
  }

  /// How long ago a run ended as far as the service told, else how long we know it.
  func age(of request: Request) async throws(KeepError) -> Duration {
    guard let since = try await ledger.since(request.id) else { return pipeline.configuration.retention }
    return .milliseconds(pipeline.now().milliseconds - since.milliseconds)
  }

  /// Whether the service has deleted a run that it gave nothing of: its time is over, and it says so of the result too.
  /// Where it still tells the result and its files are gone, they may come back for a day.
  private func isDeleted(_ request: Request) async throws(KeepError) -> Bool {
    let retention = pipeline.configuration.retention
    let age = try await age(of: request)
    guard age >= retention else { return false }
    do {
      _ = try await pipeline.client.result(of: request, age: max(age, retention + .seconds(1)))
      return age >= retention + .seconds(86_400)
    } catch {
      let error = KeepError.foreign(error)
      guard error.code == .expired else { throw error }
      return true
    }
  }
}

extension KeepError {
  /// A request that a person named and the service does not know is not the run: that is in doubt as before.
  fileprivate static func misnamed(_ id: RequestID, _ key: SubmissionKey) -> KeepError {
    KeepError(
      .inDoubt, .submission(key),
      "the service does not know \(id), which was named as its request; it is in doubt again",
      hint: waysOutOfDoubt(key), httpStatus: 404)
  }

  /// Outputs that are gone before their time may come back; the run stays open.
  fileprivate static func gone(_ error: KeepError) -> KeepError {
    KeepError(
      .unavailable, error.subject, error.reason,
      hint: "the run stays open and the next command tries again; results are deleted after 7 days",
      httpStatus: error.httpStatus)
  }
}
