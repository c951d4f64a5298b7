import KeepArchive
import KeepFiles
public import KeepModel
public import SystemPackage

/// Takes files out of bundles.
public struct Extraction: Sendable {
  /// The folders of the payload that are taken out, such as `outputs`; none for the whole bag.
  public let payload: [String]
  /// Whether a damaged bundle is taken for what of it is whole.
  public let isSalvage: Bool

  /// How files are taken out of bundles.
  public init(payload: [String] = [], isSalvage: Bool = false) {
    self.payload = payload
    self.isSalvage = isSalvage
  }

  /// Removes what a killed process left half written in a folder, if it is there; once, before the first bundle.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  public func clear(_ folder: FilePath) throws(KeepError) {
    if Folder.isFolder(folder) { try Folder.removeLeftovers(in: folder) }
  }

  /// Makes a folder, named like the bundle's top directory, in another one, which is made as needed.
  ///
  /// The folder appears whole, every file verified, or not at all.
  ///
  /// - Throws: ``KeepError`` with code `unsafe_bundle` or `not_a_bundle`; `fixity` for a damaged bundle that is not to
  ///   be salvaged; `bundle_exists` when the folder's name is taken; `local_io`; `interrupted`.
  public func extract(
    _ bundle: FilePath, into folder: FilePath, interruption: Interruption
  ) throws(KeepError) -> ExtractionReport {
    try Folder.make(folder)
    return try BundleExtractor(payload.isEmpty ? .everything : .payload(payload), isSalvage: isSalvage)
      .extract(bundle, into: folder) { _ throws(KeepError) in try interruption.check() }
  }
}

extension Interruption {
  /// - Throws: ``KeepError`` with code `interrupted` once it is raised.
  func check() throws(KeepError) {
    if isRaised { throw KeepError(.interrupted, .none, "stopped") }
  }
}
