import KeepArchive
import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

/// Makes the canonical files of bundles again.
public struct Repacking: Sendable {
  private let repacker: BundleRepacker

  /// How originals are known.
  ///
  /// - Parameters:
  ///   - originals: SHA-256 of originals by the name of the bundle's file; see ``Archive/originals()``.
  ///   - given: SHA-256 of the one original, known otherwise.
  public init(originals: [String: Checksum] = [:], given: Checksum? = nil) {
    self.repacker = BundleRepacker(originals: originals, given: given)
  }

  /// Removes what a killed process left half written in a folder, if it is there; once, before the first bundle.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  public func clear(_ folder: FilePath) throws(KeepError) {
    if Folder.isFolder(folder) { try Folder.removeLeftovers(in: folder) }
  }

  /// Writes the canonical file of a bundle, from a ZIP that another program made or from its unpacked folder, into
  /// another folder, which is made as needed; never overwriting.
  ///
  /// - Returns: What was made; or, with nothing written, what keeps it from being made.
  /// - Throws: ``KeepError`` with code `unsafe_bundle`, `not_a_bundle`; `fixity` when it cannot be read as what it is;
  ///   `bundle_exists` when another bundle has the name; `local_io`; `interrupted`.
  public func repack(
    _ source: FilePath, into folder: FilePath, interruption: Interruption
  ) throws(KeepError) -> RepackReport {
    try Folder.make(folder)
    return try repacker.repack(source, into: folder) { _ throws(KeepError) in try interruption.check() }
  }
}

extension Archive {
  /// SHA-256 of every bundle that the ledger says is kept, by the name of its file.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func originals() async throws(KeepError) -> [String: Checksum] {
    try await ledger.keptRuns().reduce(into: [:]) { originals, run in
      if let name = run.bundle.lastComponent?.string { originals[name] = run.checksum }
    }
  }
}
