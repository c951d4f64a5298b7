public import KeepModel
public import SystemPackage

/// The user's file that says how assets become submissions: every setting, each of which may be left out.
///
/// One value stands for the file, one for the flags and one for the environment;
/// ``overriding(_:)`` puts them above each other, and ``standard`` lies below them all.
public struct Recipe: Sendable, Equatable {
  /// One `NODE.INPUT` with what goes into it.
  public struct Assignment: Sendable, Equatable {
    /// `NODE.INPUT` as it was written.
    public let name: String
    /// What goes into it, spelled as behind `--set`, `--asset` or `--sweep`; `nil` for each file.
    public let value: String?
    /// Where it stands in the recipe.
    public let place: RecipePlace?

    /// One `NODE.INPUT` with what goes into it.
    public init(name: String, value: String?, place: RecipePlace? = nil) {
      self.name = name
      self.value = value
      self.place = place
    }

    /// Reads `NODE.INPUT` or `NODE.INPUT=VALUE`; the first `=` parts them.
    public init(parsing text: String) {
      let equals = text.utf8.firstIndex(of: UInt8(ascii: "="))
      self.init(
        name: String(equals.map { text[..<$0] } ?? text[...]),
        value: equals.map { String(text[text.utf8.index(after: $0)...]) })
    }

    /// `NODE.INPUT` or `NODE.INPUT=VALUE`.
    public var text: String { value.map { "\(name)=\($0)" } ?? name }

    /// Equal if name and value are, wherever they stand.
    public static func == (left: Self, right: Self) -> Bool {
      left.name == right.name && left.value == right.value
    }
  }

  /// How large files and requests may be.
  public struct Limits: Sendable, Equatable {
    /// A longer data URI gives a warning, or is uploaded.
    public var warnedInline: ByteCount?
    /// A longer data URI does not travel inside a request.
    public var maximumInline: ByteCount?
    /// A longer request is refused.
    public var maximumBody: ByteCount?
    /// A larger image gives a warning.
    public var advisedImage: ByteCount?
    /// A larger video gives a warning.
    public var advisedVideo: ByteCount?
    /// A larger file of the kind is refused.
    public var maximumFile: [MediaKind: ByteCount]?

    /// No limits of its own.
    public init() {}
  }

  /// The deployment, by id or name.
  public var deployment: String?
  /// A workflow in API form to check against, or to send.
  public var workflow: FilePath?
  /// Whether the workflow is sent with each run.
  public var isInline: Bool?
  /// A schema of nodes to check values against.
  public var objectInfo: FilePath?
  /// Whether an input that is wired to another node may be replaced.
  public var allowsCutting: Bool?
  /// Files and folders, one run for each file.
  public var paths: [FilePath]?
  /// Whether folders in folders are looked into.
  public var isRecursive: Bool?
  /// Globs of which a file in a named folder has to fit one.
  public var includes: [String]?
  /// Globs of which a file in a named folder must not fit any.
  public var excludes: [String]?
  /// A table of which each row makes a run.
  public var table: FilePath?
  /// Whether a file's neighbours give values for its run.
  public var usesSidecars: Bool?
  /// Node inputs that take files.
  public var assets: [Assignment]?
  /// Node inputs that take values.
  public var settings: [Assignment]?
  /// Node inputs that take several values one after another.
  public var sweeps: [Assignment]?
  /// Whether EXIF, GPS, XMP and text are left out of the images that are sent.
  public var stripsMetadata: Bool?
  /// How files travel that could travel either way.
  public var preference: PlacementPreference?
  /// How large files and requests may be.
  public var limits = Limits()
  /// Where files are uploaded.
  public var upload = RecipeUpload()
  /// Whether URLs given in place of files are fetched once before anything is submitted.
  public var probesURLs: Bool?
  /// More runs than this are refused.
  public var maximumRuns: Int?
  /// More bytes than this to be sent are refused.
  public var maximumUploadBytes: ByteCount?
  /// Below this balance nothing is submitted.
  public var minimumBalance: Balance?
  /// How many runs are in flight at once on each deployment.
  public var concurrency: Int?
  /// How many runs are in flight at once on all deployments.
  public var overallConcurrency: Int?
  /// After how many runs in a row that failed with the same error nothing more is submitted; 0 for never.
  public var maximumSameFailures: Int?
  /// How long the service keeps results.
  public var retention: Duration?
  /// Whether what ended without anything worth keeping is to run again.
  public var repeatsEnded: Bool?
  /// How long a run is followed.
  public var maximumWait: Duration?
  /// The first wait between two looks at a run.
  public var pollInterval: Duration?
  /// The archive's folder.
  public var archive: FilePath?
  /// The store of objects that bundles are put into.
  public var archiveStore = RecipeUpload()
  /// Whether bundles stay in the archive's folder too.
  public var keepsLocal: Bool?
  /// A ledger outside the archive.
  public var ledger: FilePath?
  /// Where outputs go as plain files too.
  public var export: FilePath?
  /// Whether assets go into the bundle.
  public var includesInputs: Bool?
  /// Whether temporary outputs go into the bundle.
  public var includesTemporary: Bool?
  /// Whether a bundle without outputs that cannot be had is written.
  public var allowsPartial: Bool?
  /// The only hosts that outputs may come from.
  public var outputHosts: [HostPattern]?
  /// The service's address.
  public var apiURL: HTTPURL?
  /// The version of the inference paths.
  public var apiVersion: APIConfiguration.Version?
  /// Where the service announces how each run goes.
  public var webhook: HTTPURL?
  /// Whether it also announces that a run is queued and started.
  public var webhookAnnouncesProgress: Bool?
  /// The version of the recipe's form, 1.
  var version: Int?

  /// No settings at all.
  public init() {}

  /// What holds where nobody says otherwise: the one place of these defaults, but for the limits', which are
  /// those of ``InputLimits``.
  public static let standard: Recipe = {
    var recipe = Recipe()
    recipe.isInline = false
    recipe.allowsCutting = false
    recipe.isRecursive = false
    recipe.usesSidecars = false
    recipe.stripsMetadata = false
    recipe.preference = .automatic
    let limits = InputLimits()
    recipe.limits.warnedInline = limits.warnedInline
    recipe.limits.maximumInline = limits.maximumInline
    recipe.limits.maximumBody = limits.maximumBody
    recipe.limits.advisedImage = limits.advisedImage
    recipe.limits.advisedVideo = limits.advisedVideo
    recipe.upload.lifetime = .seconds(86_400)
    recipe.probesURLs = false
    recipe.overallConcurrency = 64
    recipe.maximumSameFailures = 5
    recipe.retention = .seconds(7 * 86_400)
    recipe.repeatsEnded = false
    recipe.pollInterval = .seconds(2)
    recipe.includesInputs = true
    recipe.includesTemporary = true
    recipe.allowsPartial = false
    recipe.keepsLocal = false
    recipe.apiURL = HTTPURL("https://api.runcomfy.net")
    recipe.apiVersion = .v1
    recipe.webhookAnnouncesProgress = false
    return recipe
  }()
}

extension Recipe {
  /// This recipe's settings, and `lower`'s where this one has none.
  ///
  /// A node input that this one names has nothing of `lower`'s, and a kind of media keeps its lower limit where
  /// this one limits another. Where this one names an upload target or a store, nothing of
  /// `lower`'s holds: a login must not go to another server.
  public func overriding(_ lower: Recipe) -> Recipe {
    var result = self
    for key in RecipeKey.all { key.fill(&result, lower) }
    let taken = Set([assets, settings, sweeps].flatMap { $0 ?? [] }.map(\.name))
    let members: [WritableKeyPath<Recipe, [Assignment]?>] = [\.assets, \.settings, \.sweeps]
    for member in members {
      let below = lower[keyPath: member]?.filter { !taken.contains($0.name) } ?? []
      let all = (self[keyPath: member] ?? []) + below
      result[keyPath: member] = all.isEmpty ? nil : all
    }
    if let below = lower.limits.maximumFile {
      result.limits.maximumFile = below.merging(limits.maximumFile ?? [:]) { _, above in above }
    }
    if upload.login != RecipeUpload.Login() { result.upload.login = upload.login }
    if archiveStore.login != RecipeUpload.Login() { result.archiveStore.login = archiveStore.login }
    if archiveStore.namesTarget { result.archiveStore = archiveStore }
    if upload.namesTarget {
      result.upload = upload
      result.upload.lifetime = upload.lifetime ?? Self.standard.upload.lifetime
    }
    return result
  }
}
