package import KeepModel
package import KeepTransport

/// How often a submit that certainly was not taken is tried again, and after how long.
package struct SubmitPolicy: Sendable, Hashable {
  /// How often in all.
  package var attempts: Int
  /// The wait after the first failure; doubled after each further one.
  package var firstDelay: Duration
  /// The longest wait of our own choosing; a service may ask for more.
  package var longestDelay: Duration

  /// Five attempts within about half a minute, unless the service asks for patience.
  package static let standard = SubmitPolicy(
    attempts: 5, firstDelay: .seconds(1), longestDelay: .seconds(15))

  package init(attempts: Int, firstDelay: Duration, longestDelay: Duration) {
    self.attempts = attempts
    self.firstDelay = firstDelay
    self.longestDelay = longestDelay
  }

  /// The wait after the failure with a number from 0: what the service asked for, but never less than
  /// half of ours; ours is spread by `jitter`, from 0 to 1, over its second half.
  package func delay(afterFailure number: Int, retry: KeepError.Retry, jitter: Double) -> Duration {
    let own = min(longestDelay, firstDelay * (1 << min(number, 20)))
    let spread = own * (0.5 + 0.5 * jitter)
    guard case .after(let asked) = retry else { return spread }
    return max(asked, own * 0.5)
  }
}

/// Submits, and tries again only where the service certainly has not taken it.
package struct SubmitAttempt: Sendable {
  private let client: DeploymentClient
  private let policy: SubmitPolicy
  private let clock: any Clock<Duration>
  private let jitter: @Sendable () -> Double

  package init(
    client: DeploymentClient, policy: SubmitPolicy = .standard, clock: any Clock<Duration>,
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
  ) {
    self.client = client
    self.policy = policy
    self.clock = clock
    self.jitter = jitter
  }

  /// The run, or the error of the last attempt.
  ///
  /// - Parameter onRetry: told of each failure that is followed by another attempt, and the wait before it.
  /// - Throws: ``KeepError`` as ``DeploymentClient/submit(_:to:webhook:)``.
  package func submit(
    _ body: RequestBody, to deployment: DeploymentID, webhook: Webhook? = nil,
    onRetry: @Sendable (KeepError, Duration) async -> Void = { _, _ in }
  ) async throws -> Request {
    for number in 0..<max(1, policy.attempts) - 1 {
      let verdict = try await client.attempt(body, to: deployment, webhook: webhook)
      guard case .notTaken(let error) = verdict else { return try verdict.request() }
      let delay = policy.delay(afterFailure: number, retry: error.retry, jitter: jitter())
      await onRetry(error, delay)
      do {
        try await clock.sleep(for: delay)
      } catch {
        throw KeepError(
          .interrupted, .deployment(deployment), "stopped while waiting to try again",
          delivery: .notDelivered)
      }
    }
    return try await client.submit(body, to: deployment, webhook: webhook)
  }
}
