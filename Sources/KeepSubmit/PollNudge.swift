import Synchronization

/// A hint that asking is worth while now. It says nothing of the run itself, since whoever gives it may lie.
package final class PollNudge: Sendable {
  fileprivate struct State {
    var isGiven = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  package init() {}

  /// Gives the hint; one that nobody waits for is kept for the next to wait.
  package func give() {
    let waiter = state.withLock { state in
      state.isGiven = state.waiter == nil
      return state.takeWaiter()
    }
    waiter?.resume()
  }

  /// Returns once a hint is given, or when cancelled. For one caller at a time.
  package func next() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.isGiven || Task.isCancelled {
            state.isGiven = false
            return true
          }
          state.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.takeWaiter() }?.resume()
    }
  }
}

extension PollNudge.State {
  fileprivate mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
    defer { waiter = nil }
    return waiter
  }
}
