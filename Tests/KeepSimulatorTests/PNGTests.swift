import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct PNGTests {
  @Test func whatIsWrittenIsReadBack() throws {
    let raster = Fixture.raster()
    #expect(PNGFile.decode(PNGFile.encode(raster)) == raster)
  }

  @Test func textStandsInItsChunk() throws {
    let file = PNGFile.encode(Fixture.raster(), text: [("prompt", "{}")])
    let chunk = try #require(try PNGFile.chunks(of: file).first { $0.type == "tEXt" })
    #expect(chunk.data.elementsEqual("prompt\0{}".utf8))
  }

  @Test(arguments: 0...4) func everyRowFilterIsUndone(_ filter: UInt8) throws {
    let raster = Fixture.raster(9, width: 5, height: 4)
    #expect(PNGFile.decode(file(raster, filter: filter)) == raster)
  }

  @Test func unknownRowFilterIsNotDecoded() {
    #expect(PNGFile.decode(file(Fixture.raster(), filter: 5)) == nil)
  }

  @Test func transparencyIsLaidOverWhite() throws {
    let data: [UInt8] = [0, 10, 20, 30, 0, 10, 20, 30, 255]
    let header: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 1, 8, 6, 0, 0, 0]
    let file =
      PNGFile.signature + PNGFile.chunk("IHDR", header) + PNGFile.chunk("IDAT", Deflate.compress(data))
      + PNGFile.chunk("IEND", [])
    #expect(PNGFile.decode(file)?.pixels == [255, 255, 255, 10, 20, 30])
  }

  @Test func everyCutIsFound() {
    let file = Fixture.png()
    for count in 0..<file.count {
      #expect(throws: MediaFlaw.self) { try PNGFile.chunks(of: Array(file.prefix(count))) }
    }
  }

  @Test func everyFlippedByteIsFound() {
    let file = Fixture.png(width: 6, height: 4)
    for index in file.indices {
      var damaged = file
      damaged[index] ^= 0x20
      #expect(throws: MediaFlaw.self, "byte \(index)") { try PNGFile.chunks(of: damaged) }
    }
  }

  @Test func pictureTooLargeIsNotDecoded() {
    #expect(PNGFile.decode(Fixture.png(), maximumPixels: 24 * 16 - 1) == nil)
  }

  @Test func addedTextChangesTheBytesAndNotThePicture() {
    let file = Fixture.png()
    let other = PNGFile.adding(key: "variant", value: "1", to: file)
    #expect(other != file)
    #expect(PNGFile.decode(other) == PNGFile.decode(file))
  }

  @Test func landscapeFollowsFromItsChecksum() {
    let painter = Painter(checksum: Checksum(of: [1]))
    #expect(painter.landscape(width: 40, height: 30) == painter.landscape(width: 40, height: 30))
    #expect(
      painter.landscape(width: 40, height: 30)
        != Painter(checksum: Checksum(of: [2])).landscape(width: 40, height: 30))
  }

  /// A file whose rows all bear one filter.
  private func file(_ raster: Raster, filter: UInt8) -> [UInt8] {
    let stride = raster.width * 3
    var rows: [UInt8] = []
    for row in 0..<raster.height {
      rows.append(filter)
      for index in 0..<stride {
        let at = { (column: Int, line: Int) -> Int in
          column < 0 || line < 0 ? 0 : Int(raster.pixels[line * stride + column])
        }
        let (left, up, corner) = (at(index - 3, row), at(index, row - 1), at(index - 3, row - 1))
        let estimate = left + up - corner
        let nearest = [left, up, corner].min { abs(estimate - $0) < abs(estimate - $1) } ?? 0
        let predicted = [0, left, up, (left + up) / 2, nearest, 0][Int(filter)]
        rows.append(UInt8(truncatingIfNeeded: at(index, row) - predicted))
      }
    }
    let header: [UInt8] = [0, 0, 0, UInt8(raster.width), 0, 0, 0, UInt8(raster.height), 8, 2, 0, 0, 0]
    return PNGFile.signature + PNGFile.chunk("IHDR", header)
      + PNGFile.chunk("IDAT", Deflate.compress(rows)) + PNGFile.chunk("IEND", [])
  }
}
