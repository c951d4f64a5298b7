package import KeepModel
package import SystemPackage

/// Tells what is new in folders.
///
/// What it tells is no more than a hint to look: a sighting may be old when it is told, and a file may still be written.
/// But no regular file stays untold: each change is followed by a sighting that is as new as the change.
package protocol FolderSource: Sendable {
  /// Tells of all files that are there, then of what changes, until the task is cancelled; returns when nothing of it
  /// is left, neither a thread nor a descriptor. `tell` is called by one at a time, and the next news wait for it.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when the process has no descriptors left.
  func run(_ tell: @Sendable (FolderNews) async -> Void) async throws(KeepError)
}

/// Which folders are watched.
package struct WatchedFolders: Sendable {
  /// The folders, each with all that is below it. None lies below another.
  package let roots: [FilePath]
  /// Whether a folder below one of them is left out with all that is in it.
  package let excluded: @Sendable (FilePath) -> Bool
  /// The kind of file system that a folder lies on.
  package let kind: @Sendable (FilePath) -> FileSystemKind

  /// Folders by absolute paths, and what is left out below them.
  package init(
    _ roots: [FilePath], excluding excluded: @escaping @Sendable (FilePath) -> Bool = { _ in false },
    kind: @escaping @Sendable (FilePath) -> FileSystemKind = { FileSystemKind(of: $0) }
  ) {
    self.roots = roots
    self.excluded = excluded
    self.kind = kind
  }
}

/// When a ``FolderSource`` looks without being told.
package struct WatchTimes: Sendable {
  /// The pause between two scans of a folder whose changes the system does not tell.
  package var poll: Duration
  /// The pause between two scans of a folder whose changes the system does tell; they find what it did not.
  package var safetyRescan: Duration
  /// The pause between two looks for a folder that is lost.
  package var lookAgain: Duration

  /// Every five seconds, every hour, every two seconds.
  package init(
    poll: Duration = .seconds(5), safetyRescan: Duration = .seconds(3600), lookAgain: Duration = .seconds(2)
  ) {
    self.poll = poll
    self.safetyRescan = safetyRescan
    self.lookAgain = lookAgain
  }
}

/// Which source serves folders best.
package enum FolderSources {
  /// A source that is told by the system, but where the system cannot tell: it polls those of the folders that lie on
  /// another machine. With `polls` it polls them all.
  package static func source(for folders: WatchedFolders, polls: Bool, times: WatchTimes = WatchTimes())
    -> any FolderSource
  {
    polls ? PollingSource(folders, times: times) : InotifySource(folders, times: times)
  }
}

/// Looks through folders every so often: for file systems that do not tell of changes.
package struct PollingSource: FolderSource {
  private let folders: WatchedFolders
  private let times: WatchTimes

  /// A source that looks again and again, with the pause `times.poll` between.
  package init(_ folders: WatchedFolders, times: WatchTimes = WatchTimes()) {
    self.folders = folders
    self.times = times
  }

  package func run(_ tell: @Sendable (FolderNews) async -> Void) async throws(KeepError) {
    try await FolderFollower.follow(folders, times, nil, tell)
  }
}

/// Is told by the kernel (`inotify(7)`) what changes in folders; polls those of which it does not tell.
package struct InotifySource: FolderSource {
  private let folders: WatchedFolders
  private let times: WatchTimes
  private let limits: InotifyLimits

  /// A source that waits for the kernel's events.
  ///
  /// - Parameter limits: What may be asked of the kernel; it has limits of its own besides.
  package init(
    _ folders: WatchedFolders, times: WatchTimes = WatchTimes(), limits: InotifyLimits = InotifyLimits()
  ) {
    self.folders = folders
    self.times = times
    self.limits = limits
  }

  package func run(_ tell: @Sendable (FolderNews) async -> Void) async throws(KeepError) {
    try await FolderFollower.follow(folders, times, limits, tell)
  }
}
