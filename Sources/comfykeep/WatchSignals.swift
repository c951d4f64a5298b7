import Glibc
import Synchronization

/// The signals of a command that runs until it is told to stop: SIGTERM and Ctrl-C ask it to stop, and another of
/// them ends it at once with status 130; SIGHUP asks it to read its recipes again.
///
/// SIGHUP also comes when a terminal is closed. What was started in that terminal is then asked to stop, since
/// nobody would see any more what it does and spends; under `nohup`, SIGHUP stays ignored.
final class WatchSignals {
  private let sources: SignalSources

  /// Listens from now on; the closures are called on some thread, `onStop` once at most.
  init(onStop: @escaping @Sendable () -> Void, onReload: @escaping @Sendable () -> Void) {
    let tally = SharedWatchTally()
    self.sources = SignalSources([SIGINT, SIGTERM, SIGHUP]) { number in
      switch tally.wish(number) {
      case .stop: onStop()
      case .quit: _exit(130)
      case .reload: onReload()
      case .none: break
      }
    }
  }

  /// Stops listening; the signals are ignored then.
  func stop() { sources.stop() }
}

/// What each signal that comes to a watch asks for.
struct WatchTally {
  /// What is asked for.
  enum Wish {
    case stop
    case quit
    case reload
    case none
  }

  private let hadTerminal: Bool
  private var tally = SignalTally()
  private var reload: ContinuousClock.Instant?

  /// Nothing has come yet.
  ///
  /// - Parameter hasTerminal: Whether the process belongs to a terminal at first.
  init(hasTerminal: Bool) { self.hadTerminal = hasTerminal }

  /// What a signal asks for, given whether the process still belongs to a terminal.
  mutating func wish(_ number: Int32, at instant: ContinuousClock.Instant, hasTerminal: Bool) -> Wish {
    guard number == SIGHUP, hasTerminal || !hadTerminal else {
      switch tally.wish(number, at: instant) {
      case .stop: return .stop
      case .quit: return .quit
      case .none: return .none
      }
    }
    if let reload, reload.duration(to: instant) < SignalTally.echo { return .none }
    reload = instant
    return .reload
  }
}

private final class SharedWatchTally: Sendable {
  private let tally = Mutex(WatchTally(hasTerminal: Terminal.isControlling))

  func wish(_ number: Int32) -> WatchTally.Wish {
    let hasTerminal = Terminal.isControlling
    return tally.withLock { $0.wish(number, at: .now, hasTerminal: hasTerminal) }
  }
}
