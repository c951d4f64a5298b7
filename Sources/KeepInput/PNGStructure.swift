internal import KeepModel

/// PNG: a signature and chunks from `IHDR` to `IEND` (ISO 15948, 5). What some programs append is no part of it,
/// and readers do not look at it.
struct PNGStructure {
  private enum Place { case header, chunk, end, behind }
  private var place = Place.header
  private var hasPixels = false
  private(set) var dimensions: PixelSize?

  /// The signature and the whole `IHDR` chunk.
  static let first = 33

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .header: return header(bytes)
    case .chunk: return chunk(bytes, at: offset)
    case .end:
      guard bytes == [0xAE, 0x42, 0x60, 0x82] else { return .broken("its IEND chunk is damaged") }
      place = .behind
      return .done
    case .behind: return .done
    }
  }

  private mutating func header(_ bytes: [UInt8]) -> StructureStep {
    guard bytes.bigEndian(8, 4) == 13, bytes.has("IHDR", at: 12) else {
      return .broken("it does not start with an IHDR chunk")
    }
    let sides = (bytes.bigEndian(16, 4), bytes.bigEndian(20, 4))
    guard let size = PixelSize(sides.0, sides.1), max(sides.0, sides.1) < 1 << 31 else {
      return .broken("its header says \(sides.0)x\(sides.1) pixels")
    }
    dimensions = size
    place = .chunk
    return .gather(8)
  }

  private mutating func chunk(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    let length = bytes.bigEndian(0, 4)
    let isName = bytes[4...].allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    guard isName, length < 1 << 31 else { return .broken("there is no chunk at byte \(offset)") }
    if bytes.has("IDAT", at: 4) { hasPixels = true }
    guard bytes.has("IEND", at: 4) else { return .skip(length + 4, then: 8) }
    guard hasPixels, length == 0 else { return .broken("its IEND chunk comes too early, at byte \(offset)") }
    place = .end
    return .gather(4)
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    place == .behind ? nil : "it ends before its IEND chunk"
  }
}
