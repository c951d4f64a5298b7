internal import KeepModel

/// GIF: a screen, blocks of pieces up to 255 bytes, and a trailer (GIF89a specification).
struct GIFStructure {
  private enum Place { case screen, block, label, extent(UInt8), head(UInt8), image, codeSize, piece }
  private var place = Place.screen
  private var hasImage = false
  private var isWhole = false
  private(set) var dimensions: PixelSize?
  private(set) var traits = MediaTraits()

  /// The header and the logical screen descriptor.
  static let first = 13

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .screen:
      dimensions = PixelSize(bytes.littleEndian(6, 2), bytes.littleEndian(8, 2))
      place = .block
      return .skip(Self.colors(bytes[10]), then: 1)
    case .block: return block(bytes[0], at: offset)
    case .label: return turn(to: .extent(bytes[0]))
    case .extent where bytes[0] == 0: return turn(to: .block)
    case .extent(let label):
      place = .head(label)
      return .gather(Int(bytes[0]))
    case .head(let label):
      note(label, bytes)
      return turn(to: .piece)
    case .image:
      traits.isAnimated = hasImage
      hasImage = true
      place = .codeSize
      return .skip(Self.colors(bytes[8]), then: 1)
    case .codeSize: return turn(to: .piece)
    case .piece where bytes[0] == 0: return turn(to: .block)
    case .piece: return .skip(UInt64(bytes[0]), then: 1)
    }
  }

  private mutating func block(_ introducer: UInt8, at offset: UInt64) -> StructureStep {
    switch introducer {
    case 0x00: return .gather(1)  // some programs write one terminator too many
    case 0x21: return turn(to: .label)
    case 0x2C:
      place = .image
      return .gather(9)
    case 0x3B:
      isWhole = hasImage
      return hasImage ? .done : .broken("it ends without a picture, at byte \(offset)")
    default: return .broken("there is no block at byte \(offset)")
    }
  }

  /// What the first piece of an extension says.
  private mutating func note(_ label: UInt8, _ bytes: [UInt8]) {
    switch label {
    case 0xF9: if bytes[0] & 1 == 1 { traits.hasAlpha = true }
    case 0xFE: traits.note(.text)
    case 0xFF where bytes.has("XMP DataXMP", at: 0): traits.note(.xmp)
    case 0xFF where bytes.has("C2PA_GIF", at: 0): traits.note(.c2pa)
    default: break
    }
  }

  private mutating func turn(to place: Place) -> StructureStep {
    self.place = place
    return .gather(1)
  }

  /// The bytes of a colour table by the flags before it.
  private static func colors(_ flags: UInt8) -> UInt64 { flags & 0x80 == 0 ? 0 : 3 << UInt64(flags & 7 + 1) }

  func defect(isInside: Bool, size: UInt64) -> String? { isWhole ? nil : "it ends before its trailer" }
}
