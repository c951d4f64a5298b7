internal import KeepModel

/// WebP, WAV and AVI: a form with its declared size, and chunks in it.
struct RIFFStructure {
  private enum Place { case form, chunk, largeSize, picture(String), list, mainHeader, metadata(String) }
  private var place = Place.form
  private var form = ""
  private var hasContent = false
  /// Where the form says that it ends; `nil` where its writer did not know.
  private var formEnd: UInt64?
  /// Where the form and its farthest chunk say that they end; padding aside.
  private var end: UInt64 = 0
  /// How much of the chunk in hand follows what is gathered of it.
  private var rest: UInt64 = 0
  private(set) var dimensions: PixelSize?
  private(set) var traits = MediaTraits()

  /// What goes with the metadata of a WebP, and where its flags stand and what they are.
  private var cuts = MetadataCuts()
  private var flags: (place: UInt64, value: UInt8)?
  /// Where the last chunk of a WebP ends, with its padding: too few bytes for another one may follow.
  private var chunkEnd: UInt64 = 0

  /// Whether it is an AVI.
  var isMovie: Bool { form == "AVI " }

  /// The head of the form.
  static let first = 12
  /// What a program writes that does not know the size beforehand.
  private static let unknown: UInt64 = 0xFFFF_FFFF

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .form:
      form = String(decoding: bytes[8..<12], as: UTF8.self)
      let length = bytes.littleEndian(4, 4)
      let isUnknown = form != "WEBP" && (length == Self.unknown || length == 0)
      declare(isUnknown ? nil : 8 + length)
      place = .chunk
      return .gather(8)
    case .chunk: return chunk(bytes, at: offset)
    case .largeSize: declare(min(bytes.littleEndian(0, 8), 1 << 62) + 8)
    case .picture(let name): picture(name, bytes, at: offset)
    case .metadata("EXIF"): add(ExifBlock(bytes))
    case .metadata: traits.add(xmp: bytes)
    case .list where form == "AVI " && bytes.has("hdrl", at: 0) && rest >= 48: return gather(48, .mainHeader)
    case .list: if bytes.has("INFO", at: 0) { traits.note(.text) }
    case .mainHeader where bytes.has("avih", at: 0):
      dimensions = PixelSize(bytes.littleEndian(40, 4), bytes.littleEndian(44, 4))
    case .mainHeader: break
    }
    place = .chunk
    return .skip(rest, then: 8)
  }

  private mutating func chunk(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    let name = String(decoding: bytes[..<4], as: UTF8.self)
    // A long AVI goes on in further forms; anything else behind the form is no part of it.
    if let formEnd, offset >= formEnd, form != "AVI " || name != "RIFF" { return .done }
    let length = bytes.littleEndian(4, 4)
    if content.contains(name) { hasContent = true }
    // Sound and pictures fill the rest of a file whose writer did not know their length.
    let isOpen = length == Self.unknown || length == 0
    if isOpen, form == "WAVE", name == "data" { return .done }
    if isOpen, form == "AVI ", name == "LIST", formEnd == nil { return .done }
    end = max(end, offset + 8 + length)
    if name == "RIFF", form == "AVI " { formEnd = end }
    rest = length + length % 2
    if form == "WEBP" { noteChunk(name, at: offset) }
    switch name {
    case "VP8X" where rest >= 10, "VP8L" where rest >= 10, "VP8 " where rest >= 10:
      return dimensions == nil ? gather(10, .picture(name)) : .skip(rest, then: 8)
    case "EXIF" where form == "WEBP" && rest > 0, "XMP " where form == "WEBP" && rest > 0:
      return gather(Int(min(rest, ExifBlock.limit)), .metadata(name))
    case "LIST" where form != "WEBP" && rest >= 4: return gather(4, .list)
    case "bext", "cart", "iXML", "axml", "id3 ", "ID3 ", "_PMX":
      if form == "WAVE" { traits.note(name == "_PMX" ? .xmp : .text) }
      return .skip(rest, then: 8)
    case "ds64" where rest >= 8: return gather(8, .largeSize)
    default: return .skip(rest, then: 8)
    }
  }

  /// Notes what a chunk of a WebP says by being there. Those that readers have no use for go (RFC 9649, 2.7).
  private mutating func noteChunk(_ name: String, at offset: UInt64) {
    chunkEnd = offset + 8 + rest
    switch name {
    case "VP8X", "VP8 ", "VP8L", "ANIM", "ANMF", "ICCP": return
    case "ALPH": return traits.hasAlpha = true
    case "C2PA": traits.note(.c2pa)
    default: break
    }
    cuts.add(offset..<chunkEnd)
  }

  /// Readers turn a picture only where the header in front announces such a block.
  private mutating func add(_ exif: ExifBlock) {
    traits.add(exif)
    if (flags?.value ?? 0) & 0x08 == 0 { traits.orientation = nil }
  }

  private mutating func picture(_ name: String, _ bytes: [UInt8], at offset: UInt64) {
    dimensions = Self.size(name, bytes)
    guard form == "WEBP" else { return }
    switch name {
    case "VP8X":
      flags = (offset, bytes[0])
      traits.isAnimated = bytes[0] & 0x02 != 0
      traits.hasAlpha = traits.hasAlpha || bytes[0] & 0x10 != 0
    case "VP8L": traits.hasAlpha = traits.hasAlpha || bytes[0] == 0x2F && bytes[4] & 0x10 != 0
    default: break
    }
  }

  private mutating func declare(_ end: UInt64?) {
    formEnd = end
    self.end = max(self.end, end ?? 0)
  }

  private mutating func gather(_ count: Int, _ place: Place) -> StructureStep {
    self.place = place
    rest -= UInt64(count)
    return .gather(count)
  }

  /// The size in the head of a WebP chunk (RFC 9649, 2.5 to 2.7).
  private static func size(_ name: String, _ bytes: [UInt8]) -> PixelSize? {
    switch name {
    case "VP8X": return PixelSize(bytes.littleEndian(4, 3) + 1, bytes.littleEndian(7, 3) + 1)
    case "VP8L":
      let bits = bytes.littleEndian(1, 4)
      return bytes[0] == 0x2F ? PixelSize((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) : nil
    default:
      guard bytes[3] == 0x9D, bytes[4] == 0x01, bytes[5] == 0x2A else { return nil }
      return PixelSize(bytes.littleEndian(6, 2) & 0x3FFF, bytes.littleEndian(8, 2) & 0x3FFF)
    }
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    guard end <= size else { return "it says that it is \(end) bytes long, and has \(size)" }
    return hasContent ? nil : "it has no \(content.first ?? "known") chunk"
  }

  /// The chunks of which a whole file has one.
  private var content: [String] {
    switch form {
    case "WEBP": ["VP8 ", "VP8L", "ANMF"]
    case "WAVE": ["data"]
    default: ["LIST"]
    }
  }
}

extension RIFFStructure {
  /// What turns a WebP into one without metadata: an orientation stays, in a chunk of its own at the end, and the
  /// header's flags and the form's size are set right. `nil` where that cannot be.
  func strippingEdits(size: UInt64) -> [FileEdit]? {
    guard form == "WEBP", let removed = cuts.edits(end: chunkEnd, size: size) else { return nil }
    var added: [UInt8] = []
    let isCut = removed.last?.range.upperBound == size
    let kept = size - removed.reduce(0) { $0 + UInt64($1.range.count) }
    if let orientation = traits.orientation {
      let block = ExifBlock.telling(orientation)
      let padding = [UInt8](repeating: 0, count: Int(kept % 2))
      added = padding + Array("EXIF".utf8) + UInt32(block.count).bigEndianBytes.reversed() + block
    }
    guard !removed.isEmpty || !added.isEmpty else { return [] }
    guard let length = UInt32(exactly: kept + UInt64(added.count) - 8) else { return nil }
    var edits = [FileEdit(range: 4..<8, bytes: length.bigEndianBytes.reversed())]
    if let flags {
      let value = flags.value & ~0x0C | (added.isEmpty ? 0 : 0x08)
      edits.append(FileEdit(range: flags.place..<(flags.place + 1), bytes: [value]))
    }
    // A chunk that goes may stand in front of the header.
    edits = (edits + removed).sorted { $0.range.lowerBound < $1.range.lowerBound }
    if !added.isEmpty {
      let last = isCut ? edits.removeLast() : nil
      edits.append(
        FileEdit(range: (last?.range.lowerBound ?? size)..<(last?.range.upperBound ?? size), bytes: added))
    }
    return edits
  }
}
