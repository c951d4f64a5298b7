public import KeepModel
public import SystemPackage

/// Where a submission stands; see the table at `LedgerSchema`.
public enum SubmissionState: String, Sendable, Hashable, CaseIterable {
  case claimed
  case submitting
  case inDoubt
  case submitted
  case finished
  case archived
  case partial
  case failed
  case canceled
  case empty
  case rejected
  case abandoned
  case expired
}

/// What the ledger says when a submission is claimed.
public enum Claim: Sendable {
  /// It is ours to submit.
  case fresh
  /// It was submitted before and is not kept yet.
  case resume(Request)
  /// Whether the service took it is not known; a person decides.
  case inDoubt
  /// It ended before and its bundle is kept.
  case kept(SubmissionState, KeptRun)
  /// It ended before without anything to keep, and another run was not asked for.
  case ended(SubmissionState, reason: String?)
}

/// A run whose bundle is on disk.
public struct KeptRun: Sendable, Hashable {
  /// The remote run.
  public let request: RequestID
  /// Where the bundle lies, relative to the archive where it lies inside.
  public let bundle: FilePath
  /// SHA-256 of the bundle.
  public let checksum: Checksum
  /// How many outputs it holds.
  public let outputs: Int

  /// Describes a run whose bundle is on disk.
  public init(request: RequestID, bundle: FilePath, checksum: Checksum, outputs: Int) {
    self.request = request
    self.bundle = bundle
    self.checksum = checksum
    self.outputs = outputs
  }
}

/// A row of `list`: a submission or an adopted request.
public struct LedgerEntry: Sendable {
  /// The submission; `nil` for a run that was made elsewhere.
  public let key: SubmissionKey?
  /// The deployment.
  public let deployment: DeploymentID
  /// Where it stands.
  public let state: SubmissionState
  /// Why it stands there, where that needs saying.
  public let reason: String?
  /// The latest remote run.
  public let request: RequestID?
  /// The service's last word on it.
  public let word: String?
  /// The local files that went in.
  public let inputs: [FilePath]
  /// The kept run.
  public let kept: KeptRun?
  /// When it was first intended or adopted.
  public let createdAt: Timestamp
  /// When the run finished, as the service told.
  public let finishedAt: Timestamp?
}

/// Something that happened, as `show` tells it.
public struct LedgerEvent: Sendable, Hashable {
  /// When.
  public let at: Timestamp
  /// What, such as `submitted`.
  public let name: String
  /// Further words.
  public let detail: String?
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
}
