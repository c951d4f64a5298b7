import KeepModel
import Testing

/// Small whole files of every family, built byte by byte.
enum MediaFixture {
  /// A name, its bytes, what they are, and the size of the picture.
  struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let type: MediaType
    var dimensions: PixelSize?
    /// Whether every proper prefix can be told from the whole.
    var isClosed = true

    var testDescription: String { name }
  }

  static let all: [Sample] = [
    Sample(name: "a.png", bytes: png(), type: "image/png", dimensions: size(3, 2)),
    Sample(name: "a.jpg", bytes: jpeg(), type: "image/jpeg", dimensions: size(640, 480)),
    Sample(name: "a.gif", bytes: gif, type: "image/gif", dimensions: size(1, 1)),
    Sample(name: "a.bmp", bytes: bitmap, type: "image/bmp", dimensions: size(2, 2)),
    Sample(name: "a.tiff", bytes: tiff, type: "image/tiff", dimensions: size(20, 10)),
    Sample(name: "lossy.webp", bytes: webp("VP8 ", lossy), type: "image/webp", dimensions: size(16, 9)),
    Sample(name: "lossless.webp", bytes: webp("VP8L", lossless), type: "image/webp", dimensions: size(16, 9)),
    Sample(name: "long.webp", bytes: longWebP, type: "image/webp", dimensions: size(1920, 1080)),
    Sample(name: "a.avif", bytes: still("avif"), type: "image/avif", dimensions: size(4000, 3000)),
    Sample(name: "a.heic", bytes: still("heic"), type: "image/heic", dimensions: size(4000, 3000)),
    Sample(name: "a.mp4", bytes: movie("isom"), type: "video/mp4", dimensions: size(1280, 720)),
    Sample(
      name: "late.mp4", bytes: movie("mp42", isFast: false), type: "video/mp4", dimensions: size(1280, 720)),
    Sample(name: "a.mov", bytes: movie("qt  "), type: "video/quicktime", dimensions: size(1280, 720)),
    Sample(name: "a.m4a", bytes: movie("M4A "), type: "audio/mp4", dimensions: size(1280, 720)),
    Sample(name: "a.webm", bytes: matroska("webm"), type: "video/webm", dimensions: size(320, 240)),
    Sample(name: "a.mkv", bytes: matroska("matroska"), type: "video/x-matroska", dimensions: size(320, 240)),
    Sample(name: "a.avi", bytes: avi, type: "video/x-msvideo", dimensions: size(320, 240)),
    Sample(name: "a.wav", bytes: wave, type: "audio/wav"),
    Sample(name: "a.flac", bytes: flac, type: "audio/flac", isClosed: false),
    Sample(name: "a.ogg", bytes: ogg([1] + text("vorbis")), type: "audio/ogg", isClosed: false),
    Sample(name: "a.opus", bytes: ogg(text("OpusHead")), type: "audio/ogg", isClosed: false),
    Sample(name: "a.mp3", bytes: mp3, type: "audio/mpeg", isClosed: false),
    Sample(name: "tagged.mp3", bytes: tag + mp3, type: "audio/mpeg", isClosed: false),
    Sample(name: "a.aac", bytes: aac, type: "audio/aac", isClosed: false),
    Sample(name: "a.glb", bytes: glb, type: "model/gltf-binary"),
  ]

  static func size(_ width: Int, _ height: Int) -> PixelSize { PixelSize(width: width, height: height) }
  static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
  static func big(_ value: Int, _ count: Int = 4) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
  static func little(_ value: Int, _ count: Int = 4) -> [UInt8] { big(value, count).reversed() }
  static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  // PNG

  static func chunk(_ name: String, _ content: [UInt8], crc: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
    big(content.count) + text(name) + content + crc
  }

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func png(width: Int = 3, height: Int = 2, pixels: Int = 20) -> [UInt8] {
    pngSignature + chunk("IHDR", big(width) + big(height) + [8, 2, 0, 0, 0])
      + chunk("IDAT", [UInt8](repeating: 0x5A, count: pixels)) + chunk("tEXt", text("Title\u{0}x"))
      + chunk("IEND", [], crc: [0xAE, 0x42, 0x60, 0x82])
  }

  // JPEG

  static func segment(_ code: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0xFF, code] + big(content.count + 2, 2) + content
  }

  /// With a thumbnail in APP1, whose markers must not be taken for the picture's, and two scans.
  static func jpeg(width: Int = 640, height: Int = 480) -> [UInt8] {
    let thumbnail: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xFF, 0xD9]
    let start: [UInt8] = [0xFF, 0xD8]
    let frame = segment(0xC2, [8] + big(height, 2) + big(width, 2) + [1, 1, 0x11, 0])
    let scan: [UInt8] = segment(0xDA, [1, 1, 0, 0, 63, 0]) + [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56]
    return start + segment(0xE1, text("Exif") + thumbnail) + segment(0xDB, zeros(65)) + frame
      + segment(0xC4, zeros(20)) + scan + [0xFF] + segment(0xC4, zeros(3)) + scan + [0xFF, 0xD9]
  }

  // GIF, BMP, TIFF

  static let gif: [UInt8] =
    text("GIF89a") + [1, 0, 1, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6]
    + [0x21, 0xF9, 4, 0, 0, 0, 0, 0] + [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0, 0x3B]

  static let bitmap: [UInt8] =
    text("BM") + little(70) + zeros(4) + little(54) + little(40) + little(2) + little(-2) + [1, 0, 24, 0]
    + zeros(24) + zeros(16)

  static let tiff: [UInt8] =
    text("II") + [42, 0] + little(12) + zeros(4) + [2, 0] + [0, 1, 3, 0] + little(1) + little(20)
    + [1, 1, 4, 0] + little(1) + little(10)

  // RIFF

  static func riffChunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    text(name) + little(content.count) + content + zeros(content.count % 2)
  }
  static func riff(_ form: String, _ chunks: [UInt8]) -> [UInt8] {
    text("RIFF") + little(chunks.count + 4) + text(form) + chunks
  }
  static func webp(_ name: String, _ content: [UInt8]) -> [UInt8] { riff("WEBP", riffChunk(name, content)) }

  static let lossy: [UInt8] = [0x10, 0, 0, 0x9D, 0x01, 0x2A] + little(16, 2) + little(9, 2) + [1, 2, 3, 4]
  static let lossless: [UInt8] = [0x2F] + little(15 | 8 << 14) + [1, 2, 3, 4, 5, 6, 7]
  static let longWebP = riff(
    "WEBP",
    riffChunk("VP8X", [0x10, 0, 0, 0] + little(1919, 3) + little(1079, 3)) + riffChunk("ALPH", [1, 2, 3])
      + riffChunk("VP8 ", lossy))
  static let format = riffChunk("fmt ", [1, 0, 1, 0] + little(8000) + little(8000) + [1, 0, 8, 0])
  static let wave = riff("WAVE", format + riffChunk("data", [1, 2, 3, 4, 5, 6]))
  static let avi = riff(
    "AVI ",
    riffChunk(
      "LIST", text("hdrl") + riffChunk("avih", zeros(32) + little(320) + little(240) + zeros(16)))
      + riffChunk("LIST", text("movi") + riffChunk("00dc", [1, 2, 3, 4])))

  // Boxes

  static func box(_ name: String, _ content: [UInt8]...) -> [UInt8] {
    let content = content.flatMap { $0 }
    return big(content.count + 8) + text(name) + content
  }

  static func movie(_ brand: String, isFast: Bool = true) -> [UInt8] {
    let start = box("ftyp", text(brand), zeros(4), text(brand))
    let media = box("mdat", [UInt8](repeating: 7, count: 40))
    let length = movieBox(chunkAt: 0).count
    return isFast
      ? start + movieBox(chunkAt: start.count + length + 8) + media
      : start + media + movieBox(chunkAt: start.count + 8)
  }

  static func movieBox(chunkAt offset: Int) -> [UInt8] {
    let header = zeros(76) + big(1280 << 16) + big(720 << 16)
    let table = box("stbl", box("stsd", zeros(8)), box("stco", zeros(4), big(1), big(offset)))
    let sound = box("trak", box("tkhd", [1], zeros(95)))
    return box(
      "moov", box("mvhd", zeros(100)), sound,
      box("trak", box("tkhd", header), box("mdia", box("mdhd", zeros(24)), box("minf", table))))
  }

  static func still(_ brand: String) -> [UInt8] {
    let tile = box("ispe", zeros(4), big(512), big(512))
    let whole = box("ispe", zeros(4), big(4000), big(3000))
    let meta = box("meta", zeros(4), box("hdlr", zeros(24)), box("iprp", box("ipco", tile, whole)))
    return box("ftyp", text("mif1"), zeros(4), text("mif1"), text(brand)) + meta + box("mdat", zeros(30))
  }

  // Matroska, Ogg, FLAC, MP3, AAC, GLB

  static func element(_ id: Int, _ content: [UInt8]...) -> [UInt8] {
    let content = content.flatMap { $0 }
    let idCount = id > 0xFF_FFFF ? 4 : id > 0xFFFF ? 3 : id > 0xFF ? 2 : 1
    return big(id, idCount) + [0x01] + big(content.count, 7) + content
  }

  static func matroska(_ document: String) -> [UInt8] {
    let video = element(0xE0, element(0xB0, big(320, 2)), element(0xBA, big(240, 2)))
    return element(0x1A45_DFA3, element(0x4286, [1]), element(0x4282, text(document)))
      + element(
        0x1853_8067, element(0x1549_A966, zeros(10)), element(0x1654_AE6B, element(0xAE, video)),
        element(0x1F43_B675, element(0xE7, [0]), element(0xA3, zeros(30))))
  }

  static func ogg(_ packet: [UInt8]) -> [UInt8] {
    let page = { (content: [UInt8]) in
      text("OggS") + zeros(22) + [1, UInt8(content.count)] + content
    }
    return page(packet + zeros(20)) + page([1, 2, 3]) + page([4])
  }

  static let flac: [UInt8] =
    text("fLaC") + [0] + big(34, 3) + zeros(34) + [0x84] + big(3, 3) + zeros(3) + [0xFF, 0xF8, 0xC9, 0x18]
  static let tag: [UInt8] = text("ID3") + [4, 0, 0, 0, 0, 0, 20] + zeros(20)
  static let mp3: [UInt8] = {
    let frame: [UInt8] = [0xFF, 0xFB, 0x90, 0x00] + zeros(413)
    return frame + frame + frame
  }()
  static let aac: [UInt8] = {
    let frame: [UInt8] = [0xFF, 0xF1, 0x50, 0x80, 0x03, 0x1F, 0xFC] + zeros(17)
    return frame + frame
  }()
  static let glb: [UInt8] =
    text("glTF") + little(2) + little(32) + little(12) + text("JSON") + text("{\"asset\":{}}")
}
