import KeepInput
import KeepLedger
import KeepModel
import KeepSubmit
import SystemPackage

extension Run {
  /// Submits a fresh claim once, then follows it.
  func submitAndFollow(
    _ submission: Submission, _ base: SubmissionOutcome
  ) async throws(KeepError) -> SubmissionOutcome {
    do {
      for entry in submission.overrides.assets { try pipeline.inputs.keep(entry.asset) }
    } catch {
      try await ledger.reject(submission.key, reason: error.reason)
      return base.ending(error.code == .inputRejected ? .rejected : .unfinished, error)
    }
    try await ledger.beginSubmit(submission.key)
    do {
      let request = try await submit(submission)
      try await ledger.recordSubmitted(request, for: submission.key)
      await tell(.submitted(request.id))
      var submitted = base
      submitted.request = request.id
      return try await follow(request, submitted)
    } catch let error as SubmitFailure {
      return try await settle(error.error, submission.key, base)
    } catch {
      throw KeepError.foreign(error)
    }
  }

  /// Tells a failed submit apart from whatever fails after it.
  private struct SubmitFailure: Error { let error: KeepError }

  private func submit(_ submission: Submission) async throws -> Request {
    let segments = SubmissionBody.segments(
      for: submission.reading(from: pipeline.inputs),
      coreAPIKey: pipeline.configuration.api.coreAPIKey)
    let body = SegmentedBody(segments)
    await tell(.submitting(ByteCount(body.length)))
    do {
      return try await pipeline.client.submit(
        body.requestBody(contentType: "application/json"), to: submission.deployment)
    } catch {
      throw SubmitFailure(error: .foreign(error))
    }
  }

  /// Records what a failed submit means: refused, certainly not accepted, or in doubt.
  private func settle(
    _ error: KeepError, _ key: SubmissionKey, _ base: SubmissionOutcome
  ) async throws(KeepError) -> SubmissionOutcome {
    switch error.code {
    case .inDoubt, .interrupted:
      try await ledger.doubt(key, reason: error.reason)
      return base.ending(.inDoubt, .doubtful(error, key))
    case .inputRejected, .deploymentUnusable, .tokenRefused:
      try await ledger.reject(key, reason: error.reason)
      return base.ending(.rejected, error)
    case _ where error.delivery == .unknown:
      try await ledger.doubt(key, reason: error.reason)
      return base.ending(.inDoubt, .doubtful(error, key))
    default:
      try await ledger.releaseSubmit(key, reason: error.reason)
      return base.ending(.unfinished, error)
    }
  }
}

extension KeepError {
  /// What was thrown, as our error; foreign ones are described.
  static func foreign(_ error: any Error) -> KeepError {
    if let known = error as? KeepError { return known }
    if error is CancellationError { return KeepError(.interrupted, .none, "stopped") }
    return KeepError(.failure, .none, "\(error)")
  }

  static func doubtful(_ error: KeepError, _ key: SubmissionKey) -> KeepError {
    KeepError(
      .inDoubt, .submission(key), "it may have been accepted: \(error.description)",
      hint: "look at your deployment's requests, then: comfykeep resolve \(key.rawValue.prefix(12)) "
        + "--request ID | --resubmit | --abandon", httpStatus: error.httpStatus)
  }
}
