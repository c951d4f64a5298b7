import KeepFiles
import KeepModel
import SystemPackage

/// An archive that is held by this process alone, without its ledger being opened.
final class ExclusiveArchive: Sendable {
  let layout: ArchiveLayout
  /// The ledger's file, which need not be there.
  let ledger: FilePath
  private let locks: [Hold]

  private final class Hold: Sendable {
    private let lock: FileLock

    init(_ path: FilePath) throws(KeepError) { self.lock = try FileLock(path) }
  }

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
    var locks = [try Hold(layout.lock)]
    if let path, let name = path.lastComponent {
      let folder = path.removingLastComponent()
      if !folder.isEmpty { try Folder.make(folder) }
      locks.append(try Hold(folder.appending("\(name.string).lock")))
    }
    self.layout = layout
    self.ledger = path ?? layout.ledger
    self.locks = locks
  }
}
