internal import Glibc
public import KeepModel
internal import Synchronization

/// The simulator's time: the machine's own, moved ahead by as much as a test likes.
///
/// Queueing, running, expiry and signed addresses all follow it, so that seven days pass in one call.
public final class SimulatorClock: Sendable {
  private let ahead = Mutex<Duration>(.zero)
  private let wall: @Sendable () -> Timestamp
  private let waiting: any Clock<Duration>

  /// Follows the machine's clock, or the ones given: `wall` for stamps, `waiting` for sleeps.
  public init(
    wall: @escaping @Sendable () -> Timestamp = SimulatorClock.machineTime,
    waiting: any Clock<Duration> = ContinuousClock()
  ) {
    self.wall = wall
    self.waiting = waiting
  }

  /// What time it is in the simulated service.
  public var now: Timestamp { wall().advanced(by: ahead.withLock { $0 }) }

  /// Moves the simulated time ahead.
  public func advance(by duration: Duration) { ahead.withLock { $0 += duration } }

  /// Waits until the simulated time has come, in short steps, since it may be moved ahead meanwhile.
  func wait(until moment: Timestamp) async throws {
    while true {
      let missing = moment.milliseconds - now.milliseconds
      if missing <= 0 { return }
      try await waiting.sleep(for: .milliseconds(min(missing, 20)))
    }
  }

  /// Waits for real, whatever the simulated time does.
  func pause(for duration: Duration) async throws { try await waiting.sleep(for: duration) }

  /// The machine's wall clock.
  public static let machineTime: @Sendable () -> Timestamp = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
