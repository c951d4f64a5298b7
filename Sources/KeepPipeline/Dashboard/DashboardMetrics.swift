import KeepModel

/// The state as Prometheus reads it: the text exposition format, version 0.0.4.
struct DashboardMetrics: Sendable {
  static let type = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  private enum Kind: String {
    case counter
    case gauge
  }

  private struct Sample {
    var labels: KeyValuePairs<StaticString, String> = [:]
    var value: String
  }

  init(_ state: DashboardState) {
    write(
      .gauge, "build_info", "The program's version.", [Sample(labels: ["version": state.version], value: "1")]
    )
    times(state)
    write(.gauge, "paused", "Whether a person has paused the watch.", flag(state.paused != nil))
    write(
      .gauge, "held", "Whether nothing is submitted for a reason that no person chose.",
      flag(state.held != nil))
    write(
      .gauge, "needs_person", "Whether nothing is submitted until a person does something.",
      flag(state.held?.needsPerson == true))
    files(state)
    use(state)
  }

  private mutating func times(_ state: DashboardState) {
    write(
      .gauge, "start_time_seconds", "When the watch began, in seconds since 1970.", seconds(state.startedAt))
    write(
      .gauge, "heartbeat_timestamp_seconds", "When the watch last went round, in seconds since 1970.",
      seconds(state.heartbeat))
    write(
      .gauge, "oldest_waiting_timestamp_seconds",
      "Since when the file waits that has waited for longest, in seconds since 1970.",
      state.waiting.map(\.since).min().map(seconds) ?? [])
    write(
      .gauge, "nearest_deadline_timestamp_seconds",
      "When the service deletes the next outputs that are not kept, in seconds since 1970.",
      state.deadlines.map(\.at).min().map(seconds) ?? [])
  }

  private mutating func files(_ state: DashboardState) {
    let counts = state.counts
    let states: [(DashboardItem.State, Int)] = [
      (.waiting, counts.waiting), (.running, counts.running), (.kept, counts.kept), (.failed, counts.failed),
      (.skipped, counts.skipped), (.inDoubt, counts.inDoubt),
    ]
    write(
      .gauge, "files", "Files by where they stand.",
      states.map { Sample(labels: ["state": $0.rawValue], value: "\($1)") })
    write(.gauge, "settling_files", "Files that were seen and are not settled yet.", number(state.settling))
    write(
      .gauge, "folder_up", "Whether a watched folder can be read.",
      state.folders.map { folder in
        Sample(
          labels: ["folder": folder.path, "mode": folder.mode.rawValue], value: folder.isLost ? "0" : "1")
      })
  }

  private mutating func use(_ state: DashboardState) {
    let (today, totals) = (state.today, state.totals)
    write(.gauge, "today_runs", "Runs submitted since midnight UTC.", number(today.runs))
    write(
      .gauge, "today_runs_limit", "How many runs a day may have.", today.runLimit.map { number($0) } ?? [])
    write(.gauge, "today_sent_bytes", "Bytes sent since midnight UTC.", number(today.sent.bytes))
    write(
      .gauge, "today_sent_bytes_limit", "How many bytes a day may be sent.",
      today.sentLimit.map { number($0.bytes) } ?? [])
    write(.counter, "files_total", "Files taken since the archive began.", number(totals.files))
    write(.counter, "runs_total", "Runs submitted since the archive began.", number(totals.runs))
    write(.counter, "sent_bytes_total", "Bytes sent since the archive began.", number(totals.sent.bytes))
    write(.counter, "outputs_total", "Outputs kept since the archive began.", number(totals.outputs))
    write(.counter, "kept_bytes_total", "Bytes kept since the archive began.", number(totals.kept.bytes))
  }

  // MARK: - Lines

  private func flag(_ value: Bool) -> [Sample] { [Sample(value: value ? "1" : "0")] }
  private func number(_ value: some BinaryInteger) -> [Sample] { [Sample(value: "\(value)")] }
  private func seconds(_ time: Timestamp) -> [Sample] {
    [Sample(value: "\(Double(time.milliseconds) / 1000)")]
  }

  /// Nothing at all of a metric that has no sample.
  private mutating func write(_ kind: Kind, _ name: StaticString, _ help: StaticString, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    text += "# HELP comfykeep_\(name) \(help)\n# TYPE comfykeep_\(name) \(kind.rawValue)\n"
    // The same labels twice would make the whole answer invalid, as two folders shown alike would.
    var seen: Set<String> = []
    for sample in samples {
      let labels = sample.labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
      guard seen.insert(labels).inserted else { continue }
      text += "comfykeep_\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
    }
  }

  /// A label's value: backslash, quote and line feed have a backslash before them.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\".unicodeScalars
      case "\"": result += "\\\"".unicodeScalars
      case "\n": result += "\\n".unicodeScalars
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
