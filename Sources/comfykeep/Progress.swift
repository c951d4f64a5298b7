import Glibc
import KeepModel
import KeepPipeline
import Synchronization

/// Progress on standard error: one redrawn block on a terminal, plain lines elsewhere.
///
/// The block shows each run under way (state, queue position, bytes) and an overall count. It is drawn over
/// itself; what stays is printed above it.
final class Progress: Sendable {
  /// How progress is shown.
  enum Style: Sendable {
    case live
    case lines
    case quiet
  }

  private struct State {
    var total = 0
    var done = 0
    var rows: [Int: (label: String, words: String)] = [:]
    var words: [Int: String] = [:]
    var drawn = 0
  }

  /// How many runs under way are drawn; a sweep may follow thousands.
  private static let maximumRows = 16

  private let style: Style
  private let state = Mutex(State())

  init(style: Style) { self.style = style }

  /// Tells how many runs there are.
  func begin(count: Int) async {
    state.withLock { $0.total = count }
    if style == .lines, count > 1 { Terminal.note("\(count) runs") }
  }

  /// Whether there are runs yet; before, nothing can have been submitted.
  var hasBegun: Bool { state.withLock { $0.total > 0 } }

  /// A line of results, on standard output.
  func result(_ line: String) {
    state.withLock { state in
      erase(&state)
      Terminal.print(line)
      draw(&state)
    }
  }

  /// A line that stays.
  func note(_ text: String) {
    guard style != .quiet else { return }
    state.withLock { state in
      erase(&state)
      Terminal.note(Terminal.safe(text))
      draw(&state)
    }
  }

  /// Shows what happened to a run.
  func show(_ event: PipelineEvent) async {
    guard style != .quiet else { return }
    let label = Terminal.safe(event.label)
    state.withLock { state in
      switch event.change {
      case .ended(let outcome):
        state.done += 1
        state.rows[event.index] = nil
        stay(&state, "\(count(state))\(label): \(Self.words(outcome))")
      case .stored(let place):
        state.rows[event.index] = nil
        stay(&state, "\(label): is in the store now, \(Terminal.safe(place))")
      case .note(let text):
        if event.index < 0 { state.rows[event.index] = nil }
        let line = "\(label): \(Terminal.safe(text))"
        if state.words.updateValue(line, forKey: event.index) != line { stay(&state, line) }
      default:
        let words = Self.words(event.change)
        state.rows[event.index] = (label, words.live)
        if style == .lines, let line = words.line, state.words[event.index] != line {
          state.words[event.index] = line
          stay(&state, "\(label): \(line)")
        }
      }
      erase(&state)
      draw(&state)
    }
  }

  /// Takes the block away and sums up.
  func finish(_ outcomes: [SubmissionOutcome]) {
    state.withLock { erase(&$0) }
    guard style != .quiet, outcomes.count > 1 else { return }
    var counts: [(word: String, count: Int)] = []
    for state in SubmissionOutcome.State.allCases {
      // Those that a person's stop ended are summed up in words of their own.
      for outcome in outcomes where outcome.state == state && !outcome.isStopped {
        let word = OutcomeText.word(outcome)
        if let place = counts.firstIndex(where: { $0.word == word }) {
          counts[place].count += 1
        } else {
          counts.append((word, 1))
        }
      }
    }
    guard !counts.isEmpty else { return }
    let before = outcomes.count { $0.wasKeptAlready && $0.sameAs == nil }
    Terminal.note(
      counts.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
        + (before > 0 ? " (\(before) from before)" : ""))
  }

  private func stay(_ state: inout State, _ line: String) {
    erase(&state)
    Terminal.note(line)
  }

  private func count(_ state: State) -> String {
    state.total > 1 ? "[\(state.done)/\(state.total)] " : ""
  }

  private func erase(_ state: inout State) {
    guard style == .live, state.drawn > 0 else { return }
    Terminal.write("\u{1B}[\(state.drawn)F\u{1B}[J", STDERR_FILENO)
    state.drawn = 0
  }

  private func draw(_ state: inout State) {
    guard style == .live, !state.rows.isEmpty else { return }
    let width = Terminal.width - 1
    let rows = state.rows.sorted { $0.key < $1.key }
    var lines = rows.prefix(Self.maximumRows).map {
      Self.row($0.value.label, $0.value.words, width: width)
    }
    if rows.count > Self.maximumRows { lines.append(" · and \(rows.count - Self.maximumRows) more") }
    if state.total > 1 { lines.append(" \(state.done) of \(state.total) done") }
    Terminal.write(lines.map { $0 + "\n" }.joined(), STDERR_FILENO)
    state.drawn = lines.count
  }
}

extension Progress {
  /// A drawn line: where it is too long the name is shortened in its middle, and what happens is still told.
  static func row(_ label: String, _ words: String, width: Int) -> String {
    let room = max(8, width - words.count - 5)
    let name =
      label.count <= room
      ? label : "\(label.prefix((room - 1) / 2))…\(label.suffix(room - 1 - (room - 1) / 2))"
    return String(" · \(name): \(words)".prefix(width))
  }

  /// What is drawn, and what is printed where nothing can be drawn; bytes are only drawn.
  private static func words(_ change: PipelineEvent.Change) -> (live: String, line: String?) {
    switch change {
    case .uploading(let name, let sent, let size):
      ("uploading \(Terminal.safe(name)), \(sent) of \(size)", "uploading \(Terminal.safe(name)), \(size)")
    case .submitting(let size): ("submitting \(size)", "submitting \(size)")
    case .submitted(let request): ("submitted", "submitted as \(request)")
    case .resumed(let request): ("following \(request)", "was submitted before, following \(request)")
    case .status(let status): both(Self.words(status))
    case .downloading(let done, let total, let bytes):
      ("downloading, \(done) of \(total) files, \(bytes)", nil)
    case .storing(let sent, let size): ("storing, \(sent) of \(size)", "storing \(size)")
    case .stored(let place): both(place)
    case .note(let text): both(text)
    case .ended(let outcome): both(words(outcome))
    }
  }

  /// What is printed where nothing is drawn; `nil` for nothing.
  static func line(of change: PipelineEvent.Change) -> String? { words(change).line }

  /// The beginning of a reason, which is told in full at the end.
  private static func shortened(_ reason: String) -> String {
    reason.count > 60 ? "\(reason.prefix(59))…" : reason
  }

  private static func both(_ text: String) -> (live: String, line: String?) { (text, text) }

  private static func words(_ status: RequestStatus) -> String {
    switch status.phase {
    case .queued: status.queuePosition.map { "in queue, position \($0)" } ?? "in queue"
    case .running: "running"
    case .finished: "finished"
    case .failed: "failed"
    case .canceled: "canceled"
    case .unknown: "the service says \(Terminal.safe(status.word))"
    }
  }

  private static func words(_ outcome: SubmissionOutcome) -> String {
    let word = OutcomeText.word(outcome)
    if let first = outcome.sameAs { return "\(word), same as \(Terminal.safe(first))" }
    if outcome.isStopped {
      return outcome.request.map { "\(outcome.error?.reason ?? "left"), request \($0)" } ?? "never submitted"
    }
    if outcome.state == .rejected, let error = outcome.error {
      return "\(word): \(Terminal.safe(shortened(error.reason)))"
    }
    guard outcome.isKept, outcome.aside == nil else { return word }
    let store =
      outcome.storeError != nil
      ? outcome.bundle == nil && outcome.stored != nil ? ", in another store" : ", waits for the store"
      : outcome.stored == nil ? "" : ", in the store"
    guard outcome.outputs > 0 else { return "\(word), its record is kept\(store)" }
    let outputs = outcome.outputs == 1 ? "1 output" : "\(outcome.outputs) outputs"
    return (outcome.wasKeptAlready ? "\(word) before, nothing submitted" : "\(word), \(outputs)") + store
  }
}
