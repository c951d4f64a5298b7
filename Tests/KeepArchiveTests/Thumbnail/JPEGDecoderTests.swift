import Foundation
import KeepModel
import Testing

@testable import KeepArchive

/// The pictures of `Fixtures/pictures`: 72 × 40, red grows to the right, green downwards, blue is 64 in the left half
/// and 192 in the right one. Others than we made them: libjpeg, and FFmpeg those with restart markers.
@Suite struct JPEGDecoderTests {
  private static func fixture(_ name: String) throws -> [UInt8] {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "jpg", subdirectory: "Fixtures/pictures"))
    return Array(try Data(contentsOf: url))
  }

  private static func colours(_ column: Int, _ row: Int) -> [Int] {
    [255 * column / 71, 255 * row / 39, column < 36 ? 64 : 192]
  }

  /// How far the pixels are from what was drawn, on average.
  private static func distance(_ raster: Raster, isGrey: Bool = false) -> Double {
    var sum = 0
    for place in 0..<(raster.width * raster.height) {
      var expected = colours(place % raster.width, place / raster.width)
      if isGrey {
        let brightness = (299 * expected[0] + 587 * expected[1] + 114 * expected[2]) / 1000
        expected = [brightness, brightness, brightness]
      }
      for channel in 0..<3 { sum += abs(Int(raster.pixels[place * 4 + channel]) - expected[channel]) }
    }
    return Double(sum) / Double(raster.width * raster.height * 3)
  }

  @Test(arguments: [
    "full", "halved", "upright", "restarts", "progressive", "progressive-full", "grey", "progressive-grey",
  ])
  func whatOthersEncodedIsDecoded(_ name: String) throws {
    let (raster, side) = try #require(JPEGDecoder.decode(Self.fixture(name), limit: 480))
    #expect((raster.width, raster.height, side) == (72, 40, 72))
    #expect(raster.isOpaque)
    #expect(Self.distance(raster, isGrey: name.hasSuffix("grey")) < 5)
  }

  @Test(arguments: [9, 18, 36, 50]) func aSmallPictureIsDrawnFromFewerCoefficients(_ limit: Int) throws {
    let whole = try #require(JPEGDecoder.decode(Self.fixture("full"), limit: 72)?.picture.reduced(to: limit))
    let small = try #require(JPEGDecoder.decode(Self.fixture("full"), limit: limit)?.picture)
    #expect((small.width, small.height) == (whole.width, whole.height))
    let far = zip(small.pixels, whole.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(Double(far) / Double(small.pixels.count) < 4)
  }

  @Test func fourColoursAreNotDecoded() throws {
    #expect(JPEGDecoder.decode(try Self.fixture("four-colours"), limit: 480) == nil)
    #expect(JPEGDecoder.decode([], limit: 480) == nil)
    #expect(JPEGDecoder.decode([0xFF, 0xD8, 0xFF], limit: 480) == nil)
  }

  @Test(arguments: ["halved", "restarts", "progressive"]) func whatEndsTooEarlyIsNoPicture(_ name: String)
    throws
  {
    let bytes = try Self.fixture(name)
    for count in 0..<(bytes.count - 2) {
      #expect(JPEGDecoder.decode(Array(bytes.prefix(count)), limit: 480) == nil, "\(count) bytes")
    }
  }

  @Test(arguments: ["full", "restarts", "progressive", "progressive-full"])
  func whateverBytesAreChangedNothingTraps(_ name: String) throws {
    let bytes = try Self.fixture(name)
    for place in stride(from: 2, to: bytes.count, by: 7) {
      for value: UInt8 in [0x7F, 0xFF] {
        var changed = bytes
        changed[place] = value
        let picture = JPEGDecoder.decode(changed, limit: 64)?.picture
        #expect(picture.map { $0.pixels.count == $0.width * $0.height * 4 } ?? true)
      }
    }
  }

  @Test(arguments: 1...8) func thePictureIsTurnedAsTheCameraWasHeld(_ orientation: Int) throws {
    let bytes = try Self.fixture("full")
    let upright = try #require(JPEGDecoder.decode(bytes, limit: 480)?.picture)
    for isLittle in [true, false] {
      let turned = try #require(
        JPEGDecoder.decode(Self.held(bytes, orientation, isLittle: isLittle), limit: 480)?.picture)
      #expect(turned == upright.turned(orientation))
      #expect(turned.width == (orientation >= 5 ? 40 : 72))
    }
  }

  @Test func turningGoesTheRightWay() {
    // A B C over D E F.
    let raster = Raster(width: 3, height: 2, pixels: Array("ABCDEF".utf8).flatMap { [$0, $0, $0, 255] })
    let seen = [
      "ABCDEF", "CBAFED", "FEDCBA", "DEFABC", "ADBECF", "DAEBFC", "FCEBDA", "CFBEAD",
    ]
    for (index, letters) in seen.enumerated() {
      let turned = raster.turned(index + 1).pixels
      #expect(stride(from: 0, to: 24, by: 4).map { turned[$0] } == Array(letters.utf8), "\(index + 1)")
    }
  }

  /// With Exif data that tells an orientation.
  private static func held(_ bytes: [UInt8], _ orientation: Int, isLittle: Bool) -> [UInt8] {
    let number = { (value: Int, count: Int) -> [UInt8] in
      let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
      return isLittle ? little : little.reversed()
    }
    var block = Array((isLittle ? "II" : "MM").utf8) + number(42, 2) + number(8, 4) + number(1, 2)
    block += number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + [0, 0] + number(0, 4)
    let data = Array("Exif".utf8) + [0, 0] + block
    return [0xFF, 0xD8, 0xFF, 0xE1, 0, UInt8(data.count + 2)] + data + bytes.dropFirst(2)
  }

  @Test(arguments: [(1, 1), (16, 16), (17, 5), (100, 67)])
  func anEncodedPictureIsDecodedMuchAsItWas(_ width: Int, _ height: Int) throws {
    let pixels = (0..<(width * height)).flatMap { place -> [UInt8] in
      let colours = Self.colours(place % width % 72, place / width % 40)
      return colours.map { UInt8($0) } + [255]
    }
    let bytes = JPEGEncoder.encode(Raster(width: width, height: height, pixels: pixels))
    let decoded = try #require(JPEGDecoder.decode(bytes, limit: 480)?.picture)
    #expect((decoded.width, decoded.height) == (width, height))
    let far = zip(decoded.pixels, pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(Double(far) / Double(pixels.count) < 4)
    #expect(MediaType(magic: bytes) == "image/jpeg")
  }

  @Test func aFileThatAsksForEverMoreIsGivenUp() throws {
    let bytes = try Self.fixture("progressive")
    // The first scan over and over, and Huffman tables without end.
    let scan = try #require(bytes.firstIndex(of: 0xDA))
    let end = try #require(bytes[(scan + 1)...].indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC4 })
    let repeated = bytes[..<end] + Array(repeating: Array(bytes[(scan - 1)..<end]), count: 300).flatMap { $0 }
    #expect(
      JPEGDecoder.decode(Array(repeated + bytes[end...]), limit: 64) != nil, "scans are cheap while small")
    let table: [UInt8] = [0xFF, 0xC4, 0, 20, 0, 1] + Array(repeating: 0, count: 15) + [0]
    let tables = bytes.prefix(2) + Array(repeating: table, count: 300).flatMap { $0 } + bytes.dropFirst(2)
    #expect(JPEGDecoder.decode(Array(tables), limit: 64) == nil)
  }
}
