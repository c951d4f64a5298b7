import KeepLedger
import KeepModel
import KeepSubmit

/// Settles submissions in doubt by what webhooks named, where the service bears it out.
struct DoubtSettler: Sendable {
  let archive: Archive
  let client: DeploymentClient
  let limiter: PollLimiter
  let now: @Sendable () -> Timestamp

  /// How long a request that a webhook named may be unknown to the service, which may not have caught up with itself.
  static let grace = Duration.seconds(120)

  private var ledger: Ledger { archive.ledger }

  /// Settles a submission that is in doubt, unless another process, or another task of this one, is at it.
  ///
  /// - Returns: Whether its request is known now.
  /// - Throws: ``KeepError`` with `ledger_unusable`; what the service says to a call that it does not answer.
  func settle(_ key: SubmissionKey) async throws(KeepError) -> Bool {
    let isSettled = try await archive.turns.alone("submission \(key)", patience: .none) {
      () async throws(KeepError) in
      try await settleAlone(key)
    }
    return isSettled ?? false
  }

  /// Settles a submission that is in doubt. To be called by who has its lease.
  ///
  /// - Returns: Whether its request is known now.
  func settleAlone(_ key: SubmissionKey) async throws(KeepError) -> Bool {
    try await ledger.doubtInterrupted(key)
    guard let (state, deployment) = try await ledger.standing(of: key), state == .inDoubt else {
      return false
    }
    var known: [Request] = []
    for hint in try await ledger.hints(for: key) {
      let request = Request(id: hint.request, deployment: deployment)
      guard try await ledger.record(of: hint.request) == nil else {
        try await ledger.refuseHint(hint.request, for: key, reason: "is known as another run")
        continue
      }
      do {
        try await limiter.turn(isHinted: true)
        _ = try await client.status(of: request)
        known.append(request)
      } catch let error as KeepError where error.httpStatus == 404 {
        let age = Duration.milliseconds(now().milliseconds - hint.receivedAt.milliseconds)
        guard age > Self.grace else { continue }
        try await ledger.refuseHint(hint.request, for: key, reason: "the service does not know it")
      } catch {
        throw limiter.learning(from: .foreign(error))
      }
    }
    // The service makes one request of a submission; of two that it knows, nobody can tell which one that is.
    guard known.count == 1, let request = known.first else { return false }
    try await ledger.recordNamed(request, for: key, by: "a webhook, and the service knows it")
    return true
  }

  /// Settles every submission in doubt of which a webhook named a request.
  ///
  /// - Throws: ``KeepError`` with `ledger_unusable`.
  func settleAll(note: (SubmissionKey, KeepError) async -> Void) async throws(KeepError) {
    for key in try await ledger.hintedDoubts() {
      do throws(KeepError) {
        _ = try await settle(key)
      } catch {
        guard error.code != .ledgerUnusable else { throw error }
        await note(key, error)
      }
    }
  }
}

extension PollLimiter {
  /// The error of a call, after note was taken of one that says "too fast".
  fileprivate func learning(from error: KeepError) -> KeepError {
    if error.httpStatus == 429 { slowDown(error.retry) }
    return error
  }
}
