package import KeepModel
import KeepTransport
import Synchronization

/// Spaces the calls of all trackers of a program, the more the more often the service says "too fast".
///
/// Who wants to call stands in one line and gets its turn in the order of coming, hinted ones first, then those that ask
/// for a run for the first time. A turn comes no
/// sooner than the spacing after the one before, by the clock at that moment: a machine that slept makes up for
/// nothing.
package final class PollLimiter: Sendable {
  private struct State {
    var spacing: Duration
    var next: Duration = .zero
    var closedUntil: Duration = .zero
  }

  private let clock: any Clock<Duration>
  private let stopwatch: Stopwatch
  private let shortest: Duration
  private let longest: Duration
  private let state: Mutex<State>
  private let line = WaitingLine(width: 1)

  /// At most one call each `spacing`, which doubles up to `longest` with each "too fast" and shrinks
  /// slowly again.
  package init(
    clock: any Clock<Duration>, spacing: Duration = .milliseconds(200),
    longest: Duration = .seconds(30)
  ) {
    self.clock = clock
    self.stopwatch = Stopwatch(clock)
    self.shortest = spacing
    self.longest = longest
    self.state = Mutex(State(spacing: spacing))
  }

  /// The spacing in force.
  package var spacing: Duration { state.withLock { $0.spacing } }

  /// Waits for a turn and takes it.
  ///
  /// - Parameters:
  ///   - isHinted: Whether there is reason to believe that the call is worth while: it comes before others.
  ///   - deadline: For the first call about a run, when it is deleted: such calls come before those about runs that were
  ///     asked for already, the nearest deadline first.
  /// - Throws: `CancellationError`, and what the clock's sleep throws, when cancelled; the turn is left to others.
  package func turn(isHinted: Bool = false, deadline: Timestamp? = nil) async throws {
    try await line.within(urgency: isHinted ? .min : deadline?.milliseconds ?? .max) {
      while let wait = wait() { try await clock.sleep(for: wait) }
    }
  }

  /// Takes the turn, or says how long it is until then.
  private func wait() -> Duration? {
    let now = stopwatch.elapsed()
    return state.withLock { state in
      let wait = max(state.next, state.closedUntil) - now
      guard wait <= .zero else { return wait }
      state.next = now + state.spacing
      return nil
    }
  }

  /// A call went well.
  package func succeeded() {
    state.withLock { $0.spacing = max(shortest, $0.spacing * 0.9) }
  }

  /// The service said "too fast": nobody asks before the time that it named.
  package func slowDown(_ retry: KeepError.Retry) {
    let now = stopwatch.elapsed()
    state.withLock { state in
      state.spacing = min(longest, max(state.spacing * 2, .milliseconds(1)))
      state.next = max(state.next, now + state.spacing)
      if case .after(let delay) = retry { state.closedUntil = max(state.closedUntil, now + delay) }
    }
  }
}
