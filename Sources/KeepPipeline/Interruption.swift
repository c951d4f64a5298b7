import KeepModel
import Synchronization

/// A person's wish to stop, as a flag that can be waited for.
///
/// Raising it never tears a submit apart: what is being sent is sent, its request id recorded; nothing new is
/// submitted, and waiting ends. Cancelling a task would cut a transfer and leave it in doubt.
public final class Interruption: Sendable {
  private struct State {
    var isRaised = false
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var next = 0
  }

  private let state = Mutex(State())

  /// Nothing was asked yet.
  public init() {}

  /// Whether it was raised.
  public var isRaised: Bool { state.withLock { $0.isRaised } }

  /// Raises it; later calls change nothing.
  public func raise() {
    let waiters = state.withLock { state in
      state.isRaised = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when it is raised, or when the task is cancelled.
  public func wait() async {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard !state.isRaised, !Task.isCancelled else { return true }
          state.waiters[number] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
    }
  }

  /// The value of `body`, or `nil` when the interruption is raised first; `body` is cancelled then, and its
  /// value or failure counts all the same if it comes to one.
  package func orValue<Value: Sendable>(
    of body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        await self.wait()
        return nil
      }
      defer { group.cancelAll() }
      if let value = try await group.next().flatMap({ $0 }) { return value }
      group.cancelAll()
      do {
        return try await group.next().flatMap { $0 }
      } catch is CancellationError {
        return nil
      } catch let error as KeepError where error.code == .interrupted {
        return nil
      }
    }
  }
}
