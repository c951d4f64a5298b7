import KeepModel

/// Small files that carry metadata, built byte by byte.
extension MediaFixture {
  /// A field of a TIFF table: a tag, and a number of 16 or 32 bits.
  struct Field {
    var tag: Int
    var type = 3
    var value: Int
  }

  /// An EXIF block with one table, and one of positions where a field of tag 0x8825 has the value -1.
  static func exif(_ fields: [Field], positions: [Field] = [], isLittle: Bool = false) -> [UInt8] {
    let behind = 8 + 2 + fields.count * 12 + 4
    let placed = fields.map { $0.value == -1 ? Field(tag: $0.tag, type: 4, value: behind) : $0 }
    var block = text(isLittle ? "II" : "MM")
    block += isLittle ? little(42, 2) + little(8) : big(42, 2) + big(8)
    block += table(placed, isLittle)
    return positions.isEmpty ? block : block + table(positions, isLittle)
  }

  private static func table(_ fields: [Field], _ isLittle: Bool) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] { isLittle ? little(value, count) : big(value, count) }
    var table = number(fields.count, 2)
    for field in fields {
      table += number(field.tag, 2) + number(field.type, 2)
      table += number(1, 4) + number(field.value, field.type == 3 ? 2 : 4)
      if field.type == 3 { table += [0, 0] }
    }
    return table + zeros(4)
  }

  /// A camera's block: a maker, an orientation and a latitude.
  static func cameraExif(_ orientation: Int, isLittle: Bool = false) -> [UInt8] {
    exif(
      [Field(tag: 0x010F, value: 7), Field(tag: 0x0112, value: orientation), Field(tag: 0x8825, value: -1)],
      positions: [Field(tag: 1, value: 78), Field(tag: 2, type: 4, value: 0)], isLittle: isLittle)
  }

  static let xmp = text("<x:xmpmeta><exif:GPSLatitude>48,8N</exif:GPSLatitude></x:xmpmeta>")

  // JPEG

  static let jfif = segment(0xE0, text("JFIF\u{0}") + [1, 1, 0, 0, 72, 0, 72, 0, 0])
  static let profile = segment(0xE2, text("ICC_PROFILE\u{0}") + [1, 1] + zeros(20))
  static let adobe = segment(0xEE, text("Adobe") + [0, 100, 0, 0, 0, 0, 1])
  static let c2pa = segment(
    0xEB, text("JP") + zeros(6) + big(40) + text("jumb") + big(25) + text("jumdc2pa") + zeros(9))

  static func jpeg(with segments: [[UInt8]], between: [UInt8] = [], tail: [UInt8] = []) -> [UInt8] {
    let start: [UInt8] = [0xFF, 0xD8]
    let frame = segment(0xDB, zeros(65)) + segment(0xC2, [8] + big(480, 2) + big(640, 2) + [1, 1, 0x11, 0])
    let scan: [UInt8] = segment(0xDA, [1, 1, 0, 0, 63, 0]) + [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56]
    return start + segments.joined() + frame + scan + between + scan + [0xFF, 0xD9] + tail
  }

  static func exifSegment(_ block: [UInt8]) -> [UInt8] { segment(0xE1, text("Exif\u{0}\u{0}") + block) }

  static let taggedJPEG = jpeg(
    with: [
      jfif, segment(0xE0, text("JFXX\u{0}") + zeros(30)), exifSegment(cameraExif(6)),
      segment(0xE1, text("http://ns.adobe.com/xap/1.0/\u{0}") + xmp), profile,
      segment(0xE2, text("MPF\u{0}") + zeros(30)),
      c2pa, segment(0xED, text("Photoshop 3.0\u{0}8BIM")), adobe, segment(0xFE, text("a comment")),
      [0xFF, 0xFF, 0xFF],
      segment(0xEC, text("Ducky")),
    ], between: segment(0xFE, text("another")), tail: jpeg(width: 8, height: 8))

  // PNG

  static func png(
    colour: UInt8 = 2, with chunks: [[UInt8]] = [], behind: [[UInt8]] = [], tail: [UInt8] = []
  ) -> [UInt8] {
    pngSignature + chunk("IHDR", big(3) + big(2) + [8, colour, 0, 0, 0]) + chunks.joined()
      + chunk("IDAT", [UInt8](repeating: 0x5A, count: 20)) + behind.joined()
      + chunk("IEND", [], crc: [0xAE, 0x42, 0x60, 0x82]) + tail
  }

  static let taggedPNG = png(
    colour: 3,
    with: [
      chunk("gAMA", big(45_455)), chunk("iCCP", text("p\u{0}\u{0}x")), chunk("PLTE", zeros(6)),
      chunk("tRNS", [0]),
      chunk("pHYs", zeros(9)), chunk("tEXt", text("prompt\u{0}{}")), chunk("zTXt", text("a\u{0}\u{0}x")),
      chunk("iTXt", text("XML:com.adobe.xmp\u{0}\u{0}\u{0}\u{0}\u{0}") + xmp), chunk("caBX", zeros(30)),
      chunk("prVt", zeros(5)), chunk("acTL", big(2) + big(0)), chunk("fcTL", zeros(26)),
    ],
    behind: [
      chunk("fdAT", zeros(9)), chunk("eXIf", cameraExif(8, isLittle: true)), chunk("tIME", zeros(7)),
    ], tail: text("appended"))

  // WebP

  static func extendedWebP(_ flags: UInt8, _ chunks: [UInt8]...) -> [UInt8] {
    riff("WEBP", riffChunk("VP8X", [flags, 0, 0, 0] + little(15, 3) + little(8, 3)) + chunks.joined())
  }

  static let taggedWebP =
    extendedWebP(
      0x3C, riffChunk("ICCP", zeros(3)), riffChunk("ALPH", [1, 2, 3]), riffChunk("VP8 ", lossy),
      riffChunk("EXIF", cameraExif(3) + [0]), riffChunk("XMP ", xmp), riffChunk("C2PA", zeros(9)),
      riffChunk("what", zeros(2))) + text("appended")

  // Others

  static let taggedGIF: [UInt8] =
    text("GIF89a") + [1, 0, 1, 0, 0, 0, 0] + [0x21, 0xF9, 4, 1, 0, 0, 0, 0] + [0x21, 0xFE, 2, 0x68, 0x69, 0]
    + [0x21, 0xFF, 11] + text("XMP DataXMP") + [0] + picture + picture + [0x3B]
  private static let picture: [UInt8] = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0]

  static let taggedTIFF: [UInt8] =
    text("II") + [42, 0] + little(8) + little(8, 2)
    + [(256, 20), (257, 10), (271, 7), (274, 5), (338, 2), (700, 9), (34_665, 9), (34_853, 9)].flatMap {
      little($0, 2) + little(3, 2) + little(1) + little($1)
    }

  static let taggedAVIF: [UInt8] = {
    let item = { (type: String, rest: [UInt8]) in
      box("infe", [2, 0, 0, 0], big(1, 2), zeros(2), text(type), rest)
    }
    let items = box(
      "iinf", zeros(4), big(2, 2), item("Exif", [0]), item("mime", text("\u{0}application/rdf+xml\u{0}")))
    let alpha = box("auxC", zeros(4), text("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\u{0}"))
    let size = box("ispe", zeros(4), big(16), big(9))
    let start = box("ftyp", text("avis"), zeros(4), text("avis"), text("msf1"))
    return start + box("meta", zeros(4), items, box("iprp", box("ipco", size, alpha)))
      + box("mdat", zeros(30))
  }()

  static func movie(userData: [UInt8], date: Int = 0) -> [UInt8] {
    box("ftyp", text("isom"), zeros(4), text("isom"))
      + box("moov", box("mvhd", zeros(4), big(date), zeros(92)), userData) + box("mdat", zeros(8))
  }
}
