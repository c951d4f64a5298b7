public import KeepModel

/// A transport that tries harmless exchanges again.
///
/// Only `GET` and `HEAD` without a body are: whether to send anything else again is for those to decide who
/// know what it costs. Tried again are failures that say so (``KeepError/retry``) and answers with the status
/// 408, 429, 500, 502, 503 or 504. Once `consume` has seen an answer, there is no further try.
public struct RetryingTransport: Transport {
  private let base: any Transport
  private let policy: RetryPolicy
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> Timestamp
  private let random: @Sendable () -> Double

  /// Tries again what `base` could not do.
  ///
  /// - Parameters:
  ///   - clock: What is waited by.
  ///   - now: The date, to understand a `Retry-After` that names one.
  ///   - random: From 0 up to 1, for jitter.
  public init(
    _ base: any Transport, policy: RetryPolicy = RetryPolicy(),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.base = base
    self.policy = policy
    self.clock = clock
    self.now = now
    self.random = random
  }

  private enum Outcome<Value: Sendable>: Sendable {
    case value(Value)
    /// `consume` threw; its errors are not ours to try again.
    case threw(any Error)
    /// An answer that is worth another try after this wait.
    case again(after: Duration)
  }

  /// Performs an exchange, if need be several times, and hands the last answer to `consume`.
  ///
  /// - Throws: as ``Transport/withResponse(to:_:)``; of several failures the last.
  public func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    guard request.body == nil, request.method == .get || request.method == .head else {
      return try await base.withResponse(to: request, consume)
    }
    var attempt = 1
    var waited = Duration.zero
    while true {
      switch try await outcome(of: request, attempt, waited, consume) {
      case .value(let value): return value
      case .threw(let error): throw error
      case .again(let wait):
        try await sleep(wait, request)
        waited += wait
        attempt += 1
      }
    }
  }

  private func outcome<Value: Sendable>(
    of request: HTTPRequest, _ attempt: Int, _ waited: Duration,
    _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Outcome<Value> {
    do {
      return try await base.withResponse(to: request) { response in
        if let wait = wait(after: attempt, response, waited) { return .again(after: wait) }
        do { return .value(try await consume(response)) } catch { return .threw(error) }
      }
    } catch let error as KeepError {
      guard let wait = wait(after: attempt, error, waited) else { throw error }
      return .again(after: wait)
    }
  }

  private func wait(after attempt: Int, _ response: HTTPResponse, _ waited: Duration) -> Duration? {
    guard RetryPolicy.isTemporary(response.status) else { return nil }
    let named = response.headers["Retry-After"].flatMap { RetryAfter.wait($0, now: now()) }
    return policy.wait(after: attempt, named: named, waited: waited, random: random())
  }

  private func wait(after attempt: Int, _ error: KeepError, _ waited: Duration) -> Duration? {
    switch error.retry {
    case .never: nil
    case .backOff: policy.wait(after: attempt, named: nil, waited: waited, random: random())
    case .after(let named): policy.wait(after: attempt, named: named, waited: waited, random: random())
    }
  }

  private func sleep(_ wait: Duration, _ request: HTTPRequest) async throws(KeepError) {
    do {
      try await clock.sleep(for: wait)
    } catch {
      throw KeepError(
        .interrupted, .address(request.url.withoutQuery.description),
        "the exchange was interrupted while waiting to try again", delivery: .unknown)
    }
  }
}
