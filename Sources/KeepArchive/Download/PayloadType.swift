import KeepModel

/// What downloaded bytes are, and whether that fits the name that the service gave them.
struct PayloadType: Equatable {
  /// From the name by the fixed table; where the bytes contradict it, or it is unknown, from the bytes.
  let mediaType: MediaType
  /// Whether the bytes are none, or something else than the name says: perhaps an error page.
  let isDoubtful: Bool

  init(filename: String, head: [UInt8], size: UInt64) {
    let named = MediaType(extension: PayloadName.fileExtension(MentionedFile.lastComponent(filename)))
    let found = Self.markup(head)
    guard size > 0 else {
      self.init(named ?? .octetStream, isDoubtful: true)
      return
    }
    switch (named, found) {
    case (nil, nil): self.init(.octetStream, isDoubtful: false)
    case (let named?, nil): self.init(named, isDoubtful: false)
    case (nil, let found?): self.init(found, isDoubtful: false)
    case (let named?, let found?):
      let fits = Self.fits(found, named)
      self.init(fits ? named : found, isDoubtful: !fits)
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

  private static let alike: [Set<MediaType>] = [
    ["video/mp4", "video/quicktime", "audio/mp4", "video/3gpp"],
    ["image/avif", "image/heic", "image/heif"],
    ["video/webm", "video/x-matroska", "audio/webm"],
    ["audio/ogg", "video/ogg"],
    ["audio/mpeg", "audio/aac"],
    ["image/svg+xml", "application/xml"],
    ["model/gltf+json", "application/json"],
  ]

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
