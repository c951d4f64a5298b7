import KeepFiles
public import KeepModel
public import SystemPackage

/// What is watched, and how.
public struct WatchSetting: Sendable {
  /// What becomes of a file once its runs are over.
  public enum Filing: String, Sendable, Hashable, CaseIterable {
    /// It stays where it is.
    case leave
    /// It is moved to `done/`, `failed/` or `skipped/` in the watched folder.
    case move
  }

  /// What becomes of files that are there when a folder is watched for the first time.
  public enum Existing: String, Sendable, Hashable, CaseIterable {
    /// They are run where they are few; else the watch does not begin.
    case ask
    /// They are run.
    case run
    /// They are left alone, now and later.
    case skip
  }

  /// More files than this are not run unasked when a folder is watched for the first time.
  public static let mostUnasked = 50
  /// The name of a recipe that holds for the folder that it lies in and those below.
  public static let recipeName = "comfykeep.yaml"
  /// A folder of this name directly in a watched one holds what goes before everything else.
  public static let urgentName = "priority"
  /// A file directly in a watched folder, whatever its name.
  static let anyFile: FilePath = "file"
  /// Where files go that are moved, in the watched folder.
  static let filed = ["done", "failed", "skipped"]

  /// The folders, from the root of the file system on.
  public var folders: [FilePath]
  /// How long a file must look the same before it is taken.
  public var settle: Duration = .seconds(2)
  /// How long a file that is cut off, or not what it is named as, is waited for.
  public var patience: Duration = .seconds(600)
  /// Whether folders are looked through again and again instead of being told of changes.
  public var polls = false
  /// How long between two looks through a folder that nobody tells of changes.
  public var pollInterval: Duration = .seconds(5)
  /// How long between two looks through a folder all the same.
  public var rescanInterval: Duration = .seconds(3600)
  /// What becomes of files once their runs are over.
  public var filing = Filing.leave
  /// What becomes of files that are there at the first start.
  public var existing = Existing.ask
  /// Whether outputs are written as plain files beside the files that they were made of.
  public var exportsBeside = false
  /// How many runs are submitted in a day at most; `nil` for no such limit.
  public var maximumRunsPerDay: Int?
  /// How many bytes are sent in a day at most; `nil` for no such limit.
  public var maximumBytesPerDay: ByteCount?
  /// How long between two looks for runs of this archive that have ended and that nobody follows.
  public var sweepInterval: Duration = .seconds(60)
  /// Whether a recipe in a watched folder may belong to somebody else.
  public var trustsRecipes = false
  /// What `~/` stands for in recipes.
  public var home: FilePath?
  /// Whether an asset may be a plain HTTP or private address.
  public var allowsLocalURLs = false
  /// Whether files may go to an upload target by plain HTTP over the network.
  public var allowsPlainUploads = false
  /// Gives the secrets that recipes name.
  public var environment: @Sendable (String) -> String? = { _ in nil }

  /// The folders, with the defaults for everything else.
  public init(_ folders: [FilePath]) { self.folders = folders }

  /// The watched folder that a file lies in.
  func folder(of path: FilePath) -> FilePath? { folders.first { path.starts(with: $0) } }

  /// Which folders are not gone into: the archive, where outputs are exported, and where files are moved.
  ///
  /// - Parameter moved: The folders of which files were moved by an earlier watch.
  func excluded(_ pipeline: Pipeline, moved: [FilePath]) -> @Sendable (FilePath) -> Bool {
    let places = [pipeline.archive.layout.root, pipeline.configuration.exportFolder].compactMap { $0 }
    let filed = Set(
      (filing == .move ? folders : moved).flatMap { folder in Self.filed.map { folder.appending($0) } })
    return { folder in filed.contains(folder) || places.contains { Folder.isSame($0, folder) } }
  }

  /// The same, with folders that can be watched.
  ///
  /// - Throws: ``KeepError`` with `usage` for what is no folder, or lies in another one, or in the archive.
  func checked(_ pipeline: Pipeline) throws(KeepError) -> WatchSetting {
    var checked = self
    checked.folders = try folders.map { folder throws(KeepError) in
      try Folder.absolute(folder).lexicallyNormalized()
    }
    guard !checked.folders.isEmpty else {
      throw KeepError(.usage, .option("FOLDER"), "no folder is named")
    }
    let archive = try Folder.absolute(pipeline.archive.layout.root).lexicallyNormalized()
    for (index, folder) in checked.folders.enumerated() {
      guard Folder.isFolder(folder) else {
        throw KeepError(.usage, .path(folder), "is no folder", hint: "make it first: mkdir -p FOLDER")
      }
      guard !folder.starts(with: archive) else {
        throw KeepError(.usage, .path(folder), "lies in the archive, whose bundles would be taken for inputs")
      }
      if let export = pipeline.configuration.exportFolder, Folder.isSame(export, folder) {
        throw KeepError(
          .usage, .path(folder), "is where outputs are exported to: they would be taken for inputs",
          hint: "name another folder with --export, or use --export-beside")
      }
      for other in checked.folders[..<index] {
        guard !folder.starts(with: other), !other.starts(with: folder), !Folder.isSame(folder, other) else {
          throw KeepError(
            .usage, .path(folder), "and \(other.string) are one, or lie in each other",
            hint: "name the outer one alone; what lies below it is watched too")
        }
      }
    }
    return checked
  }
}
