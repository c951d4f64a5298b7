import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// What `list --due` tells: what the service deletes soon and nobody has kept.
struct DueReport {
  let archive: Archive
  let retention: Duration
  let json: Bool

  /// Shows what is due, the nearest deadline first.
  ///
  /// - Throws: ``ExitCode`` 23 where anything is due, 31 where the time of a run is over; ``KeepError``.
  func show(within span: Duration) async throws {
    let now = SystemTime.now()
    let end = now.advanced(by: span)
    let due = try await archive.openRuns().filter { $0.deadline(after: retention) <= end }
    let entries = try await archive.entries()
    let byKey = Dictionary(
      entries.compactMap { entry in entry.key.map { ($0, entry) } }, uniquingKeysWith: { first, _ in first })
    let byRequest = Dictionary(
      entries.compactMap { entry in entry.request.map { ($0, entry) } },
      uniquingKeysWith: { first, _ in first })
    for run in due {
      let entry = run.key.flatMap { byKey[$0] } ?? run.request.flatMap { byRequest[$0.id] }
      guard let entry else { continue }
      let deadline = run.deadline(after: retention)
      Terminal.print(json ? object(run, entry, deadline, now) : row(run, entry, deadline, now))
    }
    guard !due.isEmpty else {
      if !json { Terminal.note("nothing is due within \(span.timeText)") }
      return
    }
    let over = due.count { $0.deadline(after: retention) <= now }
    if !json {
      let lost = over == 0 ? "" : ", \(over) past the time that the service keeps results"
      Terminal.note("\(due.count) due\(lost)")
      Terminal.note("hint: comfykeep sweep keeps what is finished; resolve settles what is in doubt")
    }
    let code: KeepError.Code = over > 0 ? .expired : .unfinished
    throw ExitCode(code.exitStatus)
  }

  private func row(_ run: OpenRun, _ entry: LedgerEntry, _ deadline: Timestamp, _ now: Timestamp) -> String {
    let left = Duration.milliseconds(deadline.milliseconds - now.milliseconds)
    let words = left > .zero ? "\(Self.words(left)) left" : "over"
    return Terminal.safe("\(deadline.minute)  \(words)  ") + EntryText.row(entry, nil)
  }

  private func object(
    _ run: OpenRun, _ entry: LedgerEntry, _ deadline: Timestamp, _ now: Timestamp
  ) -> String {
    JSONReport.line(
      "due",
      [
        ("submission_key", .optional(run.key?.rawValue)),
        ("request_id", .optional(run.request?.id.rawValue)),
        ("deployment_id", .string(run.deployment.rawValue)), ("state", .string(entry.state.word)),
        ("inputs", .array(entry.inputs.map { .string($0.string) })),
        ("finished_at", .optional(run.finishedAt?.description)),
        ("deadline", .string(deadline.description)), ("is_over", .bool(deadline <= now)),
      ])
  }

  /// A length of time, rounded down to its two largest units: `1d 4h`, `3h 20m`, `12m`.
  static func words(_ span: Duration) -> String {
    let minutes = span.components.seconds / 60
    let (days, hours) = (minutes / 1440, minutes / 60 % 24)
    if days > 0 { return "\(days)d \(hours)h" }
    return hours > 0 ? "\(hours)h \(minutes % 60)m" : "\(minutes)m"
  }
}
