import Testing

@testable import KeepArchive

@Suite struct ZIPEntryTests {
  @Test func smallFileNeedsNoExtraField() {
    let entry = ZIPEntry(name: "a/b", size: 5, crc: 0x0102_0304, offset: 7)
    #expect(
      entry.localHeader == [
        0x50, 0x4B, 3, 4, 10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 4, 3, 2, 1, 5, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0,
      ] + Array("a/b".utf8))
    #expect(
      entry.centralHeader == [
        0x50, 0x4B, 1, 2, 0x2D, 3, 10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 4, 3, 2, 1, 5, 0, 0, 0, 5, 0, 0, 0,
        3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xA4, 0x81, 7, 0, 0, 0,
      ] + Array("a/b".utf8))
  }

  @Test(arguments: [(UInt64(0xFFFF_FFFE), false), (0xFFFF_FFFF, true), (0x1_0000_0000, true)])
  func largeSizeGoesIntoBothZIP64Fields(size: UInt64, isLarge: Bool) {
    let entry = ZIPEntry(name: "a", size: size, crc: 0, offset: 0)
    let local = entry.localHeader
    let central = entry.centralHeader
    #expect(local[4] == (isLarge ? 45 : 10))
    #expect(central[6] == (isLarge ? 45 : 10))
    let field = [1, 0, 16, 0] + little(size) + little(size)
    #expect(Array(local.dropFirst(31)) == (isLarge ? field : []))
    #expect(Array(central.dropFirst(47)) == (isLarge ? field : []))
    #expect(Array(local[18..<22]) == (isLarge ? [255, 255, 255, 255] : Array(little(size).prefix(4))))
  }

  @Test(arguments: [(UInt64(0xFFFF_FFFE), false), (0xFFFF_FFFF, true)])
  func farOffsetStandsAloneInTheDirectory(offset: UInt64, isFar: Bool) {
    let entry = ZIPEntry(name: "a", size: 3, crc: 0, offset: offset)
    #expect(entry.localHeader.count == 31)
    #expect(Array(entry.centralHeader.dropFirst(47)) == (isFar ? [1, 0, 8, 0] + little(offset) : []))
  }

  @Test func largeAndFarFileHasThreeValuesInOrder() {
    let entry = ZIPEntry(name: "a", size: 0x1_0000_0001, crc: 0, offset: 0x2_0000_0002)
    #expect(
      Array(entry.centralHeader.dropFirst(47))
        == [1, 0, 24, 0] + little(0x1_0000_0001) + little(0x1_0000_0001) + little(0x2_0000_0002))
  }

  @Test(arguments: [
    (UInt64(0xFFFE), UInt64(10), UInt64(10), 22), (0xFFFF, 10, 10, 98), (1, 0xFFFF_FFFF, 10, 98),
    (1, 10, 0xFFFF_FFFF, 98), (1, 10, 0xFFFF_FFFE, 22),
  ])
  func endRecordsOfZIP64ComeExactlyWhereNeeded(
    entries: UInt64, size: UInt64, offset: UInt64, length: Int
  ) {
    #expect(ZIPEnd(entries: entries, size: size, offset: offset).bytes.count == length)
  }

  @Test func classicEndSaturatesOnlyWhatDoesNotFit() {
    let bytes = ZIPEnd(entries: 3, size: 10, offset: 0x1_0000_0000).bytes
    let classic = Array(bytes.suffix(22))
    #expect(Array(classic[8..<12]) == [3, 0, 3, 0])
    #expect(Array(classic[12..<20]) == [10, 0, 0, 0, 255, 255, 255, 255])
    #expect(Array(bytes[56..<64]) == [0x50, 0x4B, 6, 7, 0, 0, 0, 0])
    #expect(Array(bytes[64..<72]) == little(0x1_0000_000A))
  }

  private func little(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
