import KeepFiles
import KeepModel
import Testing

@testable import KeepArchive

@Suite struct PNGDecoderTests {
  @Test func everySortOfPixelIsRead() {
    let cases: [(sort: String, png: SamplePNG, pixels: [UInt8])] = [
      (
        "grey 1", SamplePNG(width: 3, height: 1, depth: 1, colour: 0, data: [0, 0b1010_0000]),
        [255, 0, 255].grey
      ),
      (
        "grey 2", SamplePNG(width: 3, height: 1, depth: 2, colour: 0, data: [0, 0b0001_1100]),
        [0, 85, 255].grey
      ),
      ("grey 4", SamplePNG(width: 2, height: 1, depth: 4, colour: 0, data: [0, 0x1F]), [17, 255].grey),
      ("grey 8", SamplePNG(width: 2, height: 1, colour: 0, data: [0, 7, 200]), [7, 200].grey),
      ("grey 16", SamplePNG(width: 1, height: 1, depth: 16, colour: 0, data: [0, 0x80, 0]), [128].grey),
      ("rgb 8", SamplePNG(width: 1, height: 1, data: [0, 1, 2, 3]), [1, 2, 3, 255]),
      (
        "rgb 16", SamplePNG(width: 1, height: 1, depth: 16, data: [0, 1, 1, 2, 2, 255, 255]),
        [1, 2, 255, 255]
      ),
      ("grey and opacity", SamplePNG(width: 1, height: 1, colour: 4, data: [0, 9, 40]), [9, 9, 9, 40]),
      ("rgba 8", SamplePNG(width: 1, height: 1, colour: 6, data: [0, 10, 20, 30, 255]), [10, 20, 30, 255]),
      (
        "rgba 16",
        SamplePNG(width: 1, height: 1, depth: 16, colour: 6, data: [0, 1, 1, 2, 2, 3, 3, 255, 255]),
        [1, 2, 3, 255]
      ),
    ]
    for (sort, png, pixels) in cases { #expect(png.decode() == pixels, "\(sort)") }
  }

  @Test func palettesAndTheirTransparencyAreRead() {
    var png = SamplePNG(width: 4, height: 1, depth: 2, colour: 3, data: [0, 0b0001_1011])
    png.palette = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    png.transparency = [255, 128]
    // The fourth pixel names a colour that the palette does not hold.
    #expect(png.decode() == [1, 2, 3, 255, 4, 5, 6, 128, 7, 8, 9, 255, 0, 0, 0, 255])
    png.palette = nil
    #expect(png.decode() == nil)
  }

  @Test func theColourThatIsSeenThroughIsSeenThrough() {
    var rgb = SamplePNG(width: 2, height: 1, data: [0, 1, 2, 3, 1, 2, 4])
    rgb.transparency = [0, 1, 0, 2, 0, 3]
    #expect(rgb.decode() == [0, 0, 0, 0, 1, 2, 4, 255])
    var grey = SamplePNG(width: 2, height: 1, colour: 0, data: [0, 9, 10])
    grey.transparency = [0, 10]
    #expect(grey.decode() == [9, 9, 9, 255, 0, 0, 0, 0])
  }

  @Test func everyFilterIsUndone() {
    let rows: [[UInt8]] = [
      [0, 10, 20, 30, 40], [1, 10, 10, 10, 10], [2, 1, 1, 1, 1], [3, 5, 5, 5, 5], [4, 1, 2, 3, 250],
    ]
    let png = SamplePNG(width: 4, height: 5, colour: 0, data: rows.flatMap { $0 })
    let expected: [UInt8] = [
      10, 20, 30, 40, 10, 20, 30, 40, 11, 21, 31, 41, 10, 20, 30, 40, 11, 22, 33, 34,
    ]
    #expect(png.decode() == expected.grey)
    #expect(SamplePNG(width: 1, height: 1, colour: 0, data: [5, 1]).decode() == nil, "a sixth filter")
  }

  @Test func thePiecesDoNotMatter() {
    let data = (0..<20).flatMap { row in
      [UInt8(row % 5)] + (0..<90).map { UInt8(truncatingIfNeeded: $0 * row) }
    }
    let png = SamplePNG(width: 30, height: 20, data: data)
    let whole = png.decode(piece: 100_000)
    #expect(whole?.count == 30 * 20 * 4)
    for piece in [1, 2, 3, 17] { #expect(png.decode(piece: piece) == whole) }
  }

  @Test func whatEndsTooEarlyIsNoPicture() {
    var data: [UInt8] = []
    for row in 0..<8 {
      data.append(0)
      for column in 0..<24 { data.append(UInt8(truncatingIfNeeded: column * column * (row + 3))) }
    }
    let bytes = SamplePNG(width: 8, height: 8, data: data, piece: 1000).bytes
    #expect(SamplePNG.decode(bytes) != nil)
    // The last bytes are the end of the stream with its sum, the chunk's sum, and the end of the file.
    for count in 0..<(bytes.count - 26) { #expect(SamplePNG.decode(Array(bytes.prefix(count))) == nil) }
  }

  @Test func whatIsTooLargeOrNotDecodedIsRefusedByItsHeader() {
    func header(_ width: Int, _ height: Int, _ depth: UInt8, _ colour: UInt8, _ interlace: UInt8)
      -> PNGHeader?
    {
      PNGHeader(SamplePNG.header(width, height, depth, colour, interlace: interlace))
    }
    #expect(header(16_384, 16_384, 8, 6, 0) != nil)
    #expect(header(16_384, 16_384, 8, 6, 1) == nil, "interlaced")
    #expect(header(40_000, 40_000, 1, 0, 0) == nil, "1.6 thousand million pixels")
    #expect(header(19_000, 19_000, 16, 6, 0) == nil, "2.9 GB of pixels")
    #expect(header(70_000, 1, 8, 2, 0) == nil)
    #expect(header(0, 1, 8, 2, 0) == nil)
    #expect(header(1 << 31, 1 << 31, 8, 2, 0) == nil)
    for (depth, colour) in [(3, 0), (16, 3), (4, 2), (8, 1), (8, 5), (0, 0)] as [(UInt8, UInt8)] {
      #expect(header(1, 1, depth, colour, 0) == nil)
    }
  }

  @Test func moreRowsThanTheHeaderSaysAreNotTaken() {
    let png = SamplePNG(width: 1, height: 1, colour: 0, data: [0, 5] + Array(repeating: 0, count: 1_000_000))
    #expect(png.decode() == [5].grey)
  }

  @Test func anEncodedPictureIsDecodedAsItWas() throws {
    let pixels = (0..<(33 * 21 * 4)).map {
      UInt8(truncatingIfNeeded: $0 % 4 == 3 ? 255 - $0 / 16 % 200 : $0 * 7)
    }
    let bytes = try #require(PNGEncoder.encode(Raster(width: 33, height: 21, pixels: pixels)))
    let decoded = try #require(SamplePNG.decode(bytes))
    #expect((decoded.width, decoded.height) == (33, 21))
    // A colour is multiplied by its opacity and divided again; with whole numbers that gives the same one.
    #expect(decoded.pixels == pixels)
  }
}

extension [Int] {
  /// Grey pixels.
  fileprivate var grey: [UInt8] { map { UInt8($0) }.grey }
}

extension [UInt8] {
  /// Grey pixels.
  fileprivate var grey: [UInt8] { flatMap { [$0, $0, $0, 255] } }
}
