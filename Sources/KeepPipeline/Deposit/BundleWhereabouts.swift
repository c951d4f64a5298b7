import KeepFiles
public import KeepModel
public import SystemPackage

/// Where the bundle of a kept run is.
public struct BundleWhereabouts: Sendable {
  /// Where it lies, or lay, in the archive's folder.
  public let path: FilePath
  /// Whether a file is there now; what it holds is for `verify` to say.
  public let isHere: Bool
  /// Where it was proven to be in stores of objects, by the same bytes. Nothing is asked of them.
  public let stored: [StoredBundle]
  /// The stores that it is still to be put into.
  public let waiting: [StoredBundle]

  /// Whether it is nowhere that the ledger knows of.
  public var isLost: Bool { !isHere && stored.isEmpty }
}

extension Archive {
  /// Where the bundle of a kept run is: in the folder, in stores of objects, or in both.
  ///
  /// - Throws: ``KeepError`` with `local_io` when the folder cannot be looked into.
  public func whereabouts(of kept: KeptRun) throws(KeepError) -> BundleWhereabouts {
    let path = layout.absolute(kept.bundle)
    let same = kept.stores.filter { $0.checksum == kept.checksum }
    return BundleWhereabouts(
      path: path, isHere: try FileReader.isThere(path), stored: same.filter(\.isStored),
      waiting: same.filter { !$0.isStored })
  }
}
