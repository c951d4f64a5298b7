extension MediaType {
  /// How many leading bytes ``init(magic:)`` can make use of; a shorter file gives all it has.
  package static let magicCount = 4096

  /// The type that the first bytes of a file stand for; `nil` where they are not known.
  ///
  /// Only the bytes decide, never a name. The result says what a file claims to be, not that it is whole.
  ///
  /// | known | not known from bytes |
  /// |---|---|
  /// | PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, HEIC, JPEG XL, JPEG 2000, OpenEXR, Radiance HDR, PSD | SVG (text), bare JPEG XL (two bytes), TGA, ICO |
  /// | MP4, MOV, M4V, 3GP, WebM, MKV, AVI, Ogg, MPEG (program and transport stream), ASF (WMV), FLV | raw streams |
  /// | WAV, MP3, FLAC, Ogg, Opus, M4A, AAC, AIFF | raw sound |
  /// | glTF binary, FBX, PLY | glTF text, OBJ, STL, splat, SPZ (all by their names), USDZ (a ZIP) |
  package init?(magic prefix: some Collection<UInt8>) {
    let bytes = Array(prefix.prefix(Self.magicCount))
    guard
      let type = Self.bySignature(bytes) ?? Self.byBrand(bytes) ?? Self.byContainer(bytes)
        ?? Self.byFrames(bytes)
    else { return nil }
    self = type
  }

  /// Formats that a fixed text at the start tells.
  private static func bySignature(_ bytes: [UInt8]) -> MediaType? {
    for (signature, type) in signatures where bytes.starts(with: signature) { return type }
    return isBitmap(bytes) ? "image/bmp" : nil
  }

  private static let signatures: [([UInt8], MediaType)] = [
    ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
    ([0xFF, 0xD8, 0xFF], "image/jpeg"),
    (Array("GIF87a".utf8), "image/gif"),
    (Array("GIF89a".utf8), "image/gif"),
    ([0x49, 0x49, 0x2A, 0x00], "image/tiff"),
    ([0x4D, 0x4D, 0x00, 0x2A], "image/tiff"),
    ([0x49, 0x49, 0x2B, 0x00], "image/tiff"),
    ([0x4D, 0x4D, 0x00, 0x2B], "image/tiff"),
    ([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A], "image/jxl"),
    ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A], "image/jp2"),
    (Array("8BPS\u{0}\u{1}".utf8), "image/vnd.adobe.photoshop"),
    ([0x76, 0x2F, 0x31, 0x01], "image/x-exr"),
    (Array("#?RADIANCE".utf8), "image/vnd.radiance"),
    (Array("#?RGBE".utf8), "image/vnd.radiance"),
    (Array("fLaC".utf8), "audio/flac"),
    (
      [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0, 0xAA, 0, 0x62, 0xCE, 0x6C],
      "video/x-ms-asf"
    ),
    (Array("FLV\u{1}".utf8), "video/x-flv"),
    ([0, 0, 1, 0xBA], "video/mpeg"),
    ([0, 0, 1, 0xB3], "video/mpeg"),
    ([0x67, 0x6C, 0x54, 0x46, 0x02, 0x00, 0x00, 0x00], "model/gltf-binary"),
    (Array("ply\n".utf8), "model/ply"),
    (Array("ply\r\n".utf8), "model/ply"),
    (Array("Kaydara FBX Binary".utf8), "model/fbx"),
    ([0x50, 0x4B, 0x03, 0x04], "application/zip"),
    ([0x50, 0x4B, 0x05, 0x06], "application/zip"),
    (Array("%PDF-".utf8), "application/pdf"),
  ]

  /// Two letters are little to go by, so the header's own size has to be one of those that exist.
  private static func isBitmap(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: "BM".utf8), bytes.count >= 18, bytes[6..<10].allSatisfy({ $0 == 0 }) else {
      return false
    }
    return [12, 40, 52, 56, 64, 108, 124].contains(bytes[14]) && bytes[15..<18].allSatisfy { $0 == 0 }
  }

  /// RIFF, Matroska and Ogg, which say inside what they hold.
  private static func byContainer(_ bytes: [UInt8]) -> MediaType? {
    if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return byDocumentType(bytes) }
    if bytes.starts(with: "OggS".utf8) { return byFirstPage(bytes) }
    guard bytes.count >= 12 else { return nil }
    switch (tag(bytes, 0), tag(bytes, 8)) {
    case ("RIFF", "WEBP"): return "image/webp"
    case ("RIFF", "AVI "): return "video/x-msvideo"
    case ("RIFF", "WAVE"), ("RF64", "WAVE"), ("BW64", "WAVE"): return "audio/wav"
    case ("FORM", "AIFF"), ("FORM", "AIFC"): return "audio/aiff"
    default: return isTransportStream(bytes) ? "video/mp2t" : nil
    }
  }

  /// A transport stream has no signature; its packets of 188 bytes start alike (ISO 13818-1, 2.4.3.2), in recordings
  /// behind four bytes of time each.
  private static func isTransportStream(_ bytes: [UInt8]) -> Bool {
    [(start: 0, length: 188), (start: 4, length: 192)].contains { packet in
      let starts = (0..<5).map { packet.start + $0 * packet.length }
      return bytes.count > starts[4] && starts.allSatisfy { bytes[$0] == 0x47 }
    }
  }

  /// An Ogg stream with a Theora track is a video, every other one a sound.
  private static func byFirstPage(_ bytes: [UInt8]) -> MediaType? {
    guard bytes.count > 28, bytes[4] == 0, bytes[26] > 0 else { return nil }
    let packet = bytes.dropFirst(27 + Int(bytes[26]))
    return packet.starts(with: [0x80] + Array("theora".utf8)) ? "video/ogg" : "audio/ogg"
  }

  /// Four bytes as text; `nil` past the end or outside printable ASCII.
  static func tag(_ bytes: [UInt8], _ offset: Int) -> String? {
    let field = bytes.dropFirst(offset).prefix(4)
    guard field.count == 4, field.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    return String(decoding: field, as: UTF8.self)
  }
}
