internal import KeepModel

/// TIFF: a header that points to a table of fields (TIFF 6.0, section 2). BigTIFF is taken as it is.
struct TIFFStructure {
  private enum Place { case header, count, field }
  private var place = Place.header
  /// Whether it is BigTIFF, whose table is not read.
  private(set) var isBig = false
  private var isLittle = false
  private var fields: UInt64 = 0
  private var width: UInt64 = 0
  private var height: UInt64 = 0
  private var isRead = false
  private(set) var traits = MediaTraits()

  /// The header.
  static let first = 8

  var dimensions: PixelSize? { PixelSize(width, height) }

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .header: return header(bytes)
    case .count:
      fields = number(bytes, 0, 2)
      guard fields > 0 else { return .broken("its table at byte \(offset) has no fields") }
      place = .field
      return .gather(12)
    case .field:
      field(bytes)
      fields -= 1
      isRead = fields == 0
      return isRead ? .done : .gather(12)
    }
  }

  private mutating func header(_ bytes: [UInt8]) -> StructureStep {
    isLittle = bytes[0] == 0x49
    isBig = number(bytes, 2, 2) == 43
    if isBig {
      isRead = true
      return .done
    }
    let table = number(bytes, 4, 4)
    guard table >= 8 else { return .broken("its table is said to be at byte \(table)") }
    place = .count
    return .skip(table - 8, then: 2)
  }

  /// Sides are one number of 16 or 32 bits, held in the field itself.
  private mutating func field(_ bytes: [UInt8]) {
    let value = number(bytes, 8, number(bytes, 2, 2) == 3 ? 2 : 4)
    switch number(bytes, 0, 2) {
    case 256: width = value
    case 257: height = value
    case 274: traits.orientation = (2...8).contains(value) ? Int(value) : nil
    case 338: traits.hasAlpha = traits.hasAlpha || value == 1 || value == 2
    case 34665: traits.note(.exif)
    case 34853: traits.note(.gps)
    case 700: traits.note(.xmp)
    case 33723, 34377: traits.note(.iptc)
    // Description, make, model, program, date, artist, computer, copyright.
    case 270, 271, 272, 305, 306, 315, 316, 33432: traits.note(.text)
    default: break
    }
  }

  private func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    isLittle ? bytes.littleEndian(offset, count) : bytes.bigEndian(offset, count)
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    guard isRead else { return "it ends before its table of fields" }
    return isBig || dimensions != nil ? nil : "its table has no width and height"
  }
}
