package import KeepFiles
package import KeepModel
package import SystemPackage

/// Reads a local file once and says what it is: size, checksum, media type, width and height, and what it carries.
///
/// Nothing is decoded and the memory used does not grow with the file. What it lets through is whole as far as
/// its structure tells, and of the type that its name claims.
package struct AssetReader: Sendable {
  /// A larger file is refused by its size, before it is read.
  package var maximumSize: ByteCount
  /// Whether files are to be sent without their metadata; see ``MetadataStripper``. They are then read a second time.
  package var stripsMetadata: Bool

  /// A reader with a limit.
  package init(maximumSize: ByteCount = .mebibytes(2048), stripsMetadata: Bool = false) {
    self.maximumSize = maximumSize
    self.stripsMetadata = stripsMetadata
  }

  /// Opens a file once and reads it once, or twice where metadata are to be left out: then the asset is what is left,
  /// with the checksum of the file as its `original`. A file that has nothing to leave out is an asset as any other.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is missing, unreadable, not a regular file,
  ///   empty, too large, of no known type, of another type than its name says, cut off, or changed while it was
  ///   read, or when its metadata are to be left out and cannot be; `localIO` when reading fails; `interrupted` when
  ///   the task is cancelled.
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
    let whole = Asset(
      path: path, size: ByteCount(size), checksum: hasher.finish(), mediaType: found.type,
      dimensions: found.sniffer.dimensions, traits: found.sniffer.traits)
    guard stripsMetadata else { return whole }
    let edits = try MetadataStripper.edits(found.sniffer, found.type, size: size, path)
    return edits.isEmpty ? whole : try read(reader, since: stamp, whole, without: edits)
  }

  /// Reads a file again, as it is without its metadata. What is left has to pass as any file has to.
  private func read(
    _ reader: borrowing FileReader, since stamp: FileStamp, _ whole: Asset, without edits: [FileEdit]
  ) throws(KeepError) -> Asset {
    let path = whole.path
    var hasher = ChecksumHasher()
    var sniffer = MediaSniffer(whole.mediaType)
    var size: UInt64 = 0
    try MetadataStripper.forEachPiece(of: reader, edits) { piece throws(KeepError) in
      guard !Task.isCancelled else { throw KeepError(.interrupted, .path(path), "was not read to its end") }
      size += UInt64(piece.count)
      hasher.update(piece)
      sniffer.update(piece)
    }
    guard try reader.stamp() == stamp else { throw Self.changed(path) }
    guard sniffer.defect(size: size) == nil, sniffer.traits.metadata.isSubset(of: [.exif]) else {
      throw KeepError(
        .inputRejected, .path(path),
        "its metadata cannot be left out: what is left is no whole \(whole.mediaType)",
        hint: "export it again")
    }
    let checksum = hasher.finish()
    guard checksum != whole.checksum else { return whole }
    return Asset(
      path: path, size: ByteCount(size), checksum: checksum, mediaType: whole.mediaType,
      dimensions: sniffer.dimensions, traits: sniffer.traits, original: whole.checksum)
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
