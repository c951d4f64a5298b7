import KeepModel
import Synchronization

/// Lets one task wait for a poke, however many come.
final class Wakeup: Sendable {
  private struct State {
    var isPoked = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Ends the wait that goes on, or the next one.
  func poke() {
    let waiter = state.withLock { state in
      defer { state.waiter = nil }
      if state.waiter == nil { state.isPoked = true }
      return state.waiter
    }
    waiter?.resume()
  }

  /// Waits for a poke, for a while, or until a person wants to stop.
  func wait(_ limit: Duration, _ clock: any Clock<Duration>, _ interruption: Interruption) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await clock.sleep(for: limit) }
      group.addTask { await interruption.wait() }
      group.addTask { await self.poked() }
      await group.next()
      group.cancelAll()
    }
  }

  /// Waits for a poke, or to be cancelled. A stream would not do: one whose reader was cancelled is over for good.
  private func poked() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          // A poke that comes while the wait is over is for the next one.
          if Task.isCancelled { return true }
          if state.isPoked {
            state.isPoked = false
            return true
          }
          state.waiter = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }
}
