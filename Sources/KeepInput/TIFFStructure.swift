internal import KeepModel

/// TIFF: a header that points to a table of fields (TIFF 6.0, section 2). BigTIFF is taken as it is.
struct TIFFStructure {
  private enum Place { case header, count, field }
  private var place = Place.header
  private var isBig = false
  private var isLittle = false
  private var fields: UInt64 = 0
  private var width: UInt64 = 0
  private var height: UInt64 = 0
  private var isRead = false

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
