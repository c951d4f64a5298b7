/// A short film as an MP4 of PNG frames: the one container and codec that need no encoder.
enum Film {
  private static let frameCount = 8

  /// Eight frames after a still, or of a landscape that moves.
  static func frames(after still: InputMedia?, _ painter: Painter) -> [UInt8] {
    let asked = still?.pixels ?? (width: 320, height: 192)
    let (width, height) = Raster.fitting(width: asked.width, height: asked.height, longestSide: 320)
    let source = still.flatMap { PNGFile.decode($0.bytes) }
      .map { painter.retouched($0.scaled(width: width, height: height)) }
    let frames = (0..<frameCount).map { index in
      let raster =
        source.map { shifted($0, by: index * $0.width / (frameCount * 4)) }
        ?? painter.landscape(width: width, height: height, phase: Double(index) * 0.12)
      return PNGFile.encode(raster)
    }
    return mp4(frames, width: width, height: height)
  }

  /// The picture moved sideways, its left edge drawn out.
  private static func shifted(_ raster: Raster, by columns: Int) -> Raster {
    var result = raster
    for row in 0..<raster.height {
      for column in 0..<raster.width {
        let (to, from) = (
          (row * raster.width + column) * 3, (row * raster.width + max(0, column - columns)) * 3
        )
        for part in 0..<3 { result.pixels[to + part] = raster.pixels[from + part] }
      }
    }
    return result
  }

  private static func mp4(_ frames: [[UInt8]], width: Int, height: Int) -> [UInt8] {
    let type = box("ftyp", Array("isom".utf8) + big(512, 4) + Array("isomiso2mp41".utf8))
    let data = box("mdat", frames.flatMap { $0 })
    var offset = type.count + 8
    let offsets = frames.map { frame in
      defer { offset += frame.count }
      return offset
    }
    return type + data + movie(frames.map(\.count), offsets, width: width, height: height)
  }

  private static func movie(_ sizes: [Int], _ offsets: [Int], width: Int, height: Int) -> [UInt8] {
    let duration = big(sizes.count * 125, 4)
    let unity = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000].flatMap { big($0, 4) }
    let header =
      full(
        "mvhd",
        big(0, 8) + big(1000, 4) + duration + big(0x10000, 4) + big(0x100, 2) + zeros(10) + unity
          + zeros(24) + big(2, 4))
    let track =
      full(
        "tkhd",
        big(0, 8) + big(1, 4) + zeros(4) + duration + zeros(8) + zeros(8) + unity + big(width << 16, 4)
          + big(height << 16, 4), flags: 3)
    let media = box(
      "mdia",
      full("mdhd", big(0, 8) + big(1000, 4) + duration + big(0x55C4, 2) + zeros(2))
        + full("hdlr", zeros(4) + Array("vide".utf8) + zeros(12) + Array("VideoHandler\0".utf8))
        + box(
          "minf",
          full("vmhd", zeros(8), flags: 1) + dataInformation
            + sampleTable(sizes, offsets, width: width, height: height)))
    return box("moov", header + box("trak", track + media))
  }

  private static var dataInformation: [UInt8] {
    box("dinf", full("dref", big(1, 4) + full("url ", [], flags: 1)))
  }

  private static func sampleTable(_ sizes: [Int], _ offsets: [Int], width: Int, height: Int) -> [UInt8] {
    let entry = box(
      "png ",
      zeros(6) + big(1, 2) + zeros(16) + big(width, 2) + big(height, 2) + big(0x48_0000, 4)
        + big(0x48_0000, 4)
        + zeros(4) + big(1, 2) + zeros(32) + big(24, 2) + big(0xFFFF, 2))
    return box(
      "stbl",
      full("stsd", big(1, 4) + entry)
        + full("stts", big(1, 4) + big(sizes.count, 4) + big(125, 4))
        + full("stsc", big(1, 4) + big(1, 4) + big(1, 4) + big(1, 4))
        + full("stsz", zeros(4) + big(sizes.count, 4) + sizes.flatMap { big($0, 4) })
        + full("stco", big(offsets.count, 4) + offsets.flatMap { big($0, 4) }))
  }

  private static func box(_ type: String, _ body: [UInt8]) -> [UInt8] {
    big(body.count + 8, 4) + Array(type.utf8) + body
  }

  private static func full(_ type: String, _ body: [UInt8], flags: Int = 0) -> [UInt8] {
    box(type, big(flags, 4) + body)
  }

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  private static func big(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ((count - 1 - $0) * 8)) }
  }
}
