import Synchronization

/// The open connections of a listener. There is always room for one more: the one that has been reading its request for
/// longest goes for it, so that two hundred slow senders keep nobody out.
final class WebhookConnections: Sendable {
  private struct Connection {
    let number: Int
    let close: @Sendable () -> Void
    /// Whether a whole delivery is with the taker; then it is not closed for another one.
    var isAnswering = false
  }

  private struct State {
    var open: [ObjectIdentifier: Connection] = [:]
    var next = 0
    var isOver = false
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = max(1, limit) }

  /// Adds a connection; closes the oldest one that is not being answered, or this one, where there are too many.
  func admit(_ id: ObjectIdentifier, close: @escaping @Sendable () -> Void) {
    let surplus = state.withLock { state in
      guard !state.isOver else { return Connection?.some(Connection(number: 0, close: close)) }
      state.open[id] = Connection(number: state.next, close: close)
      state.next += 1
      guard state.open.count > limit else { return Connection?.none }
      let oldest = state.open.filter { !$0.value.isAnswering }.min { $0.value.number < $1.value.number }
      return oldest.flatMap { state.open.removeValue(forKey: $0.key) }
    }
    surplus?.close()
  }

  /// Notes whether a connection's delivery is with the taker.
  func setAnswering(_ id: ObjectIdentifier, _ isAnswering: Bool) {
    state.withLock { $0.open[id]?.isAnswering = isAnswering }
  }

  /// Closes a connection unless its delivery is with the taker.
  func closeUnlessAnswering(_ id: ObjectIdentifier) {
    let late = state.withLock { state in
      state.open[id]?.isAnswering == false ? state.open.removeValue(forKey: id) : nil
    }
    late?.close()
  }

  /// Closes all, and each one that comes later.
  func end() {
    let open = state.withLock { state in
      defer { state.open = [:] }
      state.isOver = true
      return Array(state.open.values)
    }
    for connection in open { connection.close() }
  }

  /// Forgets a connection that is closed.
  func forget(_ id: ObjectIdentifier) {
    state.withLock { _ = $0.open.removeValue(forKey: id) }
  }

  /// How many are open.
  var count: Int { state.withLock { $0.open.count } }
}
