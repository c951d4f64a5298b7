import KeepFiles
package import KeepModel
package import SystemPackage

/// Reads single files out of a bundle that was found safe. Nothing is unpacked.
///
/// Opening checks what must not be unpacked (names, kinds, overlaps, expansion), not the payload's checksums;
/// each file is checked by its CRC-32 when it is read.
package struct BundleReader: ~Copyable {
  /// What may be wrong with a bundle that is opened all the same.
  enum Tolerance {
    /// Nothing but its spelling.
    case nothing
    /// Entries that are folders, which other ZIP programs write; they are passed over.
    case folders
    /// Damage: what is whole is to be saved. Without a directory the entries are found by their local headers; those
    /// with names that are not safe are passed over.
    case damage
  }

  private let file: FileReader
  private let entries: [String: ZIPDirectory.Entry]
  /// The bundle.
  package var path: FilePath { file.path }
  /// The paths below the top directory, in the bundle's order.
  package let paths: [String]
  /// The one top directory.
  let top: String
  /// Whether the directory was lost, and the entries were found without it.
  let isWithoutDirectory: Bool
  /// What was passed over where damage is tolerated, since its name is not safe.
  let passedOver: [ExtractionReport.Loss]

  /// Opens a bundle.
  ///
  /// - Throws: ``KeepError`` with code `notABundle`, `unsafeBundle`, `fixity`, or `localIO`.
  package init(_ path: FilePath) throws(KeepError) { try self.init(path, tolerating: .nothing) }

  /// Opens a bundle that need not be quite right.
  ///
  /// - Throws: ``KeepError`` as ``init(_:)``, but for `fixity` where damage is tolerated.
  init(_ path: FilePath, tolerating tolerance: Tolerance) throws(KeepError) {
    var reader = ZIPReader(try FileReader(path))
    var directory = try reader.directory()
    let isWithoutDirectory = directory == nil
    if tolerance == .folders { directory?.entries.removeAll { $0.name.last == UInt8(ascii: "/") } }
    if tolerance == .damage, directory == nil, !reader.log.has(.notABundle) {
      directory = ZIPDirectory(entries: try LocalWalk.entries(of: reader.file), end: .none)
    }
    var findings = reader.log.finished()
    var passedOver: [ExtractionReport.Loss] = []
    if tolerance == .damage {
      // Local headers' names may be in the log, too. No file gets those.
      findings.removeAll { EntrySafety.isNameFault($0) }
      passedOver = EntrySafety.removeUnsafeNames(from: &directory)
    }
    if let directory {
      var log = FindingLog()
      EntrySafety.check(directory, &log)
      findings += log.finished()
    }
    for code in [KeepError.Code.notABundle, .unsafeBundle] + (tolerance == .damage ? [] : [.fixity]) {
      if let finding = findings.first(where: { $0.status == code }) {
        throw KeepError(code, .path(path), "\(finding)")
      }
    }
    let found = directory?.entries ?? []
    let names = found.map { entry in
      String(decoding: entry.name.drop { $0 != UInt8(ascii: "/") }.dropFirst(), as: UTF8.self)
    }
    let marks = ["bagit.txt"] + (tolerance == .nothing ? [] : ["bag-info.txt", "manifest-sha256.txt"])
    guard names.contains(where: marks.contains) else {
      if let loss = passedOver.first {
        throw KeepError(
          .unsafeBundle, .path(path), "\(loss.path) \(loss.reason), and no mark of a bundle is left")
      }
      throw KeepError(.notABundle, .path(path), "no bagit.txt in one top directory")
    }
    self.isWithoutDirectory = isWithoutDirectory
    self.passedOver = passedOver
    self.paths = names
    self.top = String(decoding: (found.first?.name ?? []).prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
    self.entries = Dictionary(zip(names, found), uniquingKeysWith: { first, _ in first })
    self.file = reader.takeFile()
  }

  /// CRC-32 of a file as the headers say it, `nil` where there is none.
  func crc(of path: String) -> UInt32? { entries[path]?.crc }

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
