import Glibc
import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

/// An open archive: its folders, its ledger, and what keeps the processes that work in it out of each other's way.
///
/// Any number of processes may submit, keep and look at once: all hold the archive's lock together, and each takes a
/// lease for the submission, request or asset that it works on. Who comes while nobody else is there has the lock
/// alone for a moment, and uses it to make or migrate the ledger and to clear away what killed processes left.
public final class Archive: Sendable {
  /// What an archive is opened for.
  public enum Purpose: Sendable {
    /// Looking only.
    case reading
    /// Keeping runs that there are, without submitting any.
    case keeping
    /// Submitting and keeping.
    case writing
    /// What bears nobody else beside it, not even for a moment.
    case alone
  }

  /// Where things lie.
  public let layout: ArchiveLayout
  /// The truth about what was paid for.
  let ledger: Ledger
  /// Keeps apart what must not happen at once.
  let turns: Turns
  /// Room for the record of a run that the service took, held where the disk has it.
  let reserve: DiskReserve?
  /// Whether nobody else worked in the archive when it was opened to be written.
  var wasAlone: Bool { !locks.isEmpty && locks.allSatisfy(\.isAlone) }
  private let locks: [ArchiveLock]
  private let mark: WriterMark?

  /// Opens an archive, making it as needed when it is to be written.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable` when the archive is to be had alone and another process works
  ///   in it, or one that works in it uses another ledger; when the ledger is damaged, or is missing where there was
  ///   one; `local_io` when folders cannot be made, `usage` when there is nothing to read.
  ///   An archive that cannot be written is read all the same, as far as its ledger lets it.
  public convenience init(
    at root: FilePath, ledger path: FilePath? = nil, for purpose: Purpose,
    now: @escaping @Sendable () -> Timestamp
  ) async throws(KeepError) {
    let layout =
      path == nil ? ArchiveLayout(root: root) : try ArchiveLayout(rootAwayFromLedger: root)
    if purpose == .reading {
      try self.init(reading: layout, path, now)
    } else {
      try await self.init(writing: layout, path, purpose, now)
    }
  }

  private init(
    reading layout: ArchiveLayout, _ path: FilePath?, _ now: @escaping @Sendable () -> Timestamp
  ) throws(KeepError) {
    let ledgerPath = path ?? layout.ledger
    guard try FileReader.isThere(layout.root), Folder.isFolder(layout.root),
      try FileReader.isThere(ledgerPath)
    else {
      if let path, Folder.isFolder(layout.root) {
        throw KeepError(
          .usage, .path(path), "is not there", hint: "name the archive's ledger with --ledger")
      }
      throw KeepError(
        .usage, .path(layout.root), "is not an archive: it has no ledger",
        hint: "name one with --archive or COMFYKEEP_ARCHIVE")
    }
    self.layout = layout
    self.ledger = try Ledger(reading: ledgerPath, now: now)
    self.turns = Turns()
    self.reserve = nil
    self.locks = []
    self.mark = nil
  }

  private init(
    writing layout: ArchiveLayout, _ path: FilePath?, _ purpose: Purpose,
    _ now: @escaping @Sendable () -> Timestamp
  ) async throws(KeepError) {
    let ledgerPath = path ?? layout.ledger
    try Folder.make(layout.root)
    for folder in [layout.hidden, layout.inputs, layout.spools] { try Folder.make(folder, isPrivate: true) }
    let locks = try Self.lockPaths(layout, path).map { path throws(KeepError) in
      try ArchiveLock(path, alone: purpose == .alone)
    }
    let isAlone = locks.allSatisfy(\.isAlone)
    self.layout = layout
    self.locks = locks
    if !isAlone { try WriterMark.check(in: layout.hidden, ledger: ledgerPath) }
    try Self.checkLedger(ledgerPath, layout)
    let ledger = try Ledger(at: ledgerPath, joins: locks.last?.isAlone == false, now: now)
    try Folder.makeMark(layout.begun)
    let leases = try Leases(Self.leases(besideLedger: ledgerPath))
    CrashPoint.ledgerOpened.pass()
    self.ledger = ledger
    let reserve = DiskReserve(ledgerPath.beside(".reserve"))
    if purpose == .writing { reserve.hold(Self.reservedRoom) }
    self.reserve = reserve
    self.turns = Turns(leases)
    if isAlone { try await Leftovers(layout: layout).clear(ledger, at: ledgerPath) }
    self.mark = try WriterMark(in: layout.hidden, ledger: ledgerPath)
    for lock in locks { try lock.open(alone: purpose == .alone) }
    try await doubtInterruptedSubmits()
  }

  /// What the record of an accepted run takes at most, and some.
  private static let reservedRoom = ByteCount(262_144)

  /// A submission that is being sent and that no living process is at was cut off: the service may have it.
  func doubtInterruptedSubmits() async throws(KeepError) {
    for key in try await ledger.submissionsBeingSent() {
      _ = try await turns.alone("submission \(key)", patience: .none) { () async throws(KeepError) in
        try await ledger.doubtInterrupted(key)
      }
    }
  }

  /// Where the leases of a ledger lie: beside the file itself, by whatever path it was named.
  private static func leases(besideLedger path: FilePath) -> FilePath {
    let real = path.withPlatformString { realpath($0, nil) }
    defer { free(real) }
    let place = real.map { FilePath(platformString: UnsafePointer($0)) } ?? path
    return place.beside(".leases")
  }

  /// Refuses to begin an empty ledger where there was one before: everything would be submitted, and paid for, a
  /// second time, and what is open would be forgotten.
  private static func checkLedger(_ path: FilePath, _ layout: ArchiveLayout) throws(KeepError) {
    guard !FileReader.exists(path) else { return }
    guard let bundle = try layout.firstBundle() else {
      guard FileReader.exists(layout.begun) else { return }
      throw KeepError(
        .ledgerUnusable, .path(path),
        "the ledger is not there, and the archive had one: a new one would not know what was paid for",
        hint:
          "put it back from a copy, name it with --ledger, or let comfykeep ledger rebuild begin a new one")
    }
    throw KeepError(
      .ledgerUnusable, .path(path),
      "the ledger is not there, and the archive holds bundles such as \(layout.relative(bundle).string): "
        + "a new one would not know what was paid for",
      hint:
        "put it back from a copy, or name it with --ledger; else comfykeep ledger rebuild makes one from the "
        + "bundles, after which run submits anew only what they do not prove")
  }

  /// A ledger that is kept elsewhere could serve two archives: it has a lock of its own, which is the last.
  static func lockPaths(
    _ layout: ArchiveLayout, _ path: FilePath?
  ) throws(KeepError) -> [FilePath] {
    guard let path, let name = path.lastComponent else { return [layout.lock] }
    let folder = path.removingLastComponent()
    if !folder.isEmpty { try Folder.make(folder) }
    return [layout.lock, folder.appending("\(name.string).lock")]
  }
}
