/// How often a run is asked about, and for how long trouble is put up with.
package struct PollPolicy: Sendable, Hashable {
  /// The interval for a run that has just been made.
  package var first: Duration
  /// The interval for an old one.
  package var longest: Duration
  /// The age at which the longest interval is reached.
  package var growth: Duration
  /// How long the service may be out of reach before it is given up.
  package var patience: Duration
  /// How long after a run was made a 404 may be a service that has not caught up.
  package var notFoundGrace: Duration
  /// After how many answers "in progress" the result is looked at all the same; it can be ahead.
  package var probeEvery: Int
  /// How often a result that lags behind "completed" is asked for.
  package var resultAttempts: Int
  /// The shortest wait that a nudge can bring about.
  package var nudgeFloor: Duration

  /// From 2 s to 10 s within two minutes; half an hour of patience.
  package static let standard = PollPolicy(first: .seconds(2), longest: .seconds(10))

  package init(
    first: Duration, longest: Duration, growth: Duration = .seconds(120),
    patience: Duration = .seconds(1800), notFoundGrace: Duration = .seconds(60),
    probeEvery: Int = 12, resultAttempts: Int = 6,
    nudgeFloor: Duration = .milliseconds(500)
  ) {
    self.first = first
    self.longest = longest
    self.growth = growth
    self.patience = patience
    self.notFoundGrace = notFoundGrace
    self.probeEvery = probeEvery
    self.resultAttempts = resultAttempts
    self.nudgeFloor = nudgeFloor
  }

  /// The interval for a run of an age, spread by `jitter`, from 0 to 1, over a fifth up and down.
  package func interval(age: Duration, jitter: Double) -> Duration {
    let share = growth > .zero ? min(1, max(0, age / growth)) : 1
    return (first + (longest - first) * share) * (0.8 + 0.4 * jitter)
  }

  /// The wait after a number of failures in a row, doubling from the interval to six times the longest.
  package func delay(afterFailures count: Int, retryAfter: Duration?, interval: Duration) -> Duration {
    let own = min(longest * 6, interval * (1 << min(max(0, count - 1), 16)))
    return max(own, retryAfter ?? .zero)
  }
}
