import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

extension Archive {
  /// What the ledger says is kept, held against what lies there.
  public struct Holdings: Sendable {
    /// Every bundle that the ledger says is kept in the folder, by when its run was submitted. One that a store has too
    /// is among them where it was to stay in the folder, whether it is there or not.
    public let kept: [Verification.Item]
    /// The bundles that are kept in a store of objects alone, which is not asked.
    public let stored: [StoredBundle]
    /// The ZIP files in the archive that the ledger does not know.
    public let unknown: [FilePath]
  }

  /// What the ledger says is kept, and what else lies in the archive.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`; `local_io` when a folder of the archive cannot be read.
  public func holdings() async throws(KeepError) -> Holdings {
    var seen: Set<FilePath> = []
    var kept: [Verification.Item] = []
    var stored: [StoredBundle] = []
    for run in try await ledger.keptRuns() {
      let place = try whereabouts(of: run)
      // One run may have been adopted and submitted; its bundle is one.
      guard seen.insert(place.path.lexicallyNormalized()).inserted else { continue }
      if !place.isHere, let away = run.leftFor {
        stored.append(away)
      } else {
        kept.append(Verification.Item(path: place.path, expected: run.checksum))
      }
    }
    let known = Set(try kept.map { item throws(KeepError) in try Self.place(item.path) })
    var unknown: [FilePath] = []
    for path in try BundleFinder.files(below: layout.root) where try !known.contains(Self.place(path)) {
      unknown.append(path)
    }
    return Holdings(kept: kept, stored: stored, unknown: unknown)
  }

  private static func place(_ path: FilePath) throws(KeepError) -> FilePath {
    try Folder.absolute(path).lexicallyNormalized()
  }
}
