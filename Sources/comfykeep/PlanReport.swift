import KeepModel
import KeepPipeline
import SystemPackage

/// What `plan` prints: a line, or with `--json` an object, for each run, and the sums.
struct PlanReport {
  let plan: RunPlan
  let outlooks: [RunOutlook?]
  /// What lies at upload targets already.
  let uploaded: [UploadRecord]
  /// Why `run` would submit nothing of it.
  let refusal: KeepError?
  let json: Bool
  let showsBody: Bool

  /// Tells what was passed over, and what is worth saying about all runs.
  func tellAside() {
    for skipped in plan.skipped {
      Terminal.note(Terminal.safe("\(skipped.path.string): \(skipped.reason)"))
      guard json else { continue }
      Terminal.print(
        JSONReport.line(
          "skipped", [("path", .string(skipped.path.string)), ("reason", .string(skipped.reason))]))
    }
    for warning in plan.warnings { Terminal.note(Terminal.safe(warning)) }
  }

  /// Shows one run.
  func show(_ run: PlannedRun, _ outlook: RunOutlook?) {
    if json {
      Terminal.print(JSONReport.line("planned_run", members(run, outlook)))
      return
    }
    if let failure = run.failure {
      Terminal.note(OutcomeText.line(failure, "rejected", run.item.inputs))
      if let hint = failure.hint { Terminal.note("hint: \(Terminal.safe(hint))") }
    } else {
      Terminal.print(Terminal.safe(words(run, outlook)))
    }
    for warning in run.labelledWarnings { Terminal.note(Terminal.safe(warning)) }
    if showsBody, let preview = run.preview {
      Terminal.print(Terminal.safeJSON(String(decoding: CanonicalJSON.indented(preview), as: UTF8.self)))
    }
  }

  /// Shows a request as a command.
  func show(curl text: String) {
    Terminal.print(json ? JSONReport.line("curl", [("command", .string(text))]) : Terminal.safeJSON(text))
  }

  private func words(_ run: PlannedRun, _ outlook: RunOutlook?) -> String {
    var parts = [outlook.map { Self.word($0.standing) } ?? ""]
    if let reason = outlook?.reason, outlook?.standing != .submit { parts[0] = reason }
    let uploads = run.placements.filter { $0.way == .upload }
    let isOpen = uploads.contains { $0.encodedSize == nil }
    if let size = run.bodySize { parts.append("\(size)\(isOpen ? " and the URL" : "")") }
    for upload in uploads {
      guard let asset = upload.asset else { continue }
      parts.append("\(asset.size) uploaded to \(upload.target ?? "")")
    }
    parts.append("key \(run.key?.rawValue.prefix(12) ?? "")")
    let others = run.item.inputs.dropFirst().map(\.string)
    let partners = others.isEmpty ? "" : " with \(others.joined(separator: ", "))"
    return "\(run.item.label)\(partners): \(parts.joined(separator: ", "))"
  }

  private func members(_ run: PlannedRun, _ outlook: RunOutlook?) -> [(String, JSONValue)] {
    [
      ("label", .string(run.item.label)),
      ("inputs", .array(run.item.inputs.map { .string($0.string) })),
      ("submission_key", .optional(run.key?.rawValue)),
      ("standing", .optional(outlook?.standing.rawValue)),
      ("reason", .optional(outlook?.reason)),
      ("bytes", run.bodySize.map { .integer($0.bytes) } ?? .null),
      ("placements", .array(run.placements.map(\.json))),
      ("warnings", .array(run.warnings.map { .string($0) })),
      ("body", run.preview ?? .null),
      ("error", run.failure.map(JSONReport.value) ?? .null),
    ]
  }

  /// Prints the sums.
  func sumUp() { Terminal.print(json ? object : sentence) }

  private var sentence: String {
    let sending = plan.sending(outlooks, uploaded: uploaded)
    let standings = outlooks.map { $0?.standing }
    let submitted = standings.count { $0 == .submit }
    let others = RunStanding.allCases.dropFirst().compactMap { standing in
      let count = standings.count { $0 == standing }
      return count > 0 ? ", \(count) \(Self.word(standing))" : nil
    }
    let rejected = standings.count { $0 == nil }
    let uploads = sending.uploads == 0 ? "" : " and \(sending.uploads) uploaded"
    return "\(submitted) of \(plan.runs.count) runs would be submitted, \(sending.bodies)\(uploads) in all"
      + others.joined() + (rejected > 0 ? ", \(rejected) rejected" : "")
  }

  private var object: String {
    let standings = outlooks.map { $0?.standing }
    let sending = plan.sending(outlooks, uploaded: uploaded)
    let all = plan.runs.reduce(0) { $0 + ($1.bodySize?.bytes ?? 0) }
    return JSONReport.line(
      "plan",
      [
        ("runs", .integer(standings.count { $0 != nil })),
        ("rejected", .integer(standings.count { $0 == nil })),
        ("skipped", .integer(plan.skipped.count)),
        ("bytes", .integer(all)),
        ("submit_bytes", .integer(sending.bodies.bytes)),
        ("upload_bytes", .integer(sending.uploads.bytes)),
        ("refusal", refusal.map(JSONReport.value) ?? .null),
      ]
        + RunStanding.allCases.map { standing in
          (standing.rawValue, JSONValue.integer(standings.count { $0 == standing }))
        })
  }

  private static func word(_ standing: RunStanding) -> String {
    switch standing {
    case .submit: "would be submitted"
    case .kept: "kept before"
    case .underWay: "under way"
    case .inDoubt: "in doubt"
    case .ended: "ended before"
    case .repeated: "the same as another"
    }
  }
}
