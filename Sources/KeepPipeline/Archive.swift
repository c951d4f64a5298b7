import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

/// An open archive: its folders, its ledger, and the lock of the one process that writes.
public final class Archive: Sendable {
  /// What an archive is opened for.
  public enum Purpose: Sendable {
    /// Looking only; several processes may.
    case reading
    /// Submitting and keeping; one process at a time.
    case writing
  }

  /// Where things lie.
  public let layout: ArchiveLayout
  /// The truth about what was paid for.
  let ledger: Ledger
  /// Keeps apart what must not happen at once.
  let turns = Turns()
  private let locks: [HeldLock]

  /// Opens an archive, making it as needed when it is to be written.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable` when another process writes to the archive or the
  ///   ledger is damaged, `local_io` when folders cannot be made, `usage` when there is nothing to read.
  ///   An archive that cannot be written is read all the same, as far as its ledger lets it.
  public init(
    at root: FilePath, ledger path: FilePath? = nil, for purpose: Purpose,
    now: @escaping @Sendable () -> Timestamp
  ) async throws(KeepError) {
    let layout = ArchiveLayout(root: root)
    let ledgerPath = path ?? layout.ledger
    if purpose == .writing {
      try Folder.make(layout.root)
      try Folder.make(layout.hidden, isPrivate: true)
      try Folder.make(layout.inputs, isPrivate: true)
      try Folder.make(layout.spools, isPrivate: true)
      self.locks = [try HeldLock(layout.lock)] + (try Self.locks(besideLedger: path))
    } else {
      guard try FileReader.isThere(layout.root), Folder.isFolder(layout.root),
        try FileReader.isThere(ledgerPath)
      else {
        throw KeepError(
          .usage, .path(root), "is not an archive: it has no ledger",
          hint: "name one with --archive or COMFYKEEP_ARCHIVE")
      }
      self.locks = []
    }
    self.layout = layout
    self.ledger =
      purpose == .writing ? try Ledger(at: ledgerPath, now: now) : try Ledger(reading: ledgerPath, now: now)
    guard purpose == .writing else { return }
    try await ledger.doubtInterruptedSubmits()
    try await Leftovers(layout: layout).begin(ledger)
  }

  deinit { if !locks.isEmpty { Leftovers(layout: layout).end() } }

  /// A ledger that is kept elsewhere could serve two archives: it has a lock of its own.
  private static func locks(besideLedger path: FilePath?) throws(KeepError) -> [HeldLock] {
    guard let path, let name = path.lastComponent else { return [] }
    let folder = path.removingLastComponent()
    if !folder.isEmpty { try Folder.make(folder) }
    return [try HeldLock(folder.appending("\(name.string).lock"))]
  }
}

/// A file lock held as long as the archive is open.
private final class HeldLock: Sendable {
  private let lock: FileLock

  init(_ path: FilePath) throws(KeepError) { self.lock = try FileLock(path) }
}
