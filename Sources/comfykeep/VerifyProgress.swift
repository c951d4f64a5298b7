import Glibc
import KeepModel
import Synchronization

/// How far a check of many bundles is, on standard error: a bar on a terminal, a line now and then elsewhere.
final class VerifyProgress: Sendable {
  private struct State {
    var meter: CheckMeter
    var isDrawn = false
  }

  private let style: Progress.Style
  private let state: Mutex<State>

  /// Nothing was checked yet of so many bundles with so many bytes.
  init(style: Progress.Style, bundles: Int, bytes: ByteCount) {
    self.style = style
    self.state = Mutex(State(meter: CheckMeter(bundles: bundles, bytes: bytes, start: .now)))
  }

  /// Counts bytes that were dealt with.
  func add(_ bytes: UInt64) {
    guard style != .quiet else { return }
    state.withLock { state in
      state.meter.doneBytes &+= bytes
      guard state.meter.isDue(at: .now, every: style == .live ? .milliseconds(100) : .seconds(10)) else {
        return
      }
      if style == .live { draw(&state) } else { Terminal.note(state.meter.words) }
    }
  }

  /// A bundle is done: what is to be said of it, on standard output.
  func result(_ lines: [String]) {
    state.withLock { state in
      state.meter.doneBundles += 1
      guard !lines.isEmpty else { return }
      erase(&state)
      for line in lines { Terminal.print(line) }
    }
  }

  /// Takes the bar away.
  func finish() { state.withLock { erase(&$0) } }

  private func draw(_ state: inout State) {
    erase(&state)
    Terminal.write(state.meter.bar(width: Terminal.width - 1) + "\n", STDERR_FILENO)
    state.isDrawn = true
  }

  private func erase(_ state: inout State) {
    if state.isDrawn { Terminal.write("\u{1B}[1F\u{1B}[J", STDERR_FILENO) }
    state.isDrawn = false
  }
}

/// How far a check is, in numbers and words.
struct CheckMeter {
  let bundles: Int
  let bytes: ByteCount
  var doneBundles = 0
  var doneBytes: UInt64 = 0
  private var last: ContinuousClock.Instant

  init(bundles: Int, bytes: ByteCount, start: ContinuousClock.Instant) {
    self.bundles = bundles
    self.bytes = bytes
    self.last = start
  }

  /// Whether so much time went by since it was due the last time.
  mutating func isDue(at now: ContinuousClock.Instant, every interval: Duration) -> Bool {
    guard last.duration(to: now) >= interval else { return false }
    last = now
    return true
  }

  /// `12 of 340 bundles, 1.2 GB of 33.0 GB`.
  var words: String {
    "\(doneBundles) of \(bundles) bundles, \(ByteCount(min(doneBytes, bytes.bytes))) of \(bytes)"
  }

  /// The words with a bar in front, where there is room for one.
  func bar(width: Int) -> String {
    let room = min(40, width - words.count - 4)
    guard room >= 8 else { return String(words.prefix(max(0, width))) }
    let share = bytes.bytes == 0 ? 1 : min(1, Double(doneBytes) / Double(bytes.bytes))
    let filled = Int(share * Double(room))
    return " " + String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled)
      + " \(words)"
  }
}
