import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// ZIP64, where the fields of the headers overflow.
@Suite struct ZIPReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func findings(_ path: FilePath) throws -> (entries: [ZIPDirectory.Entry]?, codes: [String]) {
    var reader = ZIPReader(try FileReader(path))
    let directory = try reader.directory()
    return (directory?.entries, reader.log.finished().map(\.code))
  }

  private static let marks: [UInt64] = [
    0, 1, 0xFFFF, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, (4 << 30) + 12_345,
  ]

  @Test(arguments: marks, marks)
  func bothSpellingsOfAHeaderAgree(_ size: UInt64, _ offset: UInt64) {
    let written = ZIPEntry(name: "run-1/data/a", size: size, crc: 0x1234_5678, offset: offset)
    let entry = ZIPDirectory.Entry(
      name: Array("run-1/data/a".utf8), madeBy: 0, flags: 0, method: 0, crc: 0x1234_5678,
      compressedSize: size, size: size, attributes: 0, offset: offset, statedOffset: offset)
    #expect(CanonicalRecord.local(entry) == written.localHeader)
    #expect(CanonicalRecord.central(entry) == written.centralHeader)
  }

  @Test(arguments: [0, 0xFFFE, 0xFFFF, 0x1_0000] as [UInt64], marks)
  func bothSpellingsOfTheEndAgree(_ count: UInt64, _ offset: UInt64) {
    let end = ZIPDirectory.End(
      count: count, statedOffset: offset, size: 99, recordsOffset: 0, fileEnd: 0)
    #expect(CanonicalRecord.end(end) == ZIPEnd(entries: count, size: 99, offset: offset).bytes)
  }

  @Test(arguments: [65_534, 65_535, 65_536])
  func manyEntriesAreRead(_ count: Int) throws {
    var zip = CraftedZIP(items: [])
    for number in 0..<count {
      let digits = String(number)
      let name = String(repeating: "0", count: 6 - digits.count) + digits
      zip.items.append(CraftedZIP.Item("run-1/data/\(name)", []))
    }
    if count >= 0xFFFF {
      zip.zip64 = CraftedZIP.zip64Records
      zip.count = 0xFFFF
    }
    let (entries, codes) = try findings(folder.write(zip.bytes, to: "many.zip"))
    #expect(codes == [])
    #expect(entries?.count == count)
  }

  /// Files with holes: nothing of the data is read.
  private func write(sizes: [UInt64]) throws -> FilePath {
    let path = folder("large.zip")
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    defer { try? file.close() }
    var place: UInt64 = 0
    var directory: [UInt8] = []
    for (index, size) in sizes.enumerated() {
      let entry = ZIPEntry(name: "run-1/data/\(index)", size: size, crc: 0, offset: place)
      try file.writeAll(toAbsoluteOffset: Int64(place), entry.localHeader)
      place += UInt64(entry.localHeader.count) + size
      directory += entry.centralHeader
    }
    let end = ZIPEnd(entries: UInt64(sizes.count), size: UInt64(directory.count), offset: place)
    try file.writeAll(toAbsoluteOffset: Int64(place), directory + end.bytes)
    return path
  }

  @Test(arguments: marks.dropFirst())
  func largeEntriesAreRead(_ size: UInt64) throws {
    let (entries, codes) = try findings(write(sizes: [size, 7, size, 1]))
    #expect(codes == [])
    #expect(entries?.map(\.size) == [size, 7, size, 1])
    #expect(entries?.last?.end == entries?.last.map { $0.dataOffset + 1 })
  }

  @Test func largeEntriesThatLieAreFound() throws {
    let path = try write(sizes: [1 << 32, 7])
    let file = try FileDescriptor.open(path, .readWrite)
    defer { try? file.close() }
    // The size in the local header's ZIP64 field.
    try file.writeAll(toAbsoluteOffset: 30 + 12 + 4, [1])
    #expect(try findings(path).codes == ["E106"])
  }
}
