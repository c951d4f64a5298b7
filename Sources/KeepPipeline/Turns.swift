import KeepModel
import Synchronization

/// Lets one at a time do something with a name; who comes later waits in a queue.
///
/// It keeps two runs of one submission, and two copies of one asset, apart within the process that holds the
/// archive's lock.
final class Turns: Sendable {
  /// Who waits for each name that someone has.
  private let queues = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

  /// The value of `body`, which has the name for itself.
  func alone<Value, Failure: Error>(
    _ name: String, _ body: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    await take(name)
    defer { give(name) }
    return try await body()
  }

  private func take(_ name: String) async {
    await withCheckedContinuation { continuation in
      let isFree = queues.withLock { queues in
        guard queues[name] != nil else {
          queues[name] = []
          return true
        }
        queues[name]?.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func give(_ name: String) {
    let next = queues.withLock { queues -> CheckedContinuation<Void, Never>? in
      guard var queue = queues[name], !queue.isEmpty else {
        queues[name] = nil
        return nil
      }
      defer { queues[name] = queue }
      return queue.removeFirst()
    }
    next?.resume()
  }
}
