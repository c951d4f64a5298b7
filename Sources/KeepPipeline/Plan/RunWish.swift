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
  /// Whether files and logins may go to an upload target by plain HTTP over the network.
  public var allowsPlainUploads: Bool = false
  /// Folders that are not looked into on the way through a named one.
  public var excluded: [FilePath]
  /// Globs of which a file in a named folder has to fit one; none for all.
  public var includes: [String] = []
  /// Globs of which a file in a named folder must not fit any.
  public var excludes: [String] = []
  /// A table, CSV with a header line or JSON lines, of which each row makes a run.
  public var table: FilePath?
  /// Whether `cat.yaml` or `cat.json` beside `cat.jpg` gives values for its run.
  public var usesSidecars: Bool = false
  /// `NODE.INPUT=VALUES`: every run is made once for each combination of the values.
  public var sweeps: [String] = []
  /// A schema of nodes to check values against (else the deployment's own).
  public var objectInfo: FilePath?
  /// Whether EXIF, GPS, XMP and text are left out of the images that are sent.
  public var stripsMetadata: Bool = false
  /// How large files and requests may be.
  public var limits = InputLimits()
  /// How files travel that could travel either way.
  public var preference: PlacementPreference = .automatic
  /// Where files are uploaded that are too large to travel inside a request; `nil` to refuse those.
  public var upload: UploadTarget?
  /// Whether URLs given in place of files are fetched once before anything is submitted.
  public var probesURLs: Bool = false
  /// How much may be spent.
  public var budget = RunBudget()

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

/// How much one command may spend.
public struct RunBudget: Sendable, Hashable {
  /// More runs than this are refused, whatever is confirmed; `nil` for no such limit.
  public var maximumRuns: Int?
  /// More bytes than this to be sent, request bodies and uploads together, are refused.
  public var maximumBytes: ByteCount?
  /// Whether a person confirmed a batch of more than ``unconfirmedRuns`` runs.
  public var isConfirmed: Bool

  /// More runs than this need a person's word, or a ``maximumRuns`` that allows them.
  public static let unconfirmedRuns = 50

  /// How much one command may spend.
  public init(maximumRuns: Int? = nil, maximumBytes: ByteCount? = nil, isConfirmed: Bool = false) {
    self.maximumRuns = maximumRuns
    self.maximumBytes = maximumBytes
    self.isConfirmed = isConfirmed
  }
}
