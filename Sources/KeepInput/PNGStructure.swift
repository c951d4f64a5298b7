internal import KeepModel

/// PNG: a signature and chunks from `IHDR` to `IEND` (ISO 15948, 5). What some programs append is no part of it,
/// and readers do not look at it.
struct PNGStructure {
  private enum Place { case header, chunk, content(name: String, rest: UInt64), end, behind }
  private var place = Place.header
  private var hasPixels = false
  private var cuts = MetadataCuts()
  private var fileEnd: UInt64 = 0
  private(set) var dimensions: PixelSize?
  private(set) var traits = MediaTraits()

  /// The signature and the whole `IHDR` chunk.
  static let first = 33

  /// What a picture is shown by. Every other chunk that readers may pass over (ISO 15948, 5.4) goes with the
  /// metadata: `eXIf`, texts, `tIME`, `caBX` of C2PA, and all that programs made up.
  private static let shown: Set<String> = [
    "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "cICP", "mDCV", "mDCv", "cLLI", "cLLi", "pHYs", "oFFs", "sTER",
    "tRNS",
    "bKGD", "hIST", "sPLT", "acTL", "fcTL", "fdAT",
  ]

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .header: return header(bytes)
    case .chunk: return chunk(bytes, at: offset)
    case .content(let name, let rest):
      content(name, bytes)
      place = .chunk
      return .skip(rest, then: 8)
    case .end:
      guard bytes == [0xAE, 0x42, 0x60, 0x82] else { return .broken("its IEND chunk is damaged") }
      place = .behind
      fileEnd = offset + 4
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
    traits.hasAlpha = bytes[25] == 4 || bytes[25] == 6
    place = .chunk
    return .gather(8)
  }

  private mutating func chunk(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    let length = bytes.bigEndian(0, 4)
    let isName = bytes[4...].allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    guard isName, length < 1 << 31 else { return .broken("there is no chunk at byte \(offset)") }
    let name = String(decoding: bytes[4...], as: UTF8.self)
    if name == "IDAT" { hasPixels = true }
    guard name == "IEND" else { return chunk(name, length, isOptional: bytes[4] & 0x20 != 0, at: offset) }
    guard hasPixels, length == 0 else { return .broken("its IEND chunk comes too early, at byte \(offset)") }
    place = .end
    return .gather(4)
  }

  private mutating func chunk(
    _ name: String, _ length: UInt64, isOptional: Bool, at offset: UInt64
  ) -> StructureStep {
    if isOptional, !Self.shown.contains(name) { cuts.add(offset..<(offset + 12 + length)) }
    let wanted: UInt64 =
      switch name {
      case "eXIf", "iTXt", "tEXt": ExifBlock.limit
      case "zTXt": 32
      case "acTL": 4
      case "tRNS", "caBX": 1
      default: 0
      }
    let count = min(wanted, length)
    guard count > 0 else { return .skip(length + 4, then: 8) }
    place = .content(name: name, rest: length - count + 4)
    return .gather(Int(count))
  }

  private mutating func content(_ name: String, _ bytes: [UInt8]) {
    switch name {
    case "tRNS": traits.hasAlpha = true
    case "acTL": traits.isAnimated = bytes.bigEndian(0, 4) > 1
    case "caBX": traits.metadata.insert(.c2pa)
    case "eXIf": traits.add(ExifBlock(bytes))
    case _ where bytes.has("XML:com.adobe.xmp\0", at: 0): traits.add(xmp: bytes)
    default: text(bytes)
    }
  }

  /// Programs from before `eXIf` put whole blocks into texts, as hexadecimal digits and mostly compressed.
  private mutating func text(_ bytes: [UInt8]) {
    guard bytes.has("Raw profile type ", at: 0) else { return traits.note(.text) }
    if bytes.has("exif\0", at: 17) || bytes.has("APP1\0", at: 17) { return traits.note(.exif) }
    traits.note(bytes.has("xmp\0", at: 17) ? .xmp : bytes.has("iptc\0", at: 17) ? .iptc : .text)
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    if case .behind = place { nil } else { "it ends before its IEND chunk" }
  }

  /// What turns the file into one without metadata; an orientation stays, in a chunk of its own behind `IHDR`.
  func strippingEdits(size: UInt64) -> [FileEdit]? {
    guard let cuts = cuts.edits(end: fileEnd, size: size) else { return nil }
    guard let orientation = traits.orientation else { return cuts }
    let body = Array("eXIf".utf8) + ExifBlock.telling(orientation)
    let chunk = UInt32(body.count - 4).bigEndianBytes + body + Self.check(of: body).bigEndianBytes
    return [FileEdit(range: 33..<33, bytes: chunk)] + cuts
  }

  /// The CRC-32 that ends a chunk (ISO 15948, annex D).
  private static func check(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}
