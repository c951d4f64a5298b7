internal import Glibc
internal import KeepFiles
package import KeepModel
package import SystemPackage

/// The files beside a bundle: its checksum for `sha256sum -c`, and the receipt, which holds everything that
/// varies from one archiving to the next.
package struct BundleSidecars: Sendable {
  private let folder: FilePath
  private let name: String

  /// The files beside a bundle, which need not be there.
  package init(of bundle: FilePath) {
    self.folder = bundle.removingLastComponent()
    self.name = bundle.lastComponent?.string ?? ""
  }

  /// Where its checksum lies, as `sha256sum` writes it.
  package var checksum: FilePath { folder.appending("\(name).sha256") }

  /// Where it says who archived it and when.
  package var receipt: FilePath {
    folder.appending("\(name.hasSuffix(".zip") ? String(name.dropLast(4)) : name).receipt.json")
  }

  /// The line that `sha256sum` writes for a bundle of that SHA-256.
  package func line(_ checksum: Checksum) -> [UInt8] { Array("\(checksum)  \(name)\n".utf8) }

  /// The SHA-256 in a file that `sha256sum` wrote for the bundle, read as text or as binary; `nil` in any other.
  func stated(in bytes: [UInt8]) -> Checksum? {
    let lines = bytes.split(separator: 0x0A)
    guard let line = lines.first, lines.count == 1 else { return nil }
    let isOfBundle = [" ", "*"].contains { line.dropFirst(64).elementsEqual(" \($0)\(name)".utf8) }
    return isOfBundle ? Checksum(hexadecimal: String(decoding: line.prefix(64), as: UTF8.self)) : nil
  }

  /// Makes sure that the checksum beside the bundle is its own, or not there yet.
  ///
  /// - Throws: ``KeepError`` with code `bundleExists` when a checksum is there that is not the bundle's.
  func check(_ expected: Checksum) throws(KeepError) {
    guard checksum.withPlatformString({ access($0, F_OK) }) == 0 else { return }
    guard try FileReader.bytes(of: checksum, limit: 4096) == line(expected) else {
      throw KeepError(
        .bundleExists, .path(checksum), "holds the checksum of another bundle, and stays as it is",
        hint: "look whether the bundle was replaced, then move the checksum file away")
    }
  }

  /// Writes those that are not there yet. What is there stays: it tells of the first archiving.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func write(_ sum: Checksum, receipt content: JSONValue?) throws(KeepError) {
    _ = try AtomicFile.publish(line(sum), as: checksum)
    guard let content else { return }
    _ = try AtomicFile.publish(CanonicalJSON.indented(content), as: receipt, permissions: .ownerReadWrite)
  }
}
