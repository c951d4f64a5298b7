import Synchronization

/// A clock whose time passes only by sleeping on it: a sleep returns at once, is remembered, and moves the
/// time to its deadline.
public final class ManualClock: Clock {
  /// A moment, by the time since the clock was made.
  public struct Instant: InstantProtocol {
    /// The time since the clock was made.
    public let offset: Duration

    /// Later by a duration.
    public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    /// The time until another moment.
    public func duration(to other: Instant) -> Duration { other.offset - offset }
    /// By time.
    public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct State {
    var now: Duration = .zero
    var sleeps: [Duration] = []
  }

  private let state = Mutex(State())
  private let onSleep: @Sendable (Int) throws -> Void

  /// A clock at zero; `onSleep` is told the number, from 0, of each sleep before it passes, and may throw
  /// in its place.
  public init(onSleep: @escaping @Sendable (Int) throws -> Void = { _ in }) {
    self.onSleep = onSleep
  }

  /// The time now.
  public var now: Instant { Instant(offset: state.withLock { $0.now }) }
  /// The smallest step, none.
  public var minimumResolution: Duration { .zero }
  /// How long each sleep was to be, in order.
  public var sleeps: [Duration] { state.withLock { $0.sleeps } }

  /// Moves the time on without a sleep, as when a machine was suspended.
  public func advance(by duration: Duration) { state.withLock { $0.now += duration } }

  /// Passes the time at once.
  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    try Task.checkCancellation()
    let number = state.withLock { state in
      state.sleeps.append(deadline.offset - state.now)
      state.now = max(state.now, deadline.offset)
      return state.sleeps.count - 1
    }
    try onSleep(number)
    await Task.yield()
  }
}
