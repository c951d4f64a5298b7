internal import KeepModel

/// JPEG: marker segments and scans from SOI to EOI (ITU T.81, annex B).
///
/// Bytes behind EOI are left alone: phones put further pictures there (CIPA DC-007).
struct JPEGStructure {
  private enum Place { case start, code, length(UInt8), frame(UInt64) }
  private var place = Place.start
  private var hasScan = false
  private var isWhole = false
  private(set) var dimensions: PixelSize?

  /// The SOI marker.
  static let first = 2

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .start:
      place = .code
      return .find(0xFF)
    case .code: return code(bytes[0], at: offset)
    case .length(let code): return segment(code, bytes.bigEndian(0, 2), at: offset)
    case .frame(let rest):
      // A height of nought is told later, behind the first scan.
      dimensions = PixelSize(bytes.bigEndian(3, 2), bytes.bigEndian(1, 2))
      return next(skipping: rest)
    }
  }

  private mutating func code(_ code: UInt8, at offset: UInt64) -> StructureStep {
    switch code {
    case 0xFF: return .gather(1)  // fill
    case 0x00, 0x01, 0xD0...0xD7: return .find(0xFF)  // within a scan
    case 0xD8: return .broken("another image starts at byte \(offset - 1), before the first has ended")
    case 0xD9:
      isWhole = hasScan
      return hasScan ? .done : .broken("it ends without a picture, at byte \(offset)")
    default:
      place = .length(code)
      return .gather(2)
    }
  }

  private mutating func segment(_ code: UInt8, _ length: UInt64, at offset: UInt64) -> StructureStep {
    guard length >= 2 else { return .broken("a segment at byte \(offset) has a length of \(length)") }
    if code == 0xDA { hasScan = true }
    let isFrame = (0xC0...0xCF).contains(code) && code != 0xC4 && code != 0xC8 && code != 0xCC
    guard isFrame, dimensions == nil, length >= 7 else { return next(skipping: length - 2) }
    place = .frame(length - 7)
    return .gather(5)
  }

  /// Segments follow each other, and a scan runs up to the next marker: both are found by 0xFF.
  private mutating func next(skipping count: UInt64) -> StructureStep {
    place = .code
    return .find(0xFF, after: count)
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    isWhole ? nil : "it ends before its end-of-image marker"
  }
}
