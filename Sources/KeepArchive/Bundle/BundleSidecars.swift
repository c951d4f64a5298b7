internal import Glibc
internal import KeepFiles
internal import KeepModel
internal import SystemPackage

/// The files beside a bundle: its checksum for `sha256sum -c`, and the receipt, which holds everything that
/// varies from one archiving to the next.
struct BundleSidecars: Sendable {
  /// The bundle's file name.
  let bundle: String
  /// SHA-256 of the bundle.
  let checksum: Checksum

  /// - Throws: ``KeepError`` with code `bundleExists` when a checksum is there that is not the bundle's.
  func check(in folder: FilePath) throws(KeepError) {
    let target = folder.appending("\(bundle).sha256")
    guard target.withPlatformString({ access($0, F_OK) }) == 0 else { return }
    guard try FileReader.bytes(of: target, limit: 4096) == line else {
      throw KeepError(
        .bundleExists, .path(target), "holds the checksum of another bundle, and stays as it is",
        hint: "look whether the bundle was replaced, then move the checksum file away")
    }
  }

  /// Writes those that are not there yet. What is there stays: it tells of the first archiving.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func write(in folder: FilePath, receipt: JSONValue?) throws(KeepError) {
    _ = try AtomicFile.publish(line, as: folder.appending("\(bundle).sha256"))
    guard let receipt else { return }
    let stem = bundle.hasSuffix(".zip") ? String(bundle.dropLast(4)) : bundle
    _ = try AtomicFile.publish(
      CanonicalJSON.indented(receipt), as: folder.appending("\(stem).receipt.json"),
      permissions: .ownerReadWrite)
  }

  /// As `sha256sum` writes it.
  private var line: [UInt8] { Array("\(checksum)  \(bundle)\n".utf8) }
}
