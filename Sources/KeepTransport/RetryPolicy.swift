/// How often to try again, and how long to wait before.
public struct RetryPolicy: Sendable, Hashable {
  /// The most tries, the first one included.
  public var attempts: Int
  /// The wait before the second try; it doubles with each further one.
  public var firstWait: Duration
  /// The longest wait, ours or one that the service names.
  public var longestWait: Duration
  /// The longest sum of waits. An answer that asks for more is given back at once.
  public var totalWait: Duration

  /// The defaults ride out a restart of the service: six tries within about half a minute.
  public init(
    attempts: Int = 6, firstWait: Duration = .milliseconds(500), longestWait: Duration = .seconds(60),
    totalWait: Duration = .seconds(180)
  ) {
    self.attempts = attempts
    self.firstWait = firstWait
    self.longestWait = longestWait
    self.totalWait = totalWait
  }

  /// One try.
  public static let never = RetryPolicy(attempts: 1)

  /// The shortest wait, whatever the service says: a `Retry-After: 0` makes no busy loop.
  private static let shortestWait = Duration.milliseconds(100)

  /// The wait after a failed try; `nil` when there is to be none.
  ///
  /// - Parameters:
  ///   - attempt: The number of tries made, from 1.
  ///   - named: The wait that the service has named, which counts before our own.
  ///   - waited: The sum of the waits so far.
  ///   - random: From 0 up to 1; spreads the wait over the upper half of the back-off, so that many
  ///     clients do not come back at once.
  package func wait(after attempt: Int, named: Duration?, waited: Duration, random: Double) -> Duration? {
    guard attempt < attempts else { return nil }
    let wait = min(max(named ?? backOff(attempt, random), Self.shortestWait), longestWait)
    return waited + wait <= totalWait ? wait : nil
  }

  private func backOff(_ attempt: Int, _ random: Double) -> Duration {
    var wait = firstWait
    for _ in 1..<max(1, attempt) where wait < longestWait { wait *= 2 }
    return min(wait, longestWait) * (0.5 + 0.5 * min(max(random, 0), 1))
  }

  /// Whether an answer with this status says that trying again may help.
  package static func isTemporary(_ status: Int) -> Bool {
    [408, 429, 500, 502, 503, 504].contains(status)
  }
}
