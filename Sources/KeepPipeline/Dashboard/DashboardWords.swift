import KeepArchive
import KeepModel

/// How the page says things where the server says them; the script says them alike.
enum DashboardWords {
  /// `12 s`, `3 min`, `2 h 05 min`, `3 days`.
  static func span(from start: Timestamp, to end: Timestamp) -> String {
    let (whole, isOver) = end.milliseconds.subtractingReportingOverflow(start.milliseconds)
    let seconds = isOver ? 0 : max(0, whole / 1000)
    let (minutes, hours) = (seconds / 60, seconds / 3600)
    if seconds < 60 { return "\(seconds) s" }
    if hours == 0 { return "\(minutes) min" }
    if hours < 48 { return "\(hours) h \(minutes % 60 < 10 ? "0" : "")\(minutes % 60) min" }
    return "\(hours / 24) days"
  }

  /// What the headline says.
  struct Headline: Equatable {
    /// The name of its colour: `good`, `fair`, `bad`.
    var tone: String
    var word: String
    var detail: String
  }

  /// The most pressing thing first.
  static func headline(_ state: DashboardState) -> Headline {
    let lost = state.folders.filter(\.isLost).count
    if state.heartbeat.advanced(by: DashboardHealth.patience) < state.now {
      let age = span(from: state.heartbeat, to: state.now)
      return Headline(
        tone: "bad", word: "Not going round",
        detail: "The watch has not gone round for \(age). Look at its log, and start it again.")
    }
    if let held = state.held, held.needsPerson {
      return Headline(tone: "bad", word: "Held", detail: because(held, state.now))
    }
    if let paused = state.paused {
      let reason = paused.reason.map { "“\($0)”, for " } ?? "For "
      return Headline(
        tone: "fair", word: "Paused",
        detail:
          "\(reason)\(span(from: paused.since, to: state.now)). What runs goes on; nothing more is submitted."
      )
    }
    if let held = state.held {
      return Headline(tone: "fair", word: "Held", detail: because(held, state.now) + " It goes on by itself.")
    }
    guard lost == 0 else {
      return lost == state.folders.count
        ? Headline(
          tone: "bad", word: "No folder to watch",
          detail: "None of the watched folders can be read. They are looked for again by itself.")
        : Headline(
          tone: "fair", word: "Watching in part",
          detail: "\(PreviewWords.grouped(lost, "folder")) cannot be read just now.")
    }
    let settling = state.settling > 0 ? "\(PreviewWords.grouped(state.settling, "file")) settling, " : ""
    return Headline(
      tone: "good", word: "Watching",
      detail: "\(PreviewWords.grouped(state.folders.count, "folder")), \(settling)up for "
        + "\(span(from: state.startedAt, to: state.now)).")
  }

  private static func because(_ held: DashboardHold, _ now: Timestamp) -> String {
    let since = held.since.map { ", for \(span(from: $0, to: now))" } ?? ""
    return sentence(held.reason + since) + (held.hint.map { " \(sentence($0))" } ?? "")
  }

  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + "."
  }
}
