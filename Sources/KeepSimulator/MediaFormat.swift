internal import KeepModel

/// Why bytes are not the media they should be.
struct MediaFlaw: Error, Equatable {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// What bytes are, by their structure.
enum MediaFormat: String, Sendable {
  case png, jpeg, webp, gif, bmp, tiff, heif, mp4, mov, webm, avi, wav, mp3, flac, ogg, m4a, glb, text, binary

  var kind: MediaKind {
    switch self {
    case .png, .jpeg, .webp, .gif, .bmp, .tiff, .heif: .image
    case .mp4, .mov, .webm, .avi: .video
    case .wav, .mp3, .flac, .ogg, .m4a: .audio
    case .glb: .model3D
    case .text: .text
    case .binary: .other
    }
  }

  /// The extension that ComfyUI would give.
  var fileExtension: String {
    switch self {
    case .jpeg: "jpg"
    case .heif: "heic"
    case .text: "txt"
    case .binary: "bin"
    default: rawValue
    }
  }

  var mediaType: MediaType { MediaType(extension: fileExtension) ?? .octetStream }

  /// Whether bytes of this format may call themselves by a media type.
  func answers(to claimed: MediaType) -> Bool {
    switch (self, claimed.rawValue) {
    case (_, "application/octet-stream"), (.binary, _), (.text, _): true
    case (.jpeg, "image/jpg"), (.jpeg, "image/pjpeg"): true
    case (.heif, let name): name.hasPrefix("image/")
    case (.mp4, "audio/mp4"), (.mp4, "video/quicktime"), (.mov, "video/mp4"), (.m4a, "audio/x-m4a"),
      (.m4a, "video/mp4"), (.mp4, "audio/x-m4a"):
      true
    case (.webm, "video/x-matroska"), (.webm, "audio/webm"), (.ogg, "video/ogg"), (.ogg, "audio/opus"): true
    case (.wav, "audio/x-wav"), (.wav, "audio/wave"), (.wav, "audio/vnd.wave"), (.mp3, "audio/mp3"),
      (.flac, "audio/x-flac"), (.avi, "video/avi"), (.bmp, "image/x-ms-bmp"):
      true
    case (_, let name): mediaType.rawValue == name
    }
  }

  /// What bytes claim to be by their first ones.
  static func sniff(_ bytes: [UInt8]) -> MediaFormat {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return .png }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return .webm }
    if bytes.holds("RIFF", at: 0) {
      for (word, format) in [("WEBP", MediaFormat.webp), ("WAVE", .wav), ("AVI ", .avi)]
      where bytes.holds(word, at: 8) { return format }
    }
    if bytes.holds("ftyp", at: 4) { return isoFormat(bytes) }
    let words: [(String, MediaFormat)] = [
      ("GIF8", .gif), ("BM", .bmp), ("II*\0", .tiff), ("MM\0*", .tiff), ("fLaC", .flac), ("OggS", .ogg),
      ("ID3", .mp3), ("glTF", .glb),
    ]
    for (word, format) in words where bytes.holds(word, at: 0) { return format }
    if bytes.count > 1, bytes[0] == 0xFF, bytes[1] & 0xE0 == 0xE0 { return .mp3 }
    let isText = bytes.prefix(512).allSatisfy { $0 >= 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    return isText ? .text : .binary
  }

  private static func isoFormat(_ bytes: [UInt8]) -> MediaFormat {
    guard bytes.count >= 12 else { return .binary }
    switch String(decoding: bytes[8..<12], as: UTF8.self) {
    case "qt  ": return .mov
    case "M4A ", "M4B ": return .m4a
    case "heic", "heix", "mif1", "msf1", "avif", "avis": return .heif
    default: return .mp4
    }
  }
}
