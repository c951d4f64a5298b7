package import SystemPackage

/// One look at a name in a watched folder.
package struct FolderSighting: Sendable, Hashable {
  /// The watched folder's path as it was given, and what lies below it; no link leads there below it.
  package let path: FilePath
  /// The regular file that lies there; `nil` when there is none any more.
  package let state: FileState?

  /// What lies there, or no longer.
  package init(path: FilePath, state: FileState?) {
    self.path = path
    self.state = state
  }

  /// The file's stamp; `nil` when there is no regular file there any more.
  package var stamp: FileStamp? { state?.stamp }
}

/// What a ``FolderSource`` tells.
package enum FolderNews: Sendable, Equatable {
  /// Files that are new, changed or gone, at most 1,000 at once.
  case sightings([FolderSighting])
  /// A watched folder was gone through whole, for the first time or again.
  case scanned(FilePath)
  /// A watched folder is gone or cannot be read, with the reason. It is looked for again by itself. Of its files
  /// nothing is told: they may come back with it.
  case lost(FilePath, String)
  /// A watched folder that was lost is there again; a scan follows, which tells also what is gone.
  case found(FilePath)
  /// A watched folder, or one below it, is looked through every so often, because the system does not tell what
  /// changes there; with the reason.
  case polled(FilePath, String)
  /// A folder below a watched one cannot be read, with the reason. It is told once, and tried again when it changes and
  /// at every scan.
  case unreadable(FilePath, String)
}
