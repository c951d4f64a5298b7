import KeepModel

/// What downloaded bytes are, and whether that fits the name that the service gave them.
struct PayloadType: Equatable {
  /// From the name by the fixed table; where the bytes contradict it, or it is unknown, from the bytes.
  let mediaType: MediaType
  /// Whether the bytes are none, or something else than the name says: perhaps an error page.
  let isDoubtful: Bool

  init(filename: String, head: [UInt8], size: UInt64, isEncoded: Bool = false) {
    let named = MediaType(extension: PayloadName.fileExtension(MentionedFile.lastComponent(filename)))
    guard size > 0 else {
      self.init(named ?? .octetStream, isDoubtful: true)
      return
    }
    let markup = Self.markup(head)
    guard let named, !isEncoded else {
      let found = MediaType(magic: head) ?? (isEncoded ? nil : markup) ?? Self.compressed(head)
      self.init(found ?? .octetStream, isDoubtful: false)
      return
    }
    let isCheckable = Self.checkable.contains(named)
    let signature = isCheckable ? MediaType(magic: head) : nil
    switch signature ?? markup {
    case let found?:
      let fits = Self.fits(found, named)
      self.init(fits ? named : found, isDoubtful: !fits)
    case nil where isCheckable && Self.isPlainText(head): self.init("text/plain", isDoubtful: true)
    case nil where Self.signed.contains(named):
      self.init(Self.compressed(head) ?? .octetStream, isDoubtful: true)
    case nil: self.init(named, isDoubtful: false)
    }
  }

  private init(_ mediaType: MediaType, isDoubtful: Bool) {
    self.mediaType = mediaType
    self.isDoubtful = isDoubtful
  }

  /// Whether bytes of a type may bear a name of another: containers and texts that magic bytes cannot part.
  private static func fits(_ found: MediaType, _ named: MediaType) -> Bool {
    if found == named || named.kind == .text || named == "application/json" { return true }
    return alike.contains { $0.contains(found) && $0.contains(named) }
  }

  /// Types whose files always start with a signature that is known.
  private static let signed: Set<MediaType> = [
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/x-exr", "audio/flac", "audio/wav",
    "audio/ogg", "video/webm", "video/x-matroska", "video/x-msvideo", "model/gltf-binary",
  ]

  /// Types whose files mostly do. Those of other types, such as splats, may look like anything.
  private static let checkable = signed.union([
    "image/bmp", "image/tiff", "image/avif", "image/heic", "image/heif", "image/vnd.radiance",
    "video/mp4", "video/quicktime", "audio/mp4", "audio/mpeg", "audio/aac", "model/ply",
  ])

  private static let alike: [Set<MediaType>] = [
    ["video/mp4", "video/quicktime", "audio/mp4"], ["image/avif", "image/heic", "image/heif"],
    ["video/webm", "video/x-matroska"], ["audio/ogg", "video/ogg"], ["audio/mpeg", "audio/aac"],
    ["image/svg+xml", "application/xml"], ["model/gltf+json", "application/json"],
  ]

  /// Streams that are compressed as a whole.
  private static func compressed(_ head: [UInt8]) -> MediaType? {
    if head.starts(with: [0x1F, 0x8B, 0x08]) { return "application/gzip" }
    return head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? "application/zstd" : nil
  }

  /// Whether the bytes are words, which no picture, sound or film starts with for so long.
  private static func isPlainText(_ head: [UInt8]) -> Bool {
    guard !head.contains(where: { $0 < 0x20 && !(0x09...0x0D).contains($0) || $0 == 0x7F }) else {
      return false
    }
    // The head may end within a character.
    return (0...min(3, head.count)).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
  }

  /// Texts that servers send in the place of a file.
  private static func markup(_ head: [UInt8]) -> MediaType? {
    let bytes = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head[...]
    let start = bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix(14).map { byte in
      (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
    let begins: (String) -> Bool = { start.starts(with: $0.utf8) }
    if begins("<!doctype html") || begins("<html") || begins("<head") { return "text/html" }
    if begins("<svg") { return "image/svg+xml" }
    if begins("<?xml") || begins("<error") { return "application/xml" }
    return begins("{\"") || begins("{\n") || begins("{\r\n") || begins("{ ") ? "application/json" : nil
  }
}
