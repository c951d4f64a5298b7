import Testing

@testable import KeepArchive

@Suite struct RowReducerTests {
  private func reduce(_ rows: [[UInt8]], limit: Int) -> Raster? {
    guard var reducer = RowReducer(width: rows[0].count / 4, height: rows.count, limit: limit) else {
      return nil
    }
    for row in rows { reducer.add(row) }
    return reducer.finish()
  }

  private func grey(_ values: UInt8...) -> [UInt8] { values.flatMap { [$0, $0, $0, 255] } }

  @Test func pixelsAreAveragedByArea() {
    #expect(reduce([grey(0, 100, 10, 30), grey(100, 200, 20, 40)], limit: 2)?.pixels == grey(100, 25))
    // Two and a half columns become two: the middle one is shared.
    let shared = reduce([grey(0, 60, 120)], limit: 2)
    #expect(shared?.pixels == grey(20, 100))
  }

  @Test func aSmallPictureStaysAsItIs() {
    let rows = [grey(1, 2, 3), grey(4, 5, 6)]
    #expect(reduce(rows, limit: 3)?.pixels == rows.flatMap { $0 })
  }

  @Test func whatCannotBeSeenGivesNoColour() {
    let red: [UInt8] = [255, 0, 0, 255]
    let unseen: [UInt8] = [0, 255, 0, 0]
    #expect(reduce([red + unseen], limit: 1)?.pixels == [255, 0, 0, 128])
    #expect(reduce([unseen + unseen], limit: 1)?.pixels == [0, 0, 0, 0])
  }

  @Test func thinPicturesKeepAPixel() {
    let rows = Array(repeating: grey(9), count: 5000)
    let raster = reduce(rows, limit: 100)
    #expect(raster?.width == 1 && raster?.height == 100)
    #expect(raster?.pixels.prefix(4) == [9, 9, 9, 255])
  }

  @Test func aPictureWithoutAllItsRowsIsNone() {
    var reducer = RowReducer(width: 1, height: 2, limit: 4)
    reducer?.add(grey(1))
    #expect(reducer?.finish() == nil)
    #expect(RowReducer(width: 0, height: 1, limit: 4) == nil)
    #expect(RowReducer(width: 65_536, height: 1, limit: 4) == nil)
  }

  @Test func theWidestWhiteRowDoesNotOverflow() {
    let row = [UInt8](repeating: 255, count: 65_535 * 4)
    #expect(reduce([row], limit: 1)?.pixels == [255, 255, 255, 255])
  }
}
