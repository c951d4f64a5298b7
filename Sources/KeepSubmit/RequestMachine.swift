package import KeepModel

/// Decides how one run is followed: events in, what to do next out. Touches nothing.
///
/// A status that says the run has ended stands: from then on only the result is asked for.
package struct RequestMachine: Sendable {
  /// What happened.
  package enum Event: Sendable {
    /// A status call answered.
    case status(RequestStatus)
    /// A result call answered.
    case result(RunResult)
    /// A status call failed.
    case statusFailed(KeepError)
    /// A result call failed.
    case resultFailed(KeepError)

    /// Whether the service answered what was asked.
    package var isAnswer: Bool {
      switch self {
      case .status, .result: true
      case .statusFailed, .resultFailed: false
      }
    }
  }

  /// What to do next.
  package enum Action: Sendable {
    /// Wait, then ask for the status.
    case askStatus(after: Duration)
    /// Wait, then ask for the result.
    case askResult(after: Duration)
    /// The run has ended.
    case finish(RunResult)
    /// Nothing more can be learned.
    case fail(KeepError)
  }

  private let request: RequestID
  private let policy: PollPolicy
  private let age: Duration
  private var end: RequestStatus?
  private var answersSinceProbe = 0
  private var emptyResults = 0
  private var notFound = 0
  private var failures = 0
  private var firstFailure: Duration = .zero

  /// Follows a run that was made `age` before the start.
  package init(request: RequestID, policy: PollPolicy, age: Duration = .zero) {
    self.request = request
    self.policy = policy
    self.age = age
  }

  /// What to do after an event, `elapsed` after the start; `jitter` from 0 to 1 spreads the waits.
  package mutating func receive(
    _ event: Event, at elapsed: Duration, jitter: Double
  ) -> Action {
    let interval = policy.interval(age: age + elapsed, jitter: jitter)
    switch event {
    case .status(let status): return received(status, interval)
    case .result(let result): return received(result, interval)
    case .statusFailed(let error) where error.httpStatus == 404:
      return statusNotFound(elapsed, interval)
    case .resultFailed(let error) where error.httpStatus == 404:
      return resultNotFound(error, elapsed, interval)
    case .statusFailed(let error), .resultFailed(let error): return failed(error, elapsed, interval)
    }
  }

  private mutating func received(_ status: RequestStatus, _ interval: Duration) -> Action {
    failures = 0
    notFound = 0
    guard end == nil else { return .askResult(after: interval) }
    switch status.phase {
    case .finished, .failed, .canceled:
      end = status
      return .askResult(after: .zero)
    case .queued, .unknown: return .askStatus(after: interval)
    case .running:
      answersSinceProbe += 1
      guard policy.probeEvery > 0, answersSinceProbe >= policy.probeEvery else {
        return .askStatus(after: interval)
      }
      answersSinceProbe = 0
      return .askResult(after: interval)
    }
  }

  private mutating func received(_ result: RunResult, _ interval: Duration) -> Action {
    failures = 0
    notFound = 0
    guard result.verdict == .pending else { return .finish(result) }
    guard end != nil else { return .askStatus(after: interval) }
    let error = KeepError(
      .unavailable, .request(request),
      "the run is finished, but its result still says \"\(Excerpt.of(result.word, limit: 60))\"",
      hint: "comfykeep archive \(request) looks again", retry: .backOff)
    return lagging(interval, error)
  }

  /// Asks for the result of an ended run again, a bounded number of times.
  private mutating func lagging(_ interval: Duration, _ error: KeepError) -> Action {
    emptyResults += 1
    guard emptyResults >= policy.resultAttempts else {
      return .askResult(
        after: policy.delay(afterFailures: emptyResults, retryAfter: nil, interval: interval))
    }
    return withoutResult.map(Action.finish) ?? .fail(error)
  }

  /// A failed or canceled run is so without a result too.
  private var withoutResult: RunResult? {
    guard let end, end.phase != .finished else { return nil }
    let failure = RunFailure(message: "the status says \"\(end.word)\", and there is no result")
    return RunResult(
      verdict: end.phase == .canceled ? .canceled : .failed, word: end.word,
      failures: end.phase == .canceled ? [] : [failure], document: .null, raw: [])
  }

  /// A new run may be unknown for a while, and one 404 is never the end: the result has the last word.
  private mutating func statusNotFound(_ elapsed: Duration, _ interval: Duration) -> Action {
    failures = 0
    notFound += 1
    let isSettled = notFound >= 3 && age + elapsed >= policy.notFoundGrace
    return isSettled ? .askResult(after: .zero) : .askStatus(after: interval)
  }

  private mutating func resultNotFound(
    _ error: KeepError, _ elapsed: Duration, _ interval: Duration
  ) -> Action {
    failures = 0
    if end != nil, error.code != .expired { return lagging(interval, error) }
    notFound += 1
    let isSettled = notFound >= 3 && age + elapsed >= policy.notFoundGrace
    guard isSettled || error.code == .expired else { return .askStatus(after: interval) }
    return withoutResult.map(Action.finish) ?? .fail(error)
  }

  private mutating func failed(
    _ error: KeepError, _ elapsed: Duration, _ interval: Duration
  ) -> Action {
    // What has failed or was canceled has no result on some services, which may refuse to be asked for it.
    let isRefused = error.code == .inputRejected || error.code == .failure
    if isRefused, withoutResult != nil { return lagging(interval, error) }
    let isRedirect = error.httpStatus.map { (300..<400).contains($0) } ?? false
    guard error.code == .unavailable, !isRedirect else { return .fail(error) }
    if failures == 0 { firstFailure = elapsed }
    failures += 1
    // A machine that slept is not a service that was away: a few failures must have been seen.
    guard failures < 4 || elapsed - firstFailure < policy.patience else { return .fail(error) }
    let asked: Duration? = if case .after(let delay) = error.retry { delay } else { nil }
    let delay = policy.delay(afterFailures: failures, retryAfter: asked, interval: interval)
    return end == nil ? .askStatus(after: delay) : .askResult(after: delay)
  }
}
