import Synchronization

/// What stores cannot do and is done without, to be told once by whoever comes first.
final class StoreNotes: Sendable {
  private let state = Mutex((waiting: [String](), known: Set<String>()))

  /// Takes a note; the same one again is none.
  func add(_ text: String) {
    state.withLock { state in
      if state.known.insert(text).inserted { state.waiting.append(text) }
    }
  }

  /// Those that nobody has taken yet, in their order.
  func take() -> [String] {
    state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
  }
}
