import KeepFiles
import KeepModel
import SystemPackage

/// An archive that is held by this process alone, without its ledger being opened.
final class ExclusiveArchive: Sendable {
  let layout: ArchiveLayout
  /// The ledger's file, which need not be there.
  let ledger: FilePath
  private let locks: [ArchiveLock]

  /// Takes the locks of an archive that is there.
  ///
  /// - Throws: ``KeepError`` with `usage` where there is no folder, `ledger_unusable` when another process has it open,
  ///   `local_io`.
  init(at root: FilePath, ledger path: FilePath?) throws(KeepError) {
    guard Folder.isFolder(root) else {
      throw KeepError(
        .usage, .path(root), "is no archive: there is no such folder",
        hint: "name one with --archive or COMFYKEEP_ARCHIVE")
    }
    let layout =
      path == nil ? ArchiveLayout(root: root) : try ArchiveLayout(rootAwayFromLedger: root)
    try Folder.make(layout.hidden, isPrivate: true)
    self.locks = try Archive.lockPaths(layout, path).map { path throws(KeepError) in
      let lock = try ArchiveLock(path, alone: true)
      try lock.open(alone: true)
      return lock
    }
    self.layout = layout
    self.ledger = path ?? layout.ledger
  }
}
