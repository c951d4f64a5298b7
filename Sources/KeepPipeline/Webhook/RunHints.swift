import KeepLedger
import KeepModel
import KeepSubmit
import Synchronization

/// What becomes of what webhooks say: the runs that this process follows are asked after sooner, a submission in doubt is
/// settled if the service bears it out, and a run that was made elsewhere is taken in if the service knows it. Nothing of
/// a webhook is believed.
package final class RunHints: Sendable {
  private let settler: DoubtSettler
  private let takesForeign: Bool
  private let nudges = Mutex<[RequestID: PollNudge]>([:])
  private let news = PollNudge()

  /// - Parameter takesForeign: Whether runs that were made elsewhere are taken in.
  init(_ settler: DoubtSettler, takesForeign: Bool) {
    self.settler = settler
    self.takesForeign = takesForeign
  }

  private var ledger: Ledger { settler.archive.ledger }

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
    if try await ledger.record(of: hint.request) != nil {
      if let nudge = nudges.withLock({ $0[hint.request] }) { nudge.give() } else { news.give() }
      return .taken
    }
    if let key = hint.submission { return try await judged(hint, of: key) }
    guard takesForeign, let deployment = hint.deployment else { return .unknown }
    return try await taken(Request(id: hint.request, deployment: deployment)) ? .taken : .unknown
  }

  /// A delivery to an address that we gave for a submission.
  private func judged(_ hint: WebhookHint, of key: SubmissionKey) async throws(KeepError) -> WebhookAnswer {
    guard let standing = try await ledger.standing(of: key) else { return .unknown }
    let isOfThisAttempt = try await ledger.attempts(of: key) == (hint.attempt ?? 1)
    if isOfThisAttempt, try await ledger.recordHint(hint.request, for: key) {
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
      let status = try await settler.client.status(of: request)
      try await ledger.adopt(request)
      try await ledger.recordStatus(status, of: request.id)
      news.give()
      return true
    } catch let error as KeepError where error.httpStatus == 404 || error.code == .deploymentUnusable {
      return false
    } catch {
      throw .foreign(error)
    }
  }
}
