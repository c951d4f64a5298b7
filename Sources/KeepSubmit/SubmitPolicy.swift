package import KeepModel

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
