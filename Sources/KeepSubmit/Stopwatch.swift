/// The time since a moment, on any clock.
package struct Stopwatch: Sendable {
  /// The time since the start.
  package let elapsed: @Sendable () -> Duration

  /// Starts now.
  package init(_ clock: any Clock<Duration>) {
    self.elapsed = Self.started(clock)
  }

  private static func started<Time: Clock<Duration>>(_ clock: Time) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
  }
}
