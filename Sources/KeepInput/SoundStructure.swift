internal import KeepModel

/// Ogg: pages that say how long they are (RFC 3533, 6). What follows the last page of a stream and is no page is
/// passed over.
struct OggStructure {
  private enum Place { case page, table }
  private var place = Place.page
  private var hasEnded = false
  /// Where the page in hand ends.
  private var end: UInt64 = 0

  /// The fixed part of a page's header.
  static let first = 27

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .page:
      guard bytes.has("OggS", at: 0), bytes[4] == 0 else {
        return hasEnded ? .done : .broken("there is no page at byte \(offset)")
      }
      hasEnded = bytes[5] & 0x04 != 0
      guard bytes[26] > 0 else { return .gather(Self.first) }
      place = .table
      return .gather(Int(bytes[26]))
    case .table:
      place = .page
      let length = bytes.reduce(0) { $0 + UInt64($1) }
      end = offset + UInt64(bytes.count) + length
      return .skip(length, then: Self.first)
    }
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    place == .table || size < end || isInside && !hasEnded ? "it ends in the middle of a page" : nil
  }
}

/// FLAC: blocks of metadata, then frames (RFC 9639, 8). A tag in front is passed over.
struct FLACStructure {
  private enum Place { case start, tag, block, frame }
  private var place = Place.start
  private var hasFrames = false

  /// The signature, or the head of a tag.
  static let first = 4

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .start where bytes.has("ID3", at: 0):
      place = .tag
      return .gather(6)
    case .start:
      guard bytes.has("fLaC", at: 0) else { return .broken("there is no signature at byte \(offset)") }
      place = .block
      return .gather(4)
    case .tag:
      place = .start
      let length = bytes[2...].reduce(UInt64(0)) { $0 << 7 | UInt64($1 & 0x7F) }
      return .skip(length + (bytes[1] & 0x10 == 0 ? 0 : 10), then: 4)
    case .block:
      let isLast = bytes[0] & 0x80 != 0
      place = isLast ? .frame : .block
      return .skip(bytes.bigEndian(1, 3), then: isLast ? 2 : 4)
    case .frame:
      hasFrames = bytes[0] == 0xFF && bytes[1] & 0xFC == 0xF8
      return hasFrames ? .done : .broken("there is no frame at byte \(offset)")
    }
  }

  func defect(isInside: Bool, size: UInt64) -> String? { hasFrames ? nil : "it ends before its first frame" }
}
