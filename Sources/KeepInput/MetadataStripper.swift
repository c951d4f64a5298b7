internal import KeepFiles
package import KeepModel
package import SystemPackage

/// Leaves the metadata of pictures out without touching a byte of what they show.
///
/// | type | what happens |
/// |---|---|
/// | JPEG | EXIF, XMP, IPTC, C2PA, comments, every application segment but JFIF, ICC profile and Adobe's, and all that is appended: further pictures, motion |
/// | PNG | EXIF, texts, time, C2PA, every optional chunk that does not bear on the picture, and all that is appended |
/// | WebP | EXIF, XMP, C2PA, every unknown chunk, and all that is appended; flags and size are set right |
/// | BMP, 3D | sent as they are: there is no place for such things in them, or none that is in use |
/// | GIF, TIFF, HEIC, AVIF, MP4, MOV, M4A, WAV | sent as they are where they have none, else refused |
/// | others | refused, since whether they have any cannot be told |
///
/// What is asked for is done or refused: a place that leaves the house in spite of the wish cannot be taken back.
/// An orientation in JPEG, PNG and WebP stays, alone in a block of its own, for loaders that turn pictures by it
/// would show another picture otherwise. One that only a PNG's texts of old programs tell is lost.
package enum MetadataStripper {
  /// The edits that leave the metadata of a whole file out; empty where there is nothing to leave out.
  ///
  /// - Parameter sniffer: Has followed the whole file.
  /// - Throws: ``KeepError`` with code `inputRejected` when its metadata cannot be left out.
  static func edits(
    _ sniffer: MediaSniffer, _ type: MediaType, size: UInt64, _ path: FilePath
  ) throws(KeepError) -> [FileEdit] {
    switch type {
    case "image/jpeg", "image/png", "image/webp":
      if let edits = sniffer.strippingEdits(size: size) { return edits }
      throw KeepError(
        .inputRejected, .path(path), "has metadata in too many places to be left out", hint: "export it again"
      )
    default:
      let hasMetadata = type.kind == .model3D ? false : sniffer.hasMetadata
      guard hasMetadata != false else { return [] }
      throw KeepError(
        .inputRejected, .path(path),
        "its metadata cannot be left out: it is \(type), and that works for JPEG, PNG and WebP"
          + (hasMetadata == nil ? "; whether it has any cannot be told" : ""),
        hint: hint(type))
    }
  }

  private static func hint(_ type: MediaType) -> String {
    switch type.kind {
    case .image: "export it as JPEG, PNG or WebP, or send it without --strip-metadata"
    default:
      "make a copy without: ffmpeg -i IN -map_metadata -1 -fflags +bitexact -c copy OUT"
        + ", and send that without --strip-metadata"
    }
  }

  /// Writes the copy of a file that an asset stands for: the file without its metadata.
  ///
  /// The copy is for the owner alone, and appears whole or not at all, never overwriting.
  ///
  /// - Returns: Whether it was made; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is no longer the one that was read; `localIO`.
  package static func write(_ asset: Asset, to target: FilePath) throws(KeepError) -> Bool {
    let reader = try FileReader(asset.path, code: .inputRejected)
    var hasher = ChecksumHasher()
    var sniffer = MediaSniffer(asset.mediaType)
    var size: UInt64 = 0
    try reader.forEachPiece { piece throws(KeepError) in
      hasher.update(piece)
      sniffer.update(piece)
      size += UInt64(piece.count)
    }
    guard hasher.finish() == asset.original, sniffer.defect(size: size) == nil else {
      throw KeepError(
        .inputRejected, .path(asset.path), "changed after it was checked",
        hint: "run the same command again once nothing writes to it")
    }
    guard let name = target.lastComponent else {
      throw KeepError(.localIO, .path(target), "is not a file name")
    }
    let file = try AtomicFile(in: target.removingLastComponent())
    let edits = try edits(sniffer, asset.mediaType, size: size, asset.path)
    try forEachPiece(of: reader, edits) { piece throws(KeepError) in try file.write(piece) }
    return try file.publish(as: name, permissions: .ownerReadWrite)
  }

  /// Reads an open file from its start again and hands over what is left of it.
  static func forEachPiece(
    of reader: borrowing FileReader, _ edits: [FileEdit],
    _ body: (UnsafeRawBufferPointer) throws(KeepError) -> Void
  ) throws(KeepError) {
    do {
      try reader.descriptor.seek(offset: 0, from: .start)
    } catch {
      throw .file(error, reader.path, "cannot be read again")
    }
    var pass = EditingPass(edits)
    try reader.forEachPiece { piece throws(KeepError) in try pass.take(piece, body) }
    try pass.finish(body)
  }
}
