import KeepModel
import KeepPipeline
import SystemPackage

/// An outcome in words: the bundle's path on standard output, trouble on standard error.
enum OutcomeText {
  /// Tells outcomes in their order, and every hint once at the end. Those that ``tellStop(_:cancels:)`` sums up
  /// are left out.
  static func print(_ outcomes: [SubmissionOutcome], cancels: Bool) {
    for outcome in outcomes {
      if let place = outcome.bundle?.string ?? outcome.stored { Terminal.print(Terminal.safe(place)) }
      if let error = outcome.storeError {
        Terminal.note(line(error, "\(word(outcome)), not in the store", outcome.inputs, outcome.request))
      }
      guard let error = outcome.error, !outcome.isStopped || cancels && outcome.request != nil else {
        continue
      }
      Terminal.note(line(error, word(outcome), outcome.inputs, outcome.request))
    }
    var told: Set<String> = []
    let hints = outcomes.filter { !$0.isStopped }.flatMap { [$0.error?.hint, $0.storeError?.hint] }
    let waits = "what waits is put by the next run with the same store, or by comfykeep archive --pending"
    let isWaiting = outcomes.contains { $0.storeError.map { $0.code != .interrupted } ?? false }
    for hint in hints.compactMap({ $0 }) + (isWaiting ? [waits] : []) where told.insert(hint).inserted {
      Terminal.note("hint: \(Terminal.safe(hint))")
    }
  }

  /// Sums up what a person's stop left behind, with one hint for all.
  static func tellStop(_ outcomes: [SubmissionOutcome], cancels: Bool) {
    let stopped = outcomes.filter(\.isStopped)
    guard !stopped.isEmpty else { return }
    let remote = stopped.count { $0.request != nil }
    let verb = cancels ? "asked to cancel" : "left running"
    Terminal.note("stopped: \(remote) \(verb), \(stopped.count - remote) never submitted")
    let rest = remote == stopped.count ? "" : remote == 0 ? "it submits the rest" : " and submits the rest"
    Terminal.note(
      "hint: run the same command again: \(remote > 0 ? "it keeps what came of them" : "")\(rest)")
  }

  /// `photos/cut.jpg: rejected: is not a whole image/jpeg file`: what it is about, the word, the reason.
  static func line(
    _ error: KeepError, _ word: String, _ inputs: [FilePath], _ request: RequestID? = nil
  ) -> String {
    let subject: KeepError.Subject? = inputs.first.map { .path($0) } ?? request.map { .request($0) }
    // What is about the file or the run itself names it already.
    let reason = error.subject == subject ? error.reason : error.description
    return Terminal.safe("\(subject?.description ?? "run"): \(word): \(reason)")
  }

  /// The outcome's word for people.
  static func word(_ outcome: SubmissionOutcome) -> String {
    switch outcome.aside {
    case .notExported: return "kept, not exported"
    case .abandoned: return "abandoned"
    case nil: break
    }
    return switch outcome.state {
    case .archived: "kept"
    case .partial: "partly kept"
    case .failed: "failed"
    case .canceled: "canceled"
    case .empty: "empty"
    case .expired: "expired"
    case .inDoubt: "in doubt"
    case .rejected: "rejected"
    case .unfinished: "not finished"
    }
  }
}

extension SubmissionOutcome {
  /// Whether a person's stop was its end.
  var isStopped: Bool { error?.code == .interrupted }
}

extension PlannedRun {
  /// What is worth saying about the run, each with the name that it is known by.
  var labelledWarnings: [String] {
    warnings.map { warning in
      let isNamed = item.inputs.contains { warning.hasPrefix("\($0.string): ") }
      return isNamed ? warning : "\(item.label): \(warning)"
    }
  }
}
