import KeepFiles
import KeepLedger
import KeepModel
import SystemPackage

/// One run on its way through the pipeline.
struct Run: Sendable {
  let pipeline: Pipeline
  let index: Int
  let label: String

  var ledger: Ledger { pipeline.ledger }

  func tell(_ change: PipelineEvent.Change) async {
    await pipeline.report(PipelineEvent(index: index, label: label, change: change))
  }

  /// Claims, submits, follows and keeps.
  func outcome(of submission: Submission) async throws(KeepError) -> SubmissionOutcome {
    var base = SubmissionOutcome(
      .unfinished, key: submission.key, inputs: submission.overrides.assets.map(\.asset.path))
    guard !pipeline.interruption.isRaised else { return base.ending(.unfinished, .interruptedBeforeSubmit) }
    let claim = try await ledger.claim(
      submission, usesCoreKey: pipeline.configuration.api.coreAPIKey != nil,
      repeatsEnded: pipeline.configuration.repeatsEnded)
    switch claim {
    case .fresh:
      return try await submitAndFollow(submission, base)
    case .resume(let request):
      base.request = request.id
      await tell(.resumed(request.id))
      return try await follow(request, base)
    case .inDoubt:
      return base.ending(.inDoubt, .stillInDoubt(submission.key))
    case .kept(let state, let kept):
      return try await keptBefore(state, kept, base)
    case .ended(let state, let reason):
      return base.ending(state == .expired ? .expired : .unfinished, .endedBefore(state, reason))
    }
  }

  /// Follows and keeps a run by its request.
  func outcome(of request: Request) async throws(KeepError) -> SubmissionOutcome {
    var base = SubmissionOutcome(.unfinished, request: request.id)
    try await ledger.adopt(request)
    let record = try await ledger.record(of: request.id)
    base.key = record?.submission
    if let key = base.key, let stored = try await ledger.submission(key) {
      base.inputs = stored.0.overrides.assets.map(\.asset.path)
    }
    if let kept = record?.kept { return try await keptBefore(.archived, kept, base) }
    return try await follow(record?.request ?? request, base)
  }

  /// An outcome that was reached by an earlier command. A bundle that is gone is said so, never resubmitted.
  private func keptBefore(
    _ state: SubmissionState, _ kept: KeptRun, _ base: SubmissionOutcome
  ) async throws(KeepError) -> SubmissionOutcome {
    var outcome = base
    outcome.request = kept.request
    outcome.bundle = pipeline.archive.layout.absolute(kept.bundle)
    outcome.bundleChecksum = kept.checksum
    outcome.outputs = kept.outputs
    outcome.wasKeptAlready = true
    outcome.state = SubmissionOutcome.State(rawValue: state.rawValue) ?? .archived
    if outcome.state != .archived { outcome.error = .endedBefore(state, nil) }
    if let bundle = outcome.bundle, !FileReader.exists(bundle) {
      outcome.state = .unfinished
      outcome.error = KeepError(
        .fixity, .path(bundle), "the ledger says it was kept there, and it is gone",
        hint: "put it back from a copy; its SHA-256 is \(kept.checksum)")
      return outcome
    }
    if let folder = pipeline.configuration.exportFolder, let bundle = outcome.bundle {
      try Exporter(to: folder).export(bundle)
    }
    return outcome
  }
}

extension SubmissionOutcome {
  /// This outcome with another end.
  func ending(_ state: State, _ error: KeepError?) -> SubmissionOutcome {
    var outcome = self
    outcome.state = state
    outcome.error = error
    return outcome
  }
}

extension KeepError {
  static let interruptedBeforeSubmit = KeepError(
    .interrupted, .none, "stopped before it was submitted", hint: "run the same command again")

  static func stillInDoubt(_ key: SubmissionKey) -> KeepError {
    KeepError(
      .inDoubt, .submission(key),
      "it may have been accepted before, which is not known; it is not submitted again by itself",
      hint: "look at your deployment's requests, then: comfykeep resolve \(key.rawValue.prefix(12)) "
        + "--request ID | --resubmit | --abandon")
  }

  static func endedBefore(_ state: SubmissionState, _ reason: String?) -> KeepError {
    let code: Code =
      switch state {
      case .failed: .remoteFailed
      case .canceled: .remoteCanceled
      case .empty: .emptyResult
      case .expired: .expired
      case .partial: .partial
      default: .unfinished
      }
    let words = reason.map { ": \($0)" } ?? ""
    return KeepError(
      code, .none, "an earlier run of the same submission ended as \(state.rawValue)\(words)",
      hint: "--retry-failed submits it again, which costs a run")
  }
}
