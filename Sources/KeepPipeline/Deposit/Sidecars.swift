import KeepArchive
import KeepFiles
import KeepInput
import KeepModel
import SystemPackage

/// The checksum and the receipt of a bundle, on their way to a store.
struct Sidecars {
  private let bundle: FilePath
  private let checksum: Checksum

  init(of bundle: FilePath, _ checksum: Checksum) {
    self.bundle = bundle
    self.checksum = checksum
  }

  /// Puts them beside the bundle. A checksum that is not here any more is written anew; a receipt that is there already
  /// stays, since it tells of the first archiving.
  ///
  /// - Throws: ``KeepError`` as ``ArchiveStore/put(_:as:progress:)``.
  func put(into store: ArchiveStore, beside path: String) async throws(KeepError) {
    let sidecars = BundleSidecars(of: bundle)
    let sum = sidecars.checksum
    if !FileReader.exists(sum) { _ = try AtomicFile.publish(sidecars.line(checksum), as: sum) }
    _ = try await store.put(try file(sum, "text/plain"), as: Self.path(sum, beside: path))
    let receipt = sidecars.receipt
    guard FileReader.exists(receipt) else { return }
    do {
      _ = try await store.put(try file(receipt, "application/json"), as: Self.path(receipt, beside: path))
    } catch {
      guard error.code == .bundleExists else { throw error }
    }
  }

  private static func path(_ sidecar: FilePath, beside path: String) -> String {
    let folder = path.split(separator: "/").dropLast().map(String.init)
    return (folder + [sidecar.lastComponent?.string ?? ""]).joined(separator: "/")
  }

  private func file(_ path: FilePath, _ type: MediaType) throws(KeepError) -> Asset {
    let reader = try FileReader(path)
    var hasher = ChecksumHasher()
    try reader.forEachPiece { piece throws(KeepError) in hasher.update(piece) }
    return Asset(
      path: path, size: ByteCount(reader.size), checksum: hasher.finish(), mediaType: type)
  }
}
