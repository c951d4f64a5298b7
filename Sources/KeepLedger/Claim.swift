public import KeepModel

/// What the ledger says when a submission is claimed.
public enum Claim: Sendable {
  /// It is ours to submit.
  case fresh
  /// It was submitted before and is not kept yet.
  case resume(Request)
  /// Whether the service took it is not known; a person decides.
  case inDoubt
  /// It ended before and its bundle is kept; with the reason where it came to nothing worth keeping.
  case kept(SubmissionState, KeptRun, reason: String?)
  /// It ended before without anything to keep, and another run was not asked for.
  case ended(SubmissionState, reason: String?)
}

/// A request with what is recorded of it.
public struct RequestRecord: Sendable {
  /// The request.
  public let request: Request
  /// What was submitted; `nil` for a run that was made elsewhere.
  public let submission: SubmissionKey?
  /// The recorded bytes of its result.
  public let result: [UInt8]?
  /// When we submitted or adopted it.
  public let submittedAt: Timestamp
  /// The kept run.
  public let kept: KeptRun?
  /// How it ended when it was kept: archived, partial, failed, canceled or empty.
  public let keptAs: SubmissionState?
  /// Whether the service ever told anything of it.
  public let wasAnswered: Bool
  /// Whether a person, and not the service, says that it is the run of its submission.
  public let wasNamed: Bool
}
