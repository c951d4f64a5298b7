public import KeepModel
public import SystemPackage

/// What a person asks to be run, as it was written.
public struct RunWish: Sendable {
  /// The deployment.
  public var deployment: DeploymentID
  /// Files and folders, one run for each file.
  public var paths: [FilePath]
  /// Whether folders in folders are looked into.
  public var isRecursive: Bool
  /// `NODE.INPUT`, or `NODE.INPUT=FILE` or `=URL` for every run.
  public var assets: [String]
  /// `NODE.INPUT=VALUE`.
  public var settings: [String]
  /// A workflow in API form to check against, or to send.
  public var workflow: FilePath?
  /// Whether the workflow is sent with each run.
  public var isInline: Bool
  /// Whether an input that is wired to another node may be replaced.
  public var allowsCutting: Bool
  /// Whether an asset may be a plain HTTP or private address: for a service on this machine, or at a person's word.
  public var allowsLocalURLs: Bool
  /// Folders that are not looked into on the way through a named one.
  public var excluded: [FilePath]

  /// What a person asks to be run.
  public init(
    deployment: DeploymentID, paths: [FilePath] = [], isRecursive: Bool = false,
    assets: [String] = [], settings: [String] = [], workflow: FilePath? = nil,
    isInline: Bool = false, allowsCutting: Bool = false, allowsLocalURLs: Bool = false,
    excluded: [FilePath] = []
  ) {
    self.deployment = deployment
    self.paths = paths
    self.isRecursive = isRecursive
    self.assets = assets
    self.settings = settings
    self.workflow = workflow
    self.isInline = isInline
    self.allowsCutting = allowsCutting
    self.allowsLocalURLs = allowsLocalURLs
    self.excluded = excluded
  }
}

/// What would be run.
public struct RunPlan: Sendable {
  /// A file that is no media and was passed over.
  public struct Skipped: Sendable {
    /// The file.
    public let path: FilePath
    /// Why.
    public let reason: String
  }

  /// The runs, in the order of the files.
  public let runs: [PlannedRun]
  /// Files in folders that were passed over.
  public let skipped: [Skipped]
  /// What is worth saying about all of them.
  public let warnings: [String]
}

/// One run of a plan.
public struct PlannedRun: Sendable {
  /// The run, ready or refused.
  public let item: Pipeline.BatchItem
  /// The exact size of the request's body.
  public let bodySize: ByteCount?
  /// The body with media and secrets left out.
  public let preview: JSONValue?
  /// What is worth saying about it.
  public let warnings: [String]

  /// Why it would not be submitted.
  public var failure: KeepError? {
    if case .failure(let error) = item.submission { error } else { nil }
  }

  /// What decides whether it was submitted before.
  public var key: SubmissionKey? {
    if case .success(let submission) = item.submission { submission.key } else { nil }
  }
}
