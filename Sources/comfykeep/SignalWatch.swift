import Glibc
import Synchronization

/// Ctrl-C, SIGTERM and a closed terminal: the first asks to stop, the second ends the process at once with
/// status 130.
final class SignalWatch {
  private let sources: SignalSources

  init(_ onFirst: @escaping @Sendable () -> Void) {
    let tally = SharedTally()
    self.sources = SignalSources([SIGINT, SIGTERM, SIGHUP]) { number in
      switch tally.wish(number) {
      case .stop: onFirst()
      case .quit: _exit(130)
      case .none: break
      }
    }
  }

  /// Stops watching.
  func stop() { sources.stop() }
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

  /// Two of the same signal are one wish within this time.
  static let echo = Duration.milliseconds(200)

  private var last: (number: Int32, instant: ContinuousClock.Instant)?

  mutating func wish(_ number: Int32, at instant: ContinuousClock.Instant) -> Wish {
    guard let last else {
      self.last = (number, instant)
      return .stop
    }
    return last.number == number && last.instant.duration(to: instant) < Self.echo ? .none : .quit
  }
}

private final class SharedTally: Sendable {
  private let tally = Mutex(SignalTally())
  func wish(_ number: Int32) -> SignalTally.Wish { tally.withLock { $0.wish(number, at: .now) } }
}
