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
    /// Keeping runs that there are, without submitting any; one process at a time.
    case keeping
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
  /// - Throws: ``KeepError`` with code `ledger_unusable` when another process writes to the archive, the
  ///   ledger is damaged, or is missing beside bundles and runs are to be submitted, `local_io` when folders
  ///   cannot be made, `usage` when there is nothing to read.
  ///   An archive that cannot be written is read all the same, as far as its ledger lets it.
  public init(
    at root: FilePath, ledger path: FilePath? = nil, for purpose: Purpose,
    now: @escaping @Sendable () -> Timestamp
  ) async throws(KeepError) {
    let layout =
      path == nil ? ArchiveLayout(root: root) : try ArchiveLayout(rootAwayFromLedger: root)
    let ledgerPath = path ?? layout.ledger
    if purpose != .reading {
      try Folder.make(layout.root)
      try Folder.make(layout.hidden, isPrivate: true)
      try Folder.make(layout.inputs, isPrivate: true)
      try Folder.make(layout.spools, isPrivate: true)
      self.locks = [try HeldLock(layout.lock)] + (try Self.locks(besideLedger: path))
      if purpose == .writing { try Self.checkLedger(ledgerPath, layout) }
    } else {
      guard try FileReader.isThere(layout.root), Folder.isFolder(layout.root),
        try FileReader.isThere(ledgerPath)
      else {
        if let path, Folder.isFolder(layout.root) {
          throw KeepError(
            .usage, .path(path), "is not there", hint: "name the archive's ledger with --ledger")
        }
        throw KeepError(
          .usage, .path(root), "is not an archive: it has no ledger",
          hint: "name one with --archive or COMFYKEEP_ARCHIVE")
      }
      self.locks = []
    }
    self.layout = layout
    self.ledger =
      purpose == .reading ? try Ledger(reading: ledgerPath, now: now) : try Ledger(at: ledgerPath, now: now)
    guard purpose != .reading else { return }
    try await ledger.doubtInterruptedSubmits()
    CrashPoint.ledgerOpened.pass()
    try await Leftovers(layout: layout).begin(ledger)
  }

  deinit { if !locks.isEmpty { Leftovers(layout: layout).end() } }

  /// Refuses to begin an empty ledger where runs were kept before: everything would be submitted, and paid for,
  /// a second time.
  private static func checkLedger(_ path: FilePath, _ layout: ArchiveLayout) throws(KeepError) {
    guard !FileReader.exists(path), let bundle = try layout.firstBundle() else { return }
    throw KeepError(
      .ledgerUnusable, .path(path),
      "the ledger is not there, and the archive holds bundles such as \(layout.relative(bundle).string): "
        + "a new one would not know what was paid for",
      hint:
        "put it back from a copy, or name it with --ledger; else comfykeep archive REQUEST_ID --deployment ID "
        + "begins a new one, after which run submits anew whatever that does not know")
  }

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
