public import SystemPackage

/// How one submission ended, as `run` and `archive` report it.
public struct SubmissionOutcome: Sendable {
  /// The word of the outcome in `--json`.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Every output is kept and verified.
    case archived
    /// A bundle without some outputs, which can no longer be had.
    case partial
    /// The remote run failed; its record is kept.
    case failed
    /// The remote run was canceled; its record is kept.
    case canceled
    /// The run succeeded and gave no output.
    case empty
    /// The service has deleted the result.
    case expired
    /// Whether the service took the submission is not known.
    case inDoubt = "in_doubt"
    /// Refused before anything was sent, or by the service before a run.
    case rejected
    /// Not finished yet, or not kept yet; the ledger knows it.
    case unfinished
  }

  /// How it ended.
  public var state: State
  /// What the state alone does not tell.
  public enum Aside: Sendable, Hashable {
    /// The bundle is kept; its outputs could not be written as plain files.
    case notExported
    /// A person gave it up while it was in doubt.
    case abandoned
  }

  /// What was intended.
  public var key: SubmissionKey?
  /// The remote run.
  public var request: RequestID?
  /// The local files that went in.
  public var inputs: [FilePath]
  /// Where the bundle lies; `nil` also where it lies in a store alone.
  public var bundle: FilePath?
  /// Where it lies in the archive's store of objects, such as `s3://bucket/prefix/2026-11-23/cat/run-….zip`.
  public var stored: String?
  /// Why it is not in the archive's store, although it was to be; it lies at ``bundle``, and is put there later.
  public var storeError: KeepError?
  /// SHA-256 of the bundle.
  public var bundleChecksum: Checksum?
  /// How many outputs the bundle holds.
  public var outputs: Int
  /// Why, where it did not end well.
  public var error: KeepError?
  /// Whether nothing was submitted because it was kept already.
  public var wasKeptAlready: Bool
  /// What the state alone does not tell.
  public var aside: Aside?
  /// The name of an earlier run of the same command whose outcome this is, being the same submission.
  public var sameAs: String?

  /// How one submission ended.
  public init(
    _ state: State, key: SubmissionKey? = nil, request: RequestID? = nil, inputs: [FilePath] = [],
    bundle: FilePath? = nil, bundleChecksum: Checksum? = nil, outputs: Int = 0,
    error: KeepError? = nil, wasKeptAlready: Bool = false
  ) {
    self.state = state
    self.key = key
    self.request = request
    self.inputs = inputs
    self.bundle = bundle
    self.bundleChecksum = bundleChecksum
    self.outputs = outputs
    self.error = error
    self.wasKeptAlready = wasKeptAlready
  }

  /// Whether there is a bundle of it, wherever it lies.
  public var isKept: Bool { bundle != nil || stored != nil }

  /// The exit status that this outcome asks for alone. That a bundle is not in its store yet counts where nothing else
  /// went wrong.
  public var exitStatus: Int32 {
    switch state {
    case .archived: storeError?.code.exitStatus ?? 0
    case .partial: KeepError.Code.partial.exitStatus
    case .failed: KeepError.Code.remoteFailed.exitStatus
    case .canceled: KeepError.Code.remoteCanceled.exitStatus
    case .empty: KeepError.Code.emptyResult.exitStatus
    case .expired: KeepError.Code.expired.exitStatus
    case .inDoubt: KeepError.Code.inDoubt.exitStatus
    case .rejected: error?.code.exitStatus ?? KeepError.Code.inputRejected.exitStatus
    case .unfinished: error?.code.exitStatus ?? KeepError.Code.unfinished.exitStatus
    }
  }
}
