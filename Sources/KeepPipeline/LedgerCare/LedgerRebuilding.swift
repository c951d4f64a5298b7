import KeepArchive
import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

/// Makes an archive's ledger anew where it is damaged, empty or gone.
public struct LedgerRebuilding: Sendable {
  /// What came of it.
  public struct Outcome: Sendable {
    /// What the new ledger holds.
    public let report: LedgerRebuildReport
    /// Where the new ledger lies.
    public let ledger: FilePath
    /// Where the damaged one lies now; `nil` where there was none.
    public let aside: FilePath?
  }

  private let root: FilePath
  private let path: FilePath?
  private let now: @Sendable () -> Timestamp

  /// A rebuild of an archive's ledger.
  ///
  /// - Parameter ledger: The ledger, where it is kept elsewhere.
  public init(of root: FilePath, ledger: FilePath? = nil, now: @escaping @Sendable () -> Timestamp) {
    self.root = root
    self.path = ledger
    self.now = now
  }

  /// Makes the new ledger from what can still be read of the damaged one, the bundles and the receipts. Nothing is sent,
  /// and nothing is removed: the damaged ledger is moved aside.
  ///
  /// - Parameter isForced: Whether one that is whole is made anew, too, and one of which nothing at all can be read.
  /// - Throws: ``KeepError`` with `usage` where the ledger is whole, or there is no archive; `ledger_unusable` where another
  ///   process has the archive, or a ledger that has bytes tells nothing any more; `local_io`.
  public func run(isForced: Bool = false) async throws(KeepError) -> Outcome {
    let archive = try ExclusiveArchive(at: root, ledger: path)
    defer { withExtendedLifetime(archive) {} }
    if try Ledger.finishRebuild(at: archive.ledger, at: now()) {
      return try await Outcome(report: told(archive.ledger), ledger: archive.ledger, aside: nil)
    }
    try await requireDamage(archive.ledger, isForced: isForced)
    var (runs, notes) = try proofs(archive.layout)
    // The same run may lie in two bundles; the first one counts.
    var seen: Set<RequestID> = []
    runs = runs.filter { seen.insert($0.request.id).inserted }
    let salvage = try salvage(archive)
    guard isForced || !salvage.isUnreadable else {
      throw KeepError(
        .ledgerUnusable, .path(archive.ledger),
        "nothing can be read of the damaged ledger: a new one would know only the \(runs.count) runs that bundles "
          + "prove, and nothing of what is open or in doubt",
        hint:
          "put it back from a copy; --anyway makes the new one, after which run submits again what no bundle proves"
      )
    }
    let (report, aside) = try Ledger.rebuild(at: archive.ledger, from: salvage, runs, at: now())
    var whole = report
    whole.notes = report.notes + notes
    return Outcome(report: whole, ledger: archive.ledger, aside: aside)
  }

  /// Refuses a ledger that is whole, unless it is to be made anew all the same, and always what is no damaged ledger: one
  /// of a newer version, a database of another program, or a file that cannot be got at.
  private func requireDamage(_ path: FilePath, isForced: Bool) async throws(KeepError) {
    guard FileReader.exists(path) else { return }
    let findings: [LedgerFinding]
    do {
      findings = try await Ledger(at: path, now: now).audit()
    } catch {
      guard Ledger.isDamage(error) else { throw error }
      return
    }
    guard findings.isEmpty, !isForced else { return }
    throw KeepError(
      .usage, .path(path), "the ledger is whole: there is nothing to rebuild",
      hint: "comfykeep ledger check tells more; --anyway rebuilds it all the same")
  }

  /// What a ledger holds that was whole before, but for its name.
  private func told(_ path: FilePath) async throws(KeepError) -> LedgerRebuildReport {
    let entries = try await Ledger(at: path, now: now).entries()
    var report = LedgerRebuildReport()
    report.count(entries)
    report.notes = ["an earlier rebuild was stopped at its last step, and is ended"]
    return report
  }

  /// Reads a copy of the damaged ledger: nothing writes to the ledger itself.
  private func salvage(_ archive: ExclusiveArchive) throws(KeepError) -> LedgerSalvage {
    // One without bytes, and without a log, is as good as gone.
    let sizes = try [archive.ledger, side(archive.ledger, "-wal")].map(size(of:))
    guard sizes.contains(where: { $0 > 0 }) else { return LedgerSalvage() }
    let folder = archive.layout.hidden.appending("salvage")
    try Folder.removeSpool(folder)
    try Folder.make(folder, isPrivate: true)
    let copy = folder.appending("ledger.sqlite")
    for suffix in ["", "-wal", "-shm"] {
      let source = side(archive.ledger, suffix)
      guard FileReader.exists(source) else { continue }
      _ = try FileCopy.clone(from: source, to: side(copy, suffix), permissions: .ownerReadWrite)
    }
    let salvage = LedgerSalvage(ofCopy: copy)
    try Folder.removeSpool(folder)
    return salvage
  }

  private func size(of path: FilePath) throws(KeepError) -> UInt64 {
    guard FileReader.exists(path) else { return 0 }
    return try FileReader(path).size
  }

  private func side(_ path: FilePath, _ suffix: String) -> FilePath { FilePath(path.string + suffix) }

  /// What bundles prove, and receipts of bundles that are not here; with what could not be told.
  private func proofs(_ layout: ArchiveLayout) throws(KeepError) -> (runs: [ProvenRun], notes: [String]) {
    let proof = BundleProof(layout, now: now())
    var runs: [ProvenRun] = []
    var notes: [String] = []
    let listing = try FolderListing(of: layout.root, isRecursive: true)
    for (folder, error) in listing.unreadable {
      notes.append("\(folder.string) is not looked into: \(error.reason)")
    }
    for path in listing.files where path.extension?.lowercased() == "zip" {
      do throws(KeepError) {
        let (run, words) = try proof.run(ofBundle: path)
        runs.append(run)
        notes += words
      } catch {
        let place = layout.relative(path).string
        guard let run = proof.run(ofReceipt: BundleSidecars(of: path).receipt) else {
          notes.append("\(place) tells nothing: \(error.reason)")
          continue
        }
        runs.append(run)
        notes.append("\(place) is damaged: \(error.reason); its receipt tells that it was kept")
      }
    }
    for path in listing.files where path.string.hasSuffix(".receipt.json") {
      let bundle = FilePath(path.string.replacing(".receipt.json", with: ".zip"))
      guard !FileReader.exists(bundle) else { continue }
      guard let run = proof.run(ofReceipt: path) else {
        notes.append("\(layout.relative(path).string) tells nothing")
        continue
      }
      runs.append(run)
      notes.append("\(layout.relative(bundle).string) is not here; its receipt tells that it was kept")
    }
    return (runs, notes)
  }
}
