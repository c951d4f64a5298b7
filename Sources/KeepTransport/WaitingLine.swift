import KeepModel
import Synchronization

/// Lets so many through at once; who waits stands in order of urgency, and of arrival where that is alike.
package final class WaitingLine: Sendable {
  fileprivate struct State {
    /// How many places are free; fewer than none where some were occupied without asking.
    var free: Int
    var nextTicket = 0
    /// Who waits, the next at the front, with tickets of some who left meanwhile.
    var heap: [Place] = []
    var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
    var canceled: Set<Int> = []
  }

  fileprivate struct Place: Comparable {
    let urgency: Int64
    let ticket: Int
    static func < (left: Place, right: Place) -> Bool {
      (left.urgency, left.ticket) < (right.urgency, right.ticket)
    }
  }

  private let state: Mutex<State>

  /// A line before so many places, at least one.
  package init(width: Int) { self.state = Mutex(State(free: max(1, width))) }

  /// How many wait.
  package var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Waits for a place and takes it.
  ///
  /// - Parameter urgency: Who has less of it comes first, such as an earlier deadline.
  /// - Throws: `CancellationError` when the task is cancelled while it waits; no place is taken then.
  package func enter(urgency: Int64 = 0) async throws {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    // Once the handler's scope is left it cannot run any more, so the ticket need not be remembered.
    defer { state.withLock { _ = $0.canceled.remove(ticket) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let answer: Result<Void, any Error>? = state.withLock { state in
          if state.canceled.remove(ticket) != nil { return .failure(CancellationError()) }
          guard state.free <= 0 else {
            state.free -= 1
            return .success(())
          }
          state.waiting[ticket] = continuation
          state.push(Place(urgency: urgency, ticket: ticket))
          return nil
        }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      cancel(ticket)
    }
  }

  /// Takes a place whether or not one is free; others wait the longer.
  package func occupy() { state.withLock { $0.free -= 1 } }

  /// Gives a place back.
  package func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      state.free += 1
      guard state.free > 0, let next = state.next() else { return nil }
      state.free -= 1
      return next
    }
    next?.resume()
  }

  /// The value of `body`, which has a place.
  ///
  /// - Throws: as ``enter(urgency:)``, and what `body` throws.
  package func within<Value>(
    urgency: Int64 = 0, _ body: () async throws -> Value
  ) async throws -> Value {
    try await enter(urgency: urgency)
    defer { leave() }
    return try await body()
  }

  /// The ticket may not be in line yet, wait there, or have been served; only the last needs nothing.
  private func cancel(_ ticket: Int) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      if let waiter = state.waiting.removeValue(forKey: ticket) { return waiter }
      state.canceled.insert(ticket)
      return nil
    }
    waiter?.resume(throwing: CancellationError())
  }
}

extension WaitingLine.State {
  fileprivate mutating func push(_ place: WaitingLine.Place) {
    heap.append(place)
    var index = heap.count - 1
    while index > 0, heap[index] < heap[(index - 1) / 2] {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Takes the first out of the line that still waits.
  fileprivate mutating func next() -> CheckedContinuation<Void, any Error>? {
    while let place = pop() {
      if let waiter = waiting.removeValue(forKey: place.ticket) { return waiter }
    }
    return nil
  }

  private mutating func pop() -> WaitingLine.Place? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var index = 0
    while true {
      let children = [2 * index + 1, 2 * index + 2].filter { $0 < heap.count }
      guard let least = children.min(by: { heap[$0] < heap[$1] }), heap[least] < heap[index] else {
        return first
      }
      heap.swapAt(index, least)
      index = least
    }
  }
}
