internal import KeepModel

/// Media that came with a submission: the bytes, what they are, and how they are called in the graph.
struct InputMedia: Sendable {
  /// All bytes, or the first ones of a large file that was fetched.
  let bytes: [UInt8]
  /// The size of the whole file.
  let size: UInt64
  let checksum: Checksum
  let format: MediaFormat
  /// The claimed media type, where the reference bore one.
  let claimed: MediaType?

  init(bytes: [UInt8], claimed: MediaType? = nil) {
    self.bytes = bytes
    self.size = UInt64(bytes.count)
    self.checksum = Checksum(of: bytes)
    self.format = .sniff(bytes)
    self.claimed = claimed
  }

  init(fetched: Simulator.FetchedMedia) {
    self.bytes = fetched.start
    self.size = fetched.size
    self.checksum = fetched.checksum
    self.format = .sniff(fetched.start)
    self.claimed = nil
  }

  /// Whether all bytes are here; a larger file counts as good, and is not copied into outputs.
  var isWhole: Bool { size == UInt64(bytes.count) }

  /// The name under which ComfyUI finds it in its input folder; follows from the bytes alone.
  var name: String { "\(checksum.hexadecimal.prefix(32)).\(format.fileExtension)" }

  /// The size in pixels, read from the header of a still picture; `nil` if it has none that we read.
  var pixels: (width: Int, height: Int)? { MediaStructure(bytes).size(format) }

  /// Checks that the bytes are whole, and what they claim to be.
  ///
  /// - Throws: ``MediaFlaw``.
  func check() throws(MediaFlaw) {
    guard !bytes.isEmpty else { throw MediaFlaw("the file is empty") }
    if let claimed, !format.answers(to: claimed) {
      throw MediaFlaw("the bytes are \(format.mediaType), not the \(claimed) they are sent as")
    }
    if isWhole { try MediaStructure(bytes).check(format) }
  }
}

/// Walks the containers of media files.
struct MediaStructure {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Checks that a file of this format is whole.
  ///
  /// - Throws: ``MediaFlaw`` for one that is broken or cut.
  func check(_ format: MediaFormat) throws(MediaFlaw) {
    switch format {
    case .png: _ = try PNGFile.chunks(of: bytes)
    case .jpeg: try need(endsWith([0xFF, 0xD9]), "the JPEG ends without its end marker")
    case .gif: try need(endsWith([0x3B]), "the GIF ends without its trailer")
    case .webp, .wav, .avi:
      try need(bytes.count >= 12 && bytes.littleEndian32(at: 4) + 8 <= bytes.count, "the RIFF file is cut")
    case .mp4, .mov, .m4a, .heif: try checkBoxes(needs: format == .heif ? "meta" : "moov")
    case .glb:
      try need(bytes.count >= 12 && bytes.littleEndian32(at: 8) == bytes.count, "the GLB file is cut")
    case .webm, .bmp, .tiff, .mp3, .flac, .ogg: try need(bytes.count >= 32, "the file is cut")
    case .text, .binary: break
    }
  }

  private func need(_ isSo: Bool, _ reason: String) throws(MediaFlaw) {
    guard isSo else { throw MediaFlaw(reason) }
  }

  /// Whether the mark stands in the last bytes; some cameras pad behind it.
  private func endsWith(_ mark: [UInt8]) -> Bool {
    let tail = Array(bytes.suffix(4096))
    return tail.indices.contains { tail[$0...].starts(with: mark) }
  }

  private func checkBoxes(needs needed: String) throws(MediaFlaw) {
    var offset = 0
    var isFound = false
    while offset + 8 <= bytes.count {
      var length = bytes.bigEndian32(at: offset)
      if length == 1, offset + 16 <= bytes.count {
        length = bytes.bigEndian32(at: offset + 8) << 32 | bytes.bigEndian32(at: offset + 12)
      }
      if length == 0 { length = bytes.count - offset }
      isFound = isFound || bytes.holds(needed, at: offset + 4)
      guard length >= 8, length <= bytes.count - offset else {
        throw MediaFlaw("the MP4 is cut in a box")
      }
      offset += length
    }
    try need(isFound, "the MP4 has no \(needed) box")
  }

  /// The size in pixels of a still picture.
  func size(_ format: MediaFormat) -> (width: Int, height: Int)? {
    switch format {
    case .png where bytes.count >= 24: (bytes.bigEndian32(at: 16), bytes.bigEndian32(at: 20))
    case .gif where bytes.count >= 10:
      (Int(bytes[6]) | Int(bytes[7]) << 8, Int(bytes[8]) | Int(bytes[9]) << 8)
    case .bmp where bytes.count >= 26: (bytes.littleEndian32(at: 18), bytes.littleEndian32(at: 22))
    case .jpeg: jpegSize
    case .webp: webpSize
    default: nil
    }
  }

  private var jpegSize: (width: Int, height: Int)? {
    var offset = 2
    while offset + 9 < bytes.count, bytes[offset] == 0xFF {
      let marker = bytes[offset + 1]
      let isFrame = (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
      if isFrame { return (bytes.bigEndian16(at: offset + 7), bytes.bigEndian16(at: offset + 5)) }
      offset += 2 + bytes.bigEndian16(at: offset + 2)
    }
    return nil
  }

  private var webpSize: (width: Int, height: Int)? {
    guard bytes.count >= 30 else { return nil }
    if bytes.holds("VP8X", at: 12) {
      return (
        1 + Int(bytes[24]) + Int(bytes[25]) << 8 + Int(bytes[26]) << 16,
        1 + Int(bytes[27]) + Int(bytes[28]) << 8 + Int(bytes[29]) << 16
      )
    }
    if bytes.holds("VP8L", at: 12) {
      let bits = bytes.littleEndian32(at: 21)
      return (1 + bits & 0x3FFF, 1 + bits >> 14 & 0x3FFF)
    }
    return (
      (Int(bytes[26]) | Int(bytes[27]) << 8) & 0x3FFF, (Int(bytes[28]) | Int(bytes[29]) << 8) & 0x3FFF
    )
  }
}
