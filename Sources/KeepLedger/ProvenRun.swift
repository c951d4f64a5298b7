package import KeepModel

/// A run that a bundle, or the receipt of one, proves to be kept.
package struct ProvenRun: Sendable {
  /// The run.
  package var request: Request
  /// The submission that it was of; `nil` for one that was made elsewhere, or where nothing tells.
  package var key: SubmissionKey?
  /// What was submitted, where the bundle tells all of it.
  package var submission: Submission?
  /// Whether a Core API key travelled with it.
  package var usedCoreKey = false
  /// How it ended: archived, partial, failed, canceled or empty.
  package var state: SubmissionState
  /// The service's word on it.
  package var word: String
  /// The service's answer as it came.
  package var result: [UInt8]?
  /// When the service made and finished it.
  package var createdAt: Timestamp?
  package var finishedAt: Timestamp?
  /// When it was archived.
  package var archivedAt: Timestamp
  /// The bundle.
  package var kept: KeptRun
  /// The checksums of the files that it put out.
  package var outputs: [Checksum]

  package init(
    request: Request, key: SubmissionKey? = nil, submission: Submission? = nil, state: SubmissionState,
    word: String, archivedAt: Timestamp, kept: KeptRun, outputs: [Checksum] = []
  ) {
    self.request = request
    self.key = key
    self.submission = submission
    self.state = state
    self.word = word
    self.archivedAt = archivedAt
    self.kept = kept
    self.outputs = outputs
  }

  var verdict: RunResult.Verdict {
    switch state {
    case .failed: .failed
    case .canceled: .canceled
    default: .succeeded
    }
  }
}
