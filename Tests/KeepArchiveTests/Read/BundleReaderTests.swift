import KeepModel
import KeepTestKit
import Testing

@testable import KeepArchive

@Suite struct BundleReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ zip: CraftedZIP) throws -> BundleReader {
    try BundleReader(folder.write(zip.bytes, to: "bundle.zip"))
  }

  @Test func filesAreReadByTheirPath() throws {
    let bundle = try CraftedBundle.good()
    let reader = try write(bundle.zip)
    #expect(reader.paths.count == 15)
    #expect(reader.size(of: "data/\(CraftedBundle.text)") == 9)
    #expect(try reader.bytes(of: "data/\(CraftedBundle.text)", limit: 9) == Array("a red fox".utf8))
  }

  @Test func deflatedFilesAreReadToo() throws {
    // "hello hello hello hello" by zlib, level 9, raw.
    let deflated: [UInt8] = [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40, 0x27, 0x01]
    var zip = try CraftedBundle.good().zip
    zip.items[4].data = Array("hello hello hello hello".utf8)
    zip.items[4].method = 8
    zip.items[4].encoded = deflated
    let reader = try write(zip)
    var pieces: [UInt8] = []
    try reader.read("data/README.md") { pieces += $0 }
    #expect(pieces == zip.items[4].data)
    #expect(try reader.bytes(of: "data/README.md", limit: 100) == zip.items[4].data)
  }

  @Test func limitsHold() throws {
    let reader = try write(try CraftedBundle.good().zip)
    #expect(throws: KeepError(.failure, .path(folder("bundle.zip")), "")) {
      try reader.bytes(of: "data/\(CraftedBundle.text)", limit: 8)
    }
    #expect(throws: KeepError(.failure, .path(folder("bundle.zip")), "")) {
      try reader.bytes(of: "data/none", limit: 8)
    }
  }

  @Test(arguments: [0, 8] as [UInt16])
  func noMoreIsKeptOfAnEntryThanItsSize(_ method: UInt16) {
    let entry = ZIPDirectory.Entry(
      name: [], madeBy: 0, flags: 0, method: method, crc: 0, compressedSize: 1 << 20, size: 100,
      attributes: 0, offset: 0, statedOffset: 0)
    var hasher = EntryHasher(entry, index: 0, keepsBytes: true)
    let piece = method == 8 ? CraftedZIP.deflateStored([UInt8](repeating: 65, count: 60)) : [65]
    for _ in 0..<1000 { piece.withUnsafeBytes { hasher.update($0) } }
    #expect((hasher.finish().bytes?.count ?? 0) <= 100)
  }

  @Test func entriesWithTwoSizesAreNotOpened() throws {
    var zip = try CraftedBundle.good().zip
    zip.items[4].size = 3
    let path = try folder.write(zip.bytes, to: "bundle.zip")
    #expect(throws: KeepError(.fixity, .path(path), "")) { _ = try BundleReader(path) }
  }

  @Test func damageIsNoticed() throws {
    var zip = try CraftedBundle.good().zip
    zip.items[4].crc = 1
    let reader = try write(zip)
    #expect(throws: KeepError(.fixity, .path(folder("bundle.zip")), "")) {
      try reader.bytes(of: "data/README.md", limit: 100_000)
    }
    #expect(throws: KeepError(.fixity, .path(folder("bundle.zip")), "")) {
      try reader.read("data/README.md") { _ in }
    }
  }

  @Test func unsafeOnesAreNotOpened() throws {
    var zip = try CraftedBundle.good().zip
    zip.items[14].name = Array("../evil".utf8)
    let path = try folder.write(zip.bytes, to: "bundle.zip")
    #expect(throws: KeepError(.unsafeBundle, .path(path), "")) { _ = try BundleReader(path) }
    let other = try folder.write([1, 2, 3], to: "other.zip")
    #expect(throws: KeepError(.notABundle, .path(other), "")) { _ = try BundleReader(other) }
  }

  @Test func whatTheTakerThrowsComesOut() throws {
    let reader = try write(try CraftedBundle.good().zip)
    #expect(throws: KeepError(.localIO, .none, "")) {
      try reader.read("data/README.md") { _ throws(KeepError) in throw KeepError(.localIO, .none, "full") }
    }
  }
}
