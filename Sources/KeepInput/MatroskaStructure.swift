internal import KeepModel

/// WebM and Matroska: a segment of elements (RFC 9559), with sizes that a live recording may leave open.
struct MatroskaStructure {
  private enum Place { case head, width, height }
  private var place = Place.head
  private var end: UInt64 = 0
  private var hasMedia = false
  private var width: UInt64 = 0
  private(set) var dimensions: PixelSize?

  /// One byte, more as the element needs them.
  static let first = 1

  private enum Element {
    static let segment: UInt32 = 0x1853_8067
    static let cluster: UInt32 = 0x1F43_B675
    static let tracks: UInt32 = 0x1654_AE6B
    static let trackEntry: UInt32 = 0xAE
    static let video: UInt32 = 0xE0
    static let pixelWidth: UInt32 = 0xB0
    static let pixelHeight: UInt32 = 0xBA
  }

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .head: return head(bytes, at: offset)
    case .width: width = bytes.bigEndian(0, 8)
    case .height: dimensions = dimensions ?? PixelSize(width, bytes.bigEndian(0, 8))
    }
    place = .head
    return .gather(1)
  }

  private mutating func head(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    // Padding behind the last element.
    if bytes == [0], hasMedia, offset >= end { return .done }
    guard let element = EBMLElement(bytes, at: 0) else {
      // An id has up to four bytes, a size up to eight.
      let isPossible = bytes.count < 12 && bytes[0] >= 0x10
      return isPossible ? .extend(1) : .broken("there is no element at byte \(offset)")
    }
    if element.id == Element.cluster { hasMedia = true }
    guard let length = element.contentCount else { return .gather(1) }
    let (next, isOverflow) = (offset + UInt64(bytes.count)).addingReportingOverflow(length)
    guard !isOverflow, next < 1 << 62 else {
      return .broken("the element at byte \(offset) has a length of \(length)")
    }
    end = max(end, next)
    switch element.id {
    case Element.segment, Element.tracks, Element.trackEntry, Element.video: return .gather(1)
    case Element.pixelWidth where (1...8).contains(length): place = .width
    case Element.pixelHeight where (1...8).contains(length): place = .height
    default: return .skip(length, then: 1)
    }
    return .gather(Int(length))
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    guard end <= size else { return "its elements reach to byte \(end), and it has \(size)" }
    if isInside { return "it ends in the middle of an element" }
    return hasMedia ? nil : "it has no pictures or sound; it was cut off or never finished"
  }
}
