internal import Synchronization

/// Whether any byte of a body was ever taken to be sent: what never left can have left nothing behind.
final class SentMark: Sendable {
  private let isMade = Mutex(false)

  /// Whether a byte was taken.
  var isSet: Bool { isMade.withLock { $0 } }

  /// Progress that sets the mark and is passed on.
  func noting(_ progress: @escaping @Sendable (UInt64) -> Void) -> @Sendable (UInt64) -> Void {
    { sent in
      self.isMade.withLock { $0 = true }
      progress(sent)
    }
  }
}
