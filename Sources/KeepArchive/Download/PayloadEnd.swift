import KeepModel

/// What a file itself says of its end, where HTTP did not say how long it would be.
enum PayloadEnd: Equatable {
  /// It is whole: its length was announced, or the end that its format has is there.
  case marked
  /// The end that its format has is not there.
  case missing
  /// Nothing tells.
  case unknown

  /// Judges a body that was received.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  init(of partial: PartialFile, in file: SpoolFile) throws(KeepError) {
    guard partial.framing != .announced else {
      self = .marked
      return
    }
    let end = try Self.end(head: partial.head, tail: partial.tail, size: partial.size) {
      (offset, count) throws(KeepError) in try file.read(at: offset, count: count)
    }
    // A chunked body that breaks off is noticed on the way.
    self = end == .unknown && partial.framing == .chunked ? .marked : end
  }

  /// Judges a file by the first 4 KiB, the last eight bytes, and what it reads of the rest.
  static func end(
    head: [UInt8], tail: [UInt8], size: UInt64,
    read: (_ offset: UInt64, _ count: Int) throws(KeepError) -> [UInt8]
  ) throws(KeepError) -> PayloadEnd {
    switch MediaType(magic: head) {
    case "image/png":
      tail.suffix(8) == [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82] ? .marked : .missing
    case "image/jpeg": tail.suffix(2) == [0xFF, 0xD9] ? .marked : .missing
    case "image/gif": tail.last != 0x3B ? .missing : tail.suffix(2) == [0x00, 0x3B] ? .marked : .unknown
    case "image/webp", "audio/wav", "video/x-msvideo":
      head.starts(with: "RIFF".utf8) ? ofRIFF(UInt64(number(head, at: 4)), size) : .unknown
    case "model/gltf-binary": announced(UInt64(number(head, at: 8)), size)
    case "video/mp4", "video/quicktime", "audio/mp4", "image/avif", "image/heic", "image/heif":
      try ofBoxes(size, read)
    case "video/webm", "video/x-matroska": ofSegment(head, size)
    default: .unknown
    }
  }

  private static func announced(_ length: UInt64, _ size: UInt64) -> PayloadEnd {
    length > size ? .missing : length == size ? .marked : .unknown
  }

  /// Writers that stream say 0 or the largest number; a chunk of odd length may have a byte after it.
  private static func ofRIFF(_ content: UInt64, _ size: UInt64) -> PayloadEnd {
    guard content != 0, content < 0xFFFF_FFFF else { return .unknown }
    return announced(content + 8 + content % 2, size) == .missing
      ? announced(content + 8, size) : content + 8 + content % 2 == size ? .marked : .unknown
  }

  /// MP4 and its kin: boxes one after the other (ISO 14496-12, section 4.2), of which one is the index.
  private static func ofBoxes(
    _ size: UInt64, _ read: (_ offset: UInt64, _ count: Int) throws(KeepError) -> [UInt8]
  ) throws(KeepError) -> PayloadEnd {
    var names: Set<[UInt8]> = []
    var offset: UInt64 = 0
    var isOpen = false
    // As many as no file has that was not made to keep a reader busy.
    for _ in 0..<100_000 where offset < size && !isOpen {
      let head = try read(offset, 16)
      guard head.count >= 8 else {
        // QuickTime ends a list of boxes with four zero bytes.
        guard head == [0, 0, 0, 0] else { return .missing }
        break
      }
      var length = bigEndian(head[..<4])
      if length == 1 {
        guard head.count == 16 else { return .missing }
        length = bigEndian(head[8..<16])
      }
      isOpen = length == 0
      guard isOpen || length >= 8 else { return .unknown }
      guard length <= size - offset else { return .missing }
      names.insert(Array(head[4..<8]))
      offset += length
    }
    guard isOpen || size - min(offset, size) < 8 else { return .unknown }
    let has = { (name: String) in names.contains(Array(name.utf8)) }
    guard has("moov") || has("meta") else { return .missing }
    // Fragments may be missing unless their index is there, and the last box may go on to the end of any file.
    return isOpen || has("moof") && !has("mfra") ? .unknown : .marked
  }

  /// WebM and Matroska: a header, then one segment, whose length is known where the writer could go back.
  private static func ofSegment(_ head: [UInt8], _ size: UInt64) -> PayloadEnd {
    guard let start = EBMLElement(head, at: 0)?.contentEnd, let segment = EBMLElement(head, at: start),
      segment.id == 0x1853_8067, let end = segment.contentEnd
    else { return .unknown }
    return announced(UInt64(end), size)
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    bytes.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
