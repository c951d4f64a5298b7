package import KeepModel
import Synchronization

/// Spaces the calls of all trackers of a program, the more the more often the service says "too fast".
package final class PollLimiter: Sendable {
  private struct State {
    var spacing: Duration
    var next: Duration = .zero
    var closedUntil: Duration = .zero
  }

  private let stopwatch: Stopwatch
  private let shortest: Duration
  private let longest: Duration
  private let state: Mutex<State>

  /// At most one call each `spacing`, which doubles up to `longest` with each "too fast" and shrinks
  /// slowly again.
  package init(
    clock: any Clock<Duration>, spacing: Duration = .milliseconds(100),
    longest: Duration = .seconds(30)
  ) {
    self.stopwatch = Stopwatch(clock)
    self.shortest = spacing
    self.longest = longest
    self.state = Mutex(State(spacing: spacing))
  }

  /// The spacing in force.
  package var spacing: Duration { state.withLock { $0.spacing } }

  /// Takes the next free turn and returns how long it is until then.
  package func take() -> Duration {
    let now = stopwatch.elapsed()
    return state.withLock { state in
      let turn = max(now, state.next, state.closedUntil)
      state.next = turn + state.spacing
      return turn - now
    }
  }

  /// Whether nobody may ask now: whoever waited for a turn takes another.
  package var isClosed: Bool {
    let now = stopwatch.elapsed()
    return state.withLock { $0.closedUntil > now }
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
      if case .after(let delay) = retry { state.closedUntil = max(state.closedUntil, now + delay) }
    }
  }
}
