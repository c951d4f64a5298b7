import KeepFiles
package import KeepModel
package import SystemPackage

/// Reads single files out of a bundle that was found safe. Nothing is unpacked.
///
/// Opening checks what must not be unpacked (names, kinds, overlaps, expansion), not the payload's checksums;
/// each file is checked by its CRC-32 when it is read.
package struct BundleReader: ~Copyable {
  private let file: FileReader
  private let entries: [String: ZIPDirectory.Entry]
  /// The bundle.
  package var path: FilePath { file.path }
  /// The paths below the top directory, in the bundle's order.
  package let paths: [String]

  /// Opens a bundle.
  ///
  /// - Throws: ``KeepError`` with code `notABundle`, `unsafeBundle`, `fixity`, or `localIO`.
  package init(_ path: FilePath) throws(KeepError) {
    var reader = ZIPReader(try FileReader(path))
    let directory = try reader.directory()
    if let directory { EntrySafety.check(directory, &reader.log) }
    let findings = reader.log.finished()
    for code in [KeepError.Code.notABundle, .unsafeBundle, .fixity] {
      if let finding = findings.first(where: { $0.status == code }) {
        throw KeepError(code, .path(path), "\(finding)")
      }
    }
    let found = directory?.entries ?? []
    let names = found.map { entry in
      String(decoding: entry.name.drop { $0 != UInt8(ascii: "/") }.dropFirst(), as: UTF8.self)
    }
    guard names.contains("bagit.txt") else {
      throw KeepError(.notABundle, .path(path), "no bagit.txt in one top directory")
    }
    self.paths = names
    self.entries = Dictionary(zip(names, found), uniquingKeysWith: { first, _ in first })
    self.file = reader.takeFile()
  }

  /// The size of a file, `nil` where there is none.
  package func size(of path: String) -> UInt64? { entries[path]?.size }

  /// The bytes of one file, such as `data/manifest.json`.
  ///
  /// - Throws: ``KeepError`` with code `failure` when there is no such file or it is larger than `limit`,
  ///   `fixity` when its bytes are not what the headers say, `localIO`.
  package func bytes(of path: String, limit: ByteCount) throws(KeepError) -> [UInt8] {
    guard let entry = entries[path] else {
      throw KeepError(.failure, .path(file.path), "has no \(path)")
    }
    guard entry.size <= limit.bytes, entry.compressedSize <= limit.bytes else {
      throw KeepError(
        .failure, .path(file.path), "\(path) has \(ByteCount(entry.size)); at most \(limit) are read")
    }
    let content = try file.content(of: entry)
    guard content.isWhole(entry), let bytes = content.bytes else {
      throw KeepError(.fixity, .path(file.path), "\(path) is damaged")
    }
    return bytes
  }

  /// Hands one file over in pieces, decoded.
  ///
  /// The bytes are checked only at the end: a taker that keeps them must throw them away when this throws.
  ///
  /// - Throws: ``KeepError`` with code `failure` when there is no such file, `fixity` when its bytes are not
  ///   what the headers say, `localIO`, and what `take` throws.
  package func read(
    _ path: String, _ take: (UnsafeRawBufferPointer) throws(KeepError) -> Void
  ) throws(KeepError) {
    guard let entry = entries[path] else {
      throw KeepError(.failure, .path(file.path), "has no \(path)")
    }
    guard try file.stream(entry, take).isWhole(entry) else {
      throw KeepError(.fixity, .path(file.path), "\(path) is damaged")
    }
  }
}
