internal import KeepModel

/// BMP: a file header, an information header, and rows of pixels.
struct BitmapStructure {
  private var end: UInt64 = 0
  private(set) var dimensions: PixelSize?

  /// The file header and the fields of the information header that are of interest.
  static let first = 34

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    let isOld = bytes.littleEndian(14, 4) == 12
    let width = isOld ? bytes.littleEndian(18, 2) : Self.magnitude(bytes.littleEndian(18, 4))
    let height = isOld ? bytes.littleEndian(20, 2) : Self.magnitude(bytes.littleEndian(22, 4))
    guard let size = PixelSize(width, height) else {
      return .broken("its header says \(width)x\(height) pixels")
    }
    dimensions = size
    let bits = bytes.littleEndian(isOld ? 24 : 28, 2)
    let isPlain = isOld || bytes.littleEndian(30, 4) == 0 || bytes.littleEndian(30, 4) == 3
    let row = (width * bits + 31) / 32 * 4
    let (pixels, isOverflow) = row.multipliedReportingOverflow(by: isPlain ? height : 0)
    guard !isOverflow, pixels < 1 << 62 else {
      return .broken("its header says \(size) pixels of \(bits) bits")
    }
    end = bytes.littleEndian(10, 4) + pixels
    return .done
  }

  /// A height below nought means that the rows run downwards.
  private static func magnitude(_ value: UInt64) -> UInt64 {
    UInt64(Int32(bitPattern: UInt32(truncatingIfNeeded: value)).magnitude)
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    if dimensions == nil { return "it ends within its header" }
    return end <= size ? nil : "its pixels reach to byte \(end), and it has \(size)"
  }
}
