package import KeepFiles
package import KeepModel
package import SystemPackage

/// Reads a local file once and says what it is: size, checksum, media type, width and height.
///
/// Nothing is decoded and the memory used does not grow with the file. What it lets through is whole as far as
/// its structure tells, and of the type that its name claims.
package struct AssetReader: Sendable {
  /// A larger file is refused by its size, before it is read.
  package var maximumSize: ByteCount

  /// A reader with a limit.
  package init(maximumSize: ByteCount = .mebibytes(2048), stripsMetadata: Bool = false) {
    self.maximumSize = maximumSize
  }

  /// Opens a file once and reads it once.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is missing, unreadable, not a regular file,
  ///   empty, too large, of no known type, of another type than its name says, cut off, or changed while it was
  ///   read; `localIO` when reading fails; `interrupted` when the task is cancelled.
  package func read(_ path: FilePath) throws(KeepError) -> Asset {
    let reader = try FileReader(path, code: .inputRejected)
    return try read(reader, since: try reader.stamp())
  }

  /// Reads an open file from its start, which must not have changed since it was stamped.
  ///
  /// - Throws: ``KeepError`` as ``read(_:)``.
  package func read(_ reader: borrowing FileReader, since stamp: FileStamp) throws(KeepError) -> Asset {
    let path = reader.path
    try checkSize(stamp.size, path)
    var hasher = ChecksumHasher()
    var size: UInt64 = 0
    var found: (type: MediaType, sniffer: MediaSniffer)?
    try reader.forEachPiece { piece throws(KeepError) in
      guard !Task.isCancelled else { throw KeepError(.interrupted, .path(path), "was not read to its end") }
      if size == 0 {
        let type = try AssetName(path).checkedType(of: piece)
        found = (type, MediaSniffer(type))
      }
      size += UInt64(piece.count)
      guard size <= stamp.size else { throw Self.changed(path) }
      hasher.update(piece)
      found?.sniffer.update(piece)
    }
    guard try reader.stamp() == stamp, size == stamp.size, let found else { throw Self.changed(path) }
    if let defect = found.sniffer.defect(size: size) {
      throw KeepError(
        .inputRejected, .path(path), "is not a whole \(found.type) file: \(defect)",
        hint: "copy or export it again")
    }
    return Asset(
      path: path, size: ByteCount(size), checksum: hasher.finish(), mediaType: found.type,
      dimensions: found.sniffer.dimensions)
  }

  private func checkSize(_ size: UInt64, _ path: FilePath) throws(KeepError) {
    guard size > 0 else { throw KeepError(.inputRejected, .path(path), "the file is empty") }
    guard size <= maximumSize.bytes else {
      throw KeepError(
        .inputRejected, .path(path), "has \(ByteCount(size)); at most \(maximumSize) are read",
        hint: "make it smaller, or give a URL: --asset NODE.INPUT=https://…")
    }
  }

  private static func changed(_ path: FilePath) -> KeepError {
    KeepError(
      .inputRejected, .path(path), "changed while it was read",
      hint: "wait until it is complete, then run again")
  }
}
