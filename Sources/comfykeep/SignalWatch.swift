import Dispatch
import Glibc
private import Synchronization

/// Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once with status 130.
final class SignalWatch {
  private let sources: [any DispatchSourceSignal]

  init(_ onFirst: @escaping @Sendable () -> Void) {
    let count = SignalCount()
    self.sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if count.next() == 1 { onFirst() } else { _exit(130) }
      }
      source.resume()
      return source
    }
  }

  /// Stops watching.
  func stop() { for source in sources { source.cancel() } }
}

private final class SignalCount: Sendable {
  private let count = Mutex(0)
  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}
