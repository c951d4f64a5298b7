import Dispatch
import Glibc

/// Signals that are handed to a closure, on some thread, in place of what they do by default.
struct SignalSources {
  private let sources: [any DispatchSourceSignal]

  /// Takes these signals from now on; of them SIGHUP only where it is not ignored.
  init(_ numbers: [Int32], _ onSignal: @escaping @Sendable (Int32) -> Void) {
    self.sources = numbers.filter { $0 != SIGHUP || !Self.isIgnored($0) }.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { onSignal(number) }
      source.resume()
      return source
    }
  }

  /// Stops listening; the signals are ignored then.
  func stop() { for source in sources { source.cancel() } }

  /// Whether whoever started the process wants it to outlive a signal, as `nohup` does.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
