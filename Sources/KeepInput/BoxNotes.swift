internal import KeepModel

/// What the smaller boxes of a movie or a still picture say about it, each read by itself and no further than
/// ``limit``.
struct BoxNotes {
  /// Of a longer box no more than this is read.
  static let limit: UInt64 = 65_536

  private let isStill: Bool
  private(set) var traits = MediaTraits()
  /// Whether a movie says when it was made.
  private(set) var hasDate = false

  init(isStill: Bool) { self.isStill = isStill }

  /// Whether a box has something to say.
  static func areTaken(from name: String, isTop: Bool, isStill: Bool) -> Bool {
    switch name {
    case "ftyp", "uuid": isTop
    case "iinf", "auxC": isStill
    case "mvhd", "udta", "meta": !isStill
    default: false
    }
  }

  /// Takes the content of a box, or its start.
  mutating func take(_ name: String, _ bytes: [UInt8]) {
    switch name {
    case "ftyp": brands(bytes)
    case "uuid": extended(bytes)
    case "iinf": items(bytes)
    case "auxC":
      if bytes.holds(":auxiliary:alpha") || bytes.holds("hevc:2015:auxid:1") { traits.hasAlpha = true }
    // The time stands behind version and flags, in seconds since 1904.
    case "mvhd": hasDate = hasDate || bytes.bigEndian(4, bytes[0] == 1 ? 8 : 4) > 0
    case "meta": metadata(bytes)
    default: userData(bytes)
    }
  }

  /// A sequence of pictures names a brand of its own (ISO 23008-12, annex B; AV1 image format, 6).
  private mutating func brands(_ bytes: [UInt8]) {
    let all = [0] + stride(from: 8, to: bytes.count, by: 4)
    traits.isAnimated =
      isStill && all.contains { ["avis", "msf1", "hevc", "hevx"].contains(Self.name(bytes, $0)) }
  }

  /// Boxes that a UUID names: XMP, and C2PA.
  private mutating func extended(_ bytes: [UInt8]) {
    if bytes.starts(with: [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8]) { traits.add(xmp: bytes) }
    if bytes.starts(with: [0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C]) { traits.note(.c2pa) }
  }

  /// The items of a still picture. What an EXIF item holds lies elsewhere, so a place in it cannot be ruled out.
  private mutating func items(_ bytes: [UInt8]) {
    for entry in Self.boxes(bytes, from: bytes[0] == 0 ? 6 : 8) where entry.name == "infe" {
      let version = entry.content.first ?? 0
      switch Self.name(Array(entry.content), version == 2 ? 8 : 10) {
      case "Exif":
        traits.note(.exif)
        traits.note(.gps)
      case "mime" where Array(entry.content).holds("rdf+xml"): traits.note(.xmp)
      case "mime" where Array(entry.content).holds("c2pa"): traits.note(.c2pa)
      default: break
      }
    }
  }

  /// User data of a movie: QuickTime's own entries, 3GPP's, and a metadata box.
  private mutating func userData(_ bytes: [UInt8]) {
    for entry in Self.boxes(bytes, from: 0) {
      switch entry.name {
      case "©xyz", "loci":
        traits.note(.gps)
        traits.note(.text)
      case "meta": metadata(Array(entry.content))
      case "XMP_": traits.add(xmp: Array(entry.content))
      // The track's name that muxers write, and the program's own.
      case "name", "©too", "©swr": break
      default: traits.note(.text)
      }
    }
  }

  /// A metadata box: QuickTime's keys, or iTunes' list. The program's own name says nothing about anybody.
  private mutating func metadata(_ bytes: [UInt8]) {
    let isPlain = Self.name(bytes, 4) == "hdlr"
    for entry in Self.boxes(bytes, from: isPlain ? 0 : 4) {
      switch entry.name {
      case "keys":
        if Array(entry.content).holds("location") { traits.note(.gps) }
        traits.note(.text)
      case "ilst":
        let named = Self.boxes(Array(entry.content), from: 0).map(\.name)
        if named.contains("©xyz") { traits.note(.gps) }
        if named.contains(where: { $0 != "©too" }) { traits.note(.text) }
      default: break
      }
    }
  }

  /// The boxes that lie one after the other from a place on, as far as they are at hand; the last may be cut.
  private static func boxes(_ bytes: [UInt8], from start: Int) -> [(name: String, content: ArraySlice<UInt8>)]
  {
    var found: [(name: String, content: ArraySlice<UInt8>)] = []
    var place = start
    while place + 8 <= bytes.count {
      let length = Int(bytes.bigEndian(place, 4))
      guard length >= 8 else { break }
      found.append((name(bytes, place + 4), bytes[(place + 8)..<min(place + length, bytes.count)]))
      place += length
    }
    return found
  }

  /// The four characters of a name, of which QuickTime's may start with a copyright sign.
  private static func name(_ bytes: [UInt8], _ place: Int) -> String {
    let field = bytes.dropFirst(place).prefix(4)
    let sign = field.first == 0xA9
    return (sign ? "©" : "") + String(decoding: field.dropFirst(sign ? 1 : 0), as: UTF8.self)
  }
}
