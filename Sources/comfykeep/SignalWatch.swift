import Dispatch
import Glibc
import Synchronization

/// Ctrl-C, SIGTERM and a closed terminal: the first asks to stop, the second ends the process at once with
/// status 130.
final class SignalWatch {
  private let sources: [any DispatchSourceSignal]

  init(_ onFirst: @escaping @Sendable () -> Void) {
    let tally = SharedTally()
    self.sources = [SIGINT, SIGTERM, SIGHUP].filter { $0 != SIGHUP || !Self.isIgnored($0) }.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        switch tally.wish(number) {
        case .stop: onFirst()
        case .quit: _exit(130)
        case .none: break
        }
      }
      source.resume()
      return source
    }
  }

  /// Stops watching.
  func stop() { for source in sources { source.cancel() } }

  /// Whether whoever started the process wants it to outlive a signal, as `nohup` does.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

/// What each signal that comes asks for.
///
/// The same signal twice within 200 ms is one wish: `timeout` and a process group send it to the process and to
/// everyone around it.
struct SignalTally {
  /// What is asked for.
  enum Wish {
    case stop
    case quit
    case none
  }

  private var last: (number: Int32, instant: ContinuousClock.Instant)?

  mutating func wish(_ number: Int32, at instant: ContinuousClock.Instant) -> Wish {
    guard let last else {
      self.last = (number, instant)
      return .stop
    }
    return last.number == number && last.instant.duration(to: instant) < .milliseconds(200) ? .none : .quit
  }
}

private final class SharedTally: Sendable {
  private let tally = Mutex(SignalTally())
  func wish(_ number: Int32) -> SignalTally.Wish { tally.withLock { $0.wish(number, at: .now) } }
}
