import KeepModel
import Synchronization

/// How many downloads go on at once, shared between all runs that are archived together.
package final class DownloadLimiter: Sendable {
  private struct State {
    var free: Int
    var nextTicket = 0
    var waiting: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    var canceled: Set<Int> = []
  }

  /// The number of permits.
  package let limit: Int
  private let state: Mutex<State>

  /// Gives out at most `limit` permits at a time.
  package init(limit: Int = 8) {
    self.limit = max(1, limit)
    self.state = Mutex(State(free: max(1, limit)))
  }

  /// Runs `body` while holding a permit, which is given out in the order of asking.
  ///
  /// - Throws: ``KeepError`` with code `interrupted` when cancelled while waiting, and what `body` throws.
  func withPermit<Value>(_ body: () async throws -> Value) async throws -> Value {
    try await acquire()
    defer { release() }
    return try await body()
  }

  private func acquire() async throws {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    // Once the handler's scope is left it cannot run any more, so the ticket need not be remembered.
    defer { state.withLock { _ = $0.canceled.remove(ticket) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enqueue(continuation, ticket)
      }
    } onCancel: {
      cancel(ticket)
    }
  }

  private func enqueue(_ continuation: CheckedContinuation<Void, any Error>, _ ticket: Int) {
    let answer: Result<Void, any Error>? = state.withLock { state in
      if state.canceled.remove(ticket) != nil { return .failure(KeepError.stopped) }
      guard state.free > 0 else {
        state.waiting.append((ticket, continuation))
        return nil
      }
      state.free -= 1
      return .success(())
    }
    if let answer { continuation.resume(with: answer) }
  }

  /// The ticket may not be queued yet, be waiting, or have been served; only the last needs nothing.
  private func cancel(_ ticket: Int) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
        state.canceled.insert(ticket)
        return nil
      }
      return state.waiting.remove(at: place).continuation
    }
    waiter?.resume(throwing: KeepError.stopped)
  }

  private func release() {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    next?.resume()
  }
}

extension KeepError {
  /// Stopped by the user or by a failure elsewhere.
  static let stopped = KeepError(.interrupted, .none, "the downloads were stopped")
}
