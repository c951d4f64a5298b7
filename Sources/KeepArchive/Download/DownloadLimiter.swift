import KeepModel
import Synchronization

/// How many downloads go on at once, shared between all runs that are archived together.
///
/// Who waits stands in the lane of its run, and a free permit goes to the lanes in turn: a run with a thousand
/// outputs keeps no run with two waiting for more than one permit a turn.
package final class DownloadLimiter: Sendable {
  /// One run's way to the permits.
  struct Lane: Sendable {
    fileprivate let limiter: DownloadLimiter
    fileprivate let number: Int

    /// Runs `body` while holding a permit; within a lane they are given out in the order of asking.
    ///
    /// - Throws: ``KeepError`` with code `interrupted` when cancelled while waiting, and what `body` throws.
    func withPermit<Value>(_ body: () async throws -> Value) async throws -> Value {
      try await limiter.acquire(number)
      defer { limiter.release() }
      return try await body()
    }
  }

  private typealias Waiter = (ticket: Int, continuation: CheckedContinuation<Void, any Error>)

  private struct State {
    var free: Int
    var lanes = 0
    var nextTicket = 0
    /// Who waits, by lane; a lane without anyone is left out.
    var waiting: [Int: [Waiter]] = [:]
    /// The lanes where someone waits, the next to be served first.
    var turn: [Int] = []
    var canceled: Set<Int> = []

    mutating func append(_ waiter: Waiter, to lane: Int) {
      if waiting[lane] == nil { turn.append(lane) }
      waiting[lane, default: []].append(waiter)
    }

    mutating func next() -> Waiter? {
      guard let lane = turn.first, var queue = waiting[lane], !queue.isEmpty else { return nil }
      let waiter = queue.removeFirst()
      turn.removeFirst()
      if !queue.isEmpty { turn.append(lane) }
      waiting[lane] = queue.isEmpty ? nil : queue
      return waiter
    }

    mutating func remove(ticket: Int, from lane: Int) -> Waiter? {
      guard let place = waiting[lane]?.firstIndex(where: { $0.ticket == ticket }) else { return nil }
      let waiter = waiting[lane]?.remove(at: place)
      if waiting[lane]?.isEmpty == true {
        waiting[lane] = nil
        turn.removeAll { $0 == lane }
      }
      return waiter
    }
  }

  /// The number of permits.
  package let limit: Int
  private let state: Mutex<State>

  /// Gives out at most `limit` permits at a time.
  package init(limit: Int = 8) {
    self.limit = max(1, limit)
    self.state = Mutex(State(free: max(1, limit)))
  }

  /// How many wait.
  var waitingCount: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

  /// A lane of its own, for one run.
  func lane() -> Lane {
    let number = state.withLock { state in
      state.lanes += 1
      return state.lanes
    }
    return Lane(limiter: self, number: number)
  }

  private func acquire(_ lane: Int) async throws {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    // Once the handler's scope is left it cannot run any more, so the ticket need not be remembered.
    defer { state.withLock { _ = $0.canceled.remove(ticket) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enqueue(continuation, ticket, lane)
      }
    } onCancel: {
      cancel(ticket, lane)
    }
  }

  private func enqueue(_ continuation: CheckedContinuation<Void, any Error>, _ ticket: Int, _ lane: Int) {
    let answer: Result<Void, any Error>? = state.withLock { state in
      if state.canceled.remove(ticket) != nil { return .failure(KeepError.stopped) }
      guard state.free > 0 else {
        state.append((ticket, continuation), to: lane)
        return nil
      }
      state.free -= 1
      return .success(())
    }
    if let answer { continuation.resume(with: answer) }
  }

  /// The ticket may not be queued yet, be waiting, or have been served; only the last needs nothing.
  private func cancel(_ ticket: Int, _ lane: Int) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      if let waiter = state.remove(ticket: ticket, from: lane) { return waiter.continuation }
      state.canceled.insert(ticket)
      return nil
    }
    waiter?.resume(throwing: KeepError.stopped)
  }

  private func release() {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      if let next = state.next() { return next.continuation }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}

extension KeepError {
  /// Stopped by the user or by a failure elsewhere.
  static let stopped = KeepError(.interrupted, .none, "the downloads were stopped")
}
