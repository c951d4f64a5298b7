import KeepModel

/// Whether the watch goes round, for what asks `/healthz`.
///
/// It is unhealthy only where a person must act: its work has stopped going round, it is held by something that does not
/// pass by itself, or no folder at all can be read. A pause, a service that is down, a daily limit and a broken recipe in
/// one of the folders are no illness.
struct DashboardHealth: Sendable, Equatable {
  /// How old a heartbeat may be.
  static let patience: Duration = .seconds(60)

  /// What is wrong; nothing where all is well.
  let complaints: [String]

  init(_ state: DashboardState, now: Timestamp) {
    var complaints: [String] = []
    if state.heartbeat.advanced(by: Self.patience) < now {
      let seconds = (now.milliseconds - state.heartbeat.milliseconds) / 1000
      complaints.append("the watch has not gone round for \(seconds) s: look at its log, and start it again")
    }
    if let held = state.held, held.needsPerson, !held.isPartial {
      complaints.append("nothing is submitted: \(held.reason)\(held.hint.map { "; \($0)" } ?? "")")
    }
    if !state.folders.isEmpty, state.folders.allSatisfy(\.isLost) {
      complaints.append("no watched folder can be read: \(state.folders.map(\.path).joined(separator: ", "))")
    }
    self.complaints = complaints.map(DashboardText.visible)
  }

  var reply: DashboardReply {
    let lines = complaints.isEmpty ? ["ok"] : complaints
    let text = lines.map { "\($0)\n" }.joined()
    return DashboardReply(complaints.isEmpty ? 200 : 503, type: DashboardReply.text, Array(text.utf8))
  }
}
