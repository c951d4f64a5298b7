import KeepLedger
import KeepModel
import KeepSubmit
import Synchronization

/// What becomes of what webhooks say: the runs that this process follows are asked after sooner, a submission in doubt is
/// settled if the service bears it out, and a run that was made elsewhere is taken in if the service knows it. Nothing of
/// a webhook is believed.
package final class RunHints: Sendable {
  private let archive: Archive
  private let client: DeploymentClient
  private let settler: DoubtSettler
  private let takesForeign: Bool
  private let nudges = Mutex<[RequestID: PollNudge]>([:])
  private let news = PollNudge()

  /// - Parameter takesForeign: Whether runs that were made elsewhere are taken in.
  init(_ settler: DoubtSettler, takesForeign: Bool) {
    self.archive = settler.archive
    self.client = settler.client
    self.settler = settler
    self.takesForeign = takesForeign
  }

  /// What wakes who follows a run.
  func nudge(for request: RequestID) -> PollNudge {
    nudges.withLock { nudges in
      if let nudge = nudges[request] { return nudge }
      let nudge = PollNudge()
      nudges[request] = nudge
      return nudge
    }
  }

  /// The run is not followed any more.
  func forget(_ request: RequestID) { nudges.withLock { _ = $0.removeValue(forKey: request) } }

  /// Returns once a run became known that nobody here follows yet, or when cancelled.
  func nextNews() async { await news.next() }

  /// Looks at a delivery.
  package func take(_ hint: WebhookHint) async -> WebhookAnswer {
    do {
      return try await judged(hint)
    } catch {
      // The service comes again; by then the ledger or the network may be there.
      return .busy
    }
  }

  private func judged(_ hint: WebhookHint) async throws(KeepError) -> WebhookAnswer {
    if try await archive.ledger.record(of: hint.request) != nil {
      if let nudge = nudges.withLock({ $0[hint.request] }) { nudge.give() } else { news.give() }
      return .taken
    }
    if let key = hint.submission { return try await judged(hint, of: key) }
    guard takesForeign, let deployment = hint.deployment else { return .unknown }
    return try await taken(Request(id: hint.request, deployment: deployment)) ? .taken : .unknown
  }

  /// A delivery to an address that we gave for a submission.
  private func judged(_ hint: WebhookHint, of key: SubmissionKey) async throws(KeepError) -> WebhookAnswer {
    guard let standing = try await archive.ledger.standing(of: key) else { return .unknown }
    let isOfThisAttempt = try await archive.ledger.attempts(of: key) == (hint.attempt ?? 1)
    if isOfThisAttempt, try await archive.ledger.recordHint(hint.request, for: key) {
      // What another process, or this one, is sending just now is looked at again once that is over.
      if try await settler.settle(key) { news.give() }
      return .taken
    }
    // A run of an earlier sending, which was given up or sent again meanwhile, was paid for too.
    return try await taken(Request(id: hint.request, deployment: standing.deployment)) ? .taken : .unknown
  }

  /// Takes a run into the ledger that no submission waits for, if the service knows it.
  private func taken(_ request: Request) async throws(KeepError) -> Bool {
    do {
      try await settler.limiter.turn(isHinted: true)
      let status = try await client.status(of: request)
      try await archive.ledger.adopt(request)
      try await archive.ledger.recordStatus(status, of: request.id)
      news.give()
      return true
    } catch let error as KeepError where error.httpStatus == 404 || error.code == .deploymentUnusable {
      return false
    } catch {
      throw .foreign(error)
    }
  }
}

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
