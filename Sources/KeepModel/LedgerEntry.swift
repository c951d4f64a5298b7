public import SystemPackage

/// Where a submission stands; see the table at the ledger's schema.
public enum SubmissionState: String, Sendable, Hashable, CaseIterable {
  /// The word for scripts and people, as `list --state` takes it: the same spelling as in an outcome.
  public var word: String { self == .inDoubt ? "in_doubt" : rawValue }

  /// Intended; nothing was sent.
  case claimed
  /// Recorded before the first byte is sent.
  case submitting
  /// The service may have accepted it; a person decides.
  case inDoubt
  /// The service gave a request id.
  case submitted
  /// The result is recorded; the outputs are not kept yet.
  case finished
  /// Kept as a complete bundle.
  case archived
  /// Kept as a bundle without some outputs.
  case partial
  /// The run failed; its record is kept.
  case failed
  /// The run was canceled; its record is kept.
  case canceled
  /// The run succeeded without outputs; its record is kept.
  case empty
  /// Refused before any run.
  case rejected
  /// Given up by a person while in doubt.
  case abandoned
  /// The service deleted the result before it was kept.
  case expired
}

/// A run whose bundle is on disk, or in a store of objects.
public struct KeptRun: Sendable, Hashable {
  /// The remote run.
  public let request: RequestID
  /// Where the bundle lies, or lay before a store had it, relative to the archive where that is inside.
  public let bundle: FilePath
  /// SHA-256 of the bundle.
  public let checksum: Checksum
  /// How many outputs it holds.
  public let outputs: Int
  /// The stores of objects that it is in, or waits to be put into.
  public let stores: [StoredBundle]

  /// Describes a run whose bundle is kept.
  public init(
    request: RequestID, bundle: FilePath, checksum: Checksum, outputs: Int, stores: [StoredBundle] = []
  ) {
    self.request = request
    self.bundle = bundle
    self.checksum = checksum
    self.outputs = outputs
    self.stores = stores
  }

  /// Where in a store the bundle was proven to be, by these bytes; the first one.
  public var stored: StoredBundle? { stores.first { $0.isStored && $0.checksum == checksum } }

  /// The store, which has it, that the bundle has left the archive's folder for or is to leave it for: only then is it
  /// no loss that it does not lie in the folder.
  package var leftFor: StoredBundle? {
    stores.first { $0.isStored && $0.checksum == checksum && (!$0.keepsLocal || $0.droppedAt != nil) }
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
  /// An earlier run that is kept, where the latest one was refused, was never sent or came to nothing: the submission
  /// counts as kept by it.
  public let standing: KeptRun?
  /// The batch that it was last submitted in.
  public let batch: BatchID?
  /// When it was first intended or adopted.
  public let createdAt: Timestamp
  /// When the run finished, as the service told.
  public let finishedAt: Timestamp?

  package init(
    key: SubmissionKey?, deployment: DeploymentID, state: SubmissionState, reason: String?,
    request: RequestID?, word: String?, inputs: [FilePath], kept: KeptRun?, standing: KeptRun? = nil,
    batch: BatchID? = nil, createdAt: Timestamp, finishedAt: Timestamp?
  ) {
    self.key = key
    self.deployment = deployment
    self.state = state
    self.reason = reason
    self.request = request
    self.word = word
    self.inputs = inputs
    self.kept = kept
    self.standing = standing
    self.batch = batch
    self.createdAt = createdAt
    self.finishedAt = finishedAt
  }
}

/// Something that happened, as `show` tells it.
public struct LedgerEvent: Sendable, Hashable {
  /// When.
  public let at: Timestamp
  /// What, such as `submitted`.
  public let name: String
  /// Further words.
  public let detail: String?

  package init(at: Timestamp, name: String, detail: String?) {
    self.at = at
    self.name = name
    self.detail = detail
  }
}
