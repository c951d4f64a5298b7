internal import KeepModel

/// A small picture of an archived file, as the bytes of a file that a page can show.
///
/// What a service sent may be hostile. Only PNG and JPEG are decoded, by code of our own, within limits; small WebP, GIF
/// and AVIF files are taken as they are, known by their first bytes. SVG, HTML and everything else has no thumbnail.
package struct Thumbnail: Sendable, Equatable {
  /// The end of its file name, without the dot; from a list of our own.
  package let fileExtension: String
  /// The bytes of the file.
  package let bytes: [UInt8]

  /// The long side in pixels at most: enough for a card of 240 points on a screen of double density.
  package static let longestSide = 480
  /// The same for a picture that is seen through, which cannot be packed as tightly.
  static let longestSideSeenThrough = 320

  /// Draws an archived file.
  ///
  /// - Returns: `nil` when the file is of a sort that is not drawn, beyond the limits, damaged, or not the one that the
  ///   manifest says.
  package init?(of stored: Manifest.Stored, in reader: borrowing BundleReader) {
    var source = PictureSource()
    do throws(KeepError) {
      try reader.read("data/\(stored.path)") { piece throws(KeepError) in
        guard source.take(piece) else { throw KeepError(.failure, .none, "nothing more is wanted") }
      }
    } catch {
      return nil
    }
    guard source.checksum() == stored.checksum, let (end, bytes) = source.thumbnail() else { return nil }
    self.fileExtension = end
    self.bytes = bytes
  }

  /// The bytes of a picture's thumbnail, and the end of their file name.
  static func encoded(_ raster: Raster) -> (String, [UInt8])? {
    if raster.isOpaque { return ("jpg", JPEGEncoder.encode(raster)) }
    return raster.reduced(to: longestSideSeenThrough).flatMap(PNGEncoder.encode).map { ("png", $0) }
  }
}

/// Takes in a picture as it is read, as far as a thumbnail needs it.
private struct PictureSource {
  private var hasher = ChecksumHasher()
  private var type: MediaType?
  private var png = PNGDecoder(limit: Thumbnail.longestSide)
  /// The bytes of what is not decoded as it comes, or is small enough to be taken as it is.
  private var kept: [UInt8] = []

  /// The largest files that are taken as they are, and the largest JPEG that is decoded.
  private static let smallPNG = 48 << 10
  private static let smallJPEG = 96 << 10
  private static let largestJPEG = 32 << 20
  private static let largestOther = 1 << 20
  /// A small file is taken as it is up to this long side.
  private static let sideAsItIs = 1024

  /// Takes the next bytes; false when no more are wanted.
  mutating func take(_ piece: UnsafeRawBufferPointer) -> Bool {
    hasher.update(piece)
    if type == nil { type = MediaType(magic: piece) }
    switch type?.rawValue {
    case "image/png":
      if kept.count <= Self.smallPNG { kept += piece }
      return png.update(piece) || png.finish() != nil
    case "image/jpeg":
      kept += piece
      return kept.count <= Self.largestJPEG
    case "image/gif", "image/webp", "image/avif":
      kept += piece
      return kept.count <= Self.largestOther
    default: return false
    }
  }

  /// SHA-256 of all bytes.
  mutating func checksum() -> Checksum { hasher.finish() }

  /// The thumbnail's bytes, and the end of its file name.
  func thumbnail() -> (String, [UInt8])? {
    switch type?.rawValue {
    case "image/png":
      guard let raster = png.finish(), let header = png.header else { return nil }
      let isSmall = kept.count <= Self.smallPNG && max(header.width, header.height) <= Thumbnail.longestSide
      return isSmall ? ("png", kept) : Thumbnail.encoded(raster)
    case "image/jpeg":
      guard let (raster, side) = JPEGDecoder.decode(kept, limit: Thumbnail.longestSide) else { return nil }
      let isSmall = kept.count <= Self.smallJPEG && side <= Self.sideAsItIs
      return isSmall ? ("jpg", kept) : Thumbnail.encoded(raster)
    case "image/gif": return ("gif", kept)
    case "image/webp": return ("webp", kept)
    case "image/avif": return ("avif", kept)
    default: return nil
    }
  }
}
