import KeepModel
import KeepTestKit
import Testing

@testable import KeepArchive

/// One way to break the container of a good bundle.
struct ContainerFault: Sendable, CustomTestStringConvertible {
  let name: String
  let code: FindingCode
  let status: Int32
  let apply: @Sendable (inout CraftedZIP) -> Void

  init(
    _ name: String, _ code: FindingCode, _ status: Int32,
    _ apply: @escaping @Sendable (inout CraftedZIP) -> Void
  ) {
    (self.name, self.code, self.status, self.apply) = (name, code, status, apply)
  }

  var testDescription: String { name }
}

@Suite struct ContainerFaultTests {
  static let top = CraftedBundle.top

  /// The last entry, `data/run/workflow_api.json`.
  static let last = 14

  static let spelling: [ContainerFault] = [
    ContainerFault("bytes before, offsets from the ZIP", .strayBytes, 6) { $0.prefix = [1, 2, 3] },
    ContainerFault("bytes before, offsets from the file", .strayBytes, 6) {
      $0.prefix = [1, 2, 3]
      $0.countsPrefix = true
    },
    ContainerFault("bytes between entries", .strayBytes, 6) { $0.items[5].junkBefore = [0] },
    ContainerFault("bytes before the directory", .strayBytes, 6) { $0.junkBeforeDirectory = [0] },
    ContainerFault("bytes after the directory", .directoryUnreadable, 30) {
      $0.junkAfterDirectory = [0]
    },
    ContainerFault("bytes after the end", .strayBytes, 6) { $0.suffix = [0] },
    ContainerFault("archive comment", .endRecordNotCanonical, 6) { $0.comment = [65] },
    ContainerFault("ZIP64 end records without need", .endRecordNotCanonical, 6) {
      $0.zip64 = CraftedZIP.zip64Records
    },
    ContainerFault("another time", .localHeaderNotCanonical, 6) { $0.items[3].time = 1 },
    ContainerFault("another date", .directoryNotCanonical, 6) { $0.items[3].date = 0x5A21 },
    ContainerFault("UTF-8 flag", .directoryNotCanonical, 6) { $0.items[3].flags = 0x800 },
    ContainerFault("made on another system", .directoryNotCanonical, 6) { $0.items[3].madeBy = 20 },
    ContainerFault("version needed", .localHeaderNotCanonical, 6) { $0.items[3].needed = 20 },
    ContainerFault("other permissions", .directoryNotCanonical, 6) {
      $0.items[3].attributes = 0o100600 << 16
    },
    ContainerFault("local extra field", .localHeaderNotCanonical, 6) {
      $0.items[4].localExtra = [0x55, 0x54, 0, 0]
    },
    ContainerFault("central extra field", .directoryNotCanonical, 6) {
      $0.items[4].centralExtra = [0x55, 0x54, 0, 0]
    },
    ContainerFault("entry comment", .directoryNotCanonical, 6) { $0.items[4].comment = [65] },
    ContainerFault("two entries swapped", .orderNotCanonical, 6) { $0.items.swapAt(5, 6) },
    ContainerFault("payload before the tag files", .orderNotCanonical, 6) { $0.items.swapAt(0, 8) },
    ContainerFault("data descriptor", .localHeaderNotCanonical, 6) { describeLater(&$0.items[7]) },
    ContainerFault("data descriptor without signature", .localHeaderNotCanonical, 6) { zip in
      describeLater(&zip.items[7])
      zip.items[7].descriptor.removeFirst(4)
    },
    ContainerFault("data descriptor with sizes of 64 bits", .localHeaderNotCanonical, 6) { zip in
      describeLater(&zip.items[7])
      let size = UInt64(zip.items[7].data.count)
      zip.items[7].descriptor.removeLast(8)
      zip.items[7].descriptor += CraftedZIP.bytes(size) + CraftedZIP.bytes(size)
    },
    ContainerFault("deflated", .notStored, 6) { zip in
      for index in zip.items.indices {
        zip.items[index].method = 8
        zip.items[index].encoded = CraftedZIP.deflateStored(zip.items[index].data)
      }
    },
  ]

  static let damage: [ContainerFault] = [
    ContainerFault("another local name", .headersDisagree, 30) {
      $0.items[last].localName = Array("\(top)/data/other.json".utf8)
    },
    ContainerFault("another local CRC", .headersDisagree, 30) { $0.items[last].localCRC = 7 },
    ContainerFault("another local size", .headersDisagree, 30) { $0.items[last].localSize = 7 },
    ContainerFault("another CRC in both", .crcDiffers, 30) { $0.items[last].crc = 7 },
    ContainerFault("stored with two sizes", .storedSizesDiffer, 30) { $0.items[last].size = 1 },
    ContainerFault("data descriptor that lies", .headersDisagree, 30) {
      describeLater(&$0.items[7])
      $0.items[7].descriptor = [UInt8](repeating: 0xFF, count: 16)
    },
    ContainerFault("data descriptor of the last entry that lies", .headersDisagree, 30) {
      describeLater(&$0.items[last])
      $0.items[last].descriptor[4] ^= 1
    },
    ContainerFault("data descriptor that is not there", .headersDisagree, 30) {
      describeLater(&$0.items[7])
      $0.items[7].descriptor = []
    },
    ContainerFault("size beyond the file", .localHeaderUnreadable, 30) {
      $0.items[last].compressedSize = 1 << 30
    },
    ContainerFault("offset into nothing", .localHeaderUnreadable, 30) { $0.items[last].offset = 99 },
    ContainerFault("deflate that is none", .dataUndecodable, 30) {
      $0.items[last].method = 8
      $0.items[last].encoded = Array(repeating: 0xFF, count: $0.items[last].data.count)
    },
    ContainerFault("deflate that gives more", .dataUndecodable, 30) {
      $0.items[last].method = 8
      $0.items[last].encoded = CraftedZIP.deflateStored($0.items[last].data + [0])
      $0.items[last].size = UInt32($0.items[last].data.count)
    },
    ContainerFault("bytes behind the deflate stream", .dataUndecodable, 30) {
      $0.items[last].method = 8
      $0.items[last].encoded = CraftedZIP.deflateStored($0.items[last].data) + [0]
    },
    ContainerFault("too few entries counted", .directoryUnreadable, 30) { $0.count = 3 },
    ContainerFault("too many entries counted", .directoryUnreadable, 30) { $0.count = 16 },
    ContainerFault("absurdly many entries counted", .endRecordContradicts, 30) { $0.count = 60_000 },
    ContainerFault("directory size lies", .directoryUnreadable, 30) { $0.directorySize = 1000 },
    ContainerFault("directory offset lies", .endRecordContradicts, 30) {
      $0.directoryOffset = 0x7FFF_0000
    },
    ContainerFault("saturated without ZIP64", .endRecordContradicts, 30) { $0.count = 0xFFFF },
    ContainerFault("ZIP64 offset lies", .endRecordContradicts, 30) {
      $0.zip64 = { CraftedZIP.zip64Records($0, $1, $2 + 1) }
      $0.directoryOffset = 0xFFFF_FFFF
    },
    ContainerFault("ZIP64 size overflows", .endRecordContradicts, 30) {
      $0.zip64 = { count, _, offset in CraftedZIP.zip64Records(count, 1 << 63, 0) }
      $0.directorySize = 0xFFFF_FFFF
    },
    ContainerFault("ZIP64 and classic count differ", .endRecordContradicts, 30) {
      $0.zip64 = { CraftedZIP.zip64Records($0 + 1, $1, $2) }
    },
    ContainerFault("ZIP64 size without its field", .directoryUnreadable, 30) {
      $0.items[last].size = .max
    },
    ContainerFault("ZIP64 field that lies", .localHeaderUnreadable, 30) {
      ($0.items[last].size, $0.items[last].compressedSize) = (.max, .max)
      $0.items[last].centralExtra =
        [1, 0, 16, 0] + CraftedZIP.bytes(UInt64.max) + CraftedZIP.bytes(UInt64.max - 100)
    },
  ]

  static let unsafe: [ContainerFault] = [
    ContainerFault("slip out", .nameNotPortable, 5) { rename(&$0, "\(top)/data/../../../evil") },
    ContainerFault("slip out in the local name alone", .nameNotPortable, 5) {
      $0.items[last].localName = Array("../../evil".utf8)
    },
    ContainerFault("absolute", .nameNotPortable, 5) { rename(&$0, "/etc/passwd") },
    ContainerFault("backslash", .nameNotPortable, 5) { rename(&$0, "\(top)/data\\evil") },
    ContainerFault("drive", .nameNotPortable, 5) { rename(&$0, "C:/evil") },
    ContainerFault("not ASCII", .nameNotPortable, 5) { rename(&$0, "\(top)/data/ä") },
    ContainerFault("NUL", .nameNotPortable, 5) { rename(&$0, "\(top)/data/a\u{0}b") },
    ContainerFault("device", .nameNotPortable, 5) { rename(&$0, "\(top)/data/Con.png") },
    ContainerFault("dot at the end", .nameNotPortable, 5) { rename(&$0, "\(top)/data/a.") },
    ContainerFault("empty component", .nameNotPortable, 5) { rename(&$0, "\(top)/data//a") },
    ContainerFault("too long", .nameNotPortable, 5) {
      rename(&$0, "\(top)/" + String(repeating: "a/", count: 30_000) + "b")
    },
    ContainerFault("second name", .nameNotPortable, 5) {
      $0.items[last].centralExtra = [0x75, 0x70, 1, 0, 1]
    },
    ContainerFault("second name in the local header alone", .nameNotPortable, 5) {
      $0.items[last].localExtra = [0x75, 0x70, 1, 0, 1]
    },
    ContainerFault("another top directory", .outsideTopDirectory, 5) { rename(&$0, "other/data/a") },
    ContainerFault("at the top", .outsideTopDirectory, 5) { rename(&$0, "evil") },
    ContainerFault("twice", .nameTwice, 5) { $0.items.append($0.items[last]) },
    ContainerFault("case twin", .nameTwice, 5) {
      $0.items.append($0.items[last])
      rename(&$0, "\(top)/data/RUN/workflow_api.json")
    },
    ContainerFault("file and folder", .fileIsFolder, 5) {
      $0.items.append($0.items[last])
      rename(&$0, "\(top)/data/manifest.json/a")
    },
    ContainerFault("directory entry", .notARegularFile, 5) { zip in
      zip.items.append(CraftedZIP.Item("\(top)/data/empty/", []))
    },
    ContainerFault("directory by DOS attribute", .notARegularFile, 5) {
      $0.items[last].attributes = 0x10
    },
    ContainerFault("symbolic link", .notARegularFile, 5) {
      $0.items[last].attributes = 0o120777 << 16
    },
    ContainerFault("device node", .notARegularFile, 5) { $0.items[last].attributes = 0o20666 << 16 },
    ContainerFault("two entries share bytes", .entriesOverlap, 5) {
      $0.items[last].offset = 0
      $0.items[last].localName = $0.items[last].name
    },
    ContainerFault("encrypted", .encrypted, 5) { $0.items[last].flags = 1 },
    ContainerFault("encrypted in the local header alone", .encrypted, 5) {
      $0.items[last].localFlags = 1
    },
    ContainerFault("another method", .methodUnknown, 5) { $0.items[last].method = 93 },
    ContainerFault("expands too much", .expandsTooMuch, 5) {
      $0.items[last].method = 8
      $0.items[last].encoded = CraftedZIP.deflateStored([0])
      $0.items[last].size = 1 << 30
    },
    ContainerFault("document too large to check", .tooManyEntries, 5) {
      $0.items[last].method = 8
      $0.items[last].encoded = [UInt8](repeating: 0, count: 1 << 20)
      $0.items[last].size = 100 << 20
    },
    ContainerFault("document packed in too many bytes to read", .tooManyEntries, 5) {
      $0.items[0].method = 8
      $0.items[0].encoded = [UInt8](repeating: 0, count: 1 << 17)
    },
    ContainerFault("payload packed in more bytes than declared", .moreThanDeclared, 5) {
      $0.items[last].method = 8
      $0.items[last].encoded = [UInt8](repeating: 0, count: 1 << 17)
    },
  ]

  /// Leaves CRC-32 and sizes to a descriptor behind the data.
  private static func describeLater(_ item: inout CraftedZIP.Item) {
    item.flags = 8
    (item.localCRC, item.localSize, item.localCompressedSize) = (0, 0, 0)
    let size = CraftedZIP.bytes(UInt32(item.data.count))
    item.descriptor = [0x50, 0x4B, 7, 8] + CraftedZIP.bytes(CraftedZIP.crc(item.data)) + size + size
  }

  private static func rename(_ zip: inout CraftedZIP, _ name: String) {
    zip.items[zip.items.count - 1].name = Array(name.utf8)
  }

  @Test(arguments: spelling + damage + unsafe)
  func isFound(_ fault: ContainerFault) throws {
    var zip = try CraftedBundle.good().zip
    #expect(zip.items[Self.last].name.ends(with: "run/workflow_api.json".utf8))
    fault.apply(&zip)
    let report = try CraftedBundle.verify(zip.bytes)
    #expect(report.findings.contains { $0.code == fault.code.rawValue }, "\(report.findings)")
    #expect(report.exitStatus == fault.status, "\(report.findings)")
  }

  @Test(arguments: [0, 4, 5, 14])
  func nothingOfABundleIsReadOnWhereAStoredEntryHasTwoSizes(_ index: Int) throws {
    var zip = try CraftedBundle.good().zip
    zip.items[index].size = 3
    let report = try CraftedBundle.verify(zip.bytes)
    #expect(report.exitStatus == 30)
    #expect(report.findings.contains { $0.code == "E109" })
    #expect(report.findings.allSatisfy { ["E109", "E131", "E132"].contains($0.code) }, "\(report.findings)")
    #expect(report.checksum == Checksum(of: zip.bytes))
  }

  @Test(arguments: [0, 5])
  func aBundleThatIsCutBehindAZIPAmongItsOutputsIsCutOff(_ more: Int) throws {
    let inner = CraftedZIP(items: [CraftedZIP.Item("a/b", [1, 2, 3])]).bytes
    var zip = try CraftedBundle.good().zip
    zip.items[8].data = inner
    let whole = zip.bytes
    let place = try #require(whole.firstRange(of: inner)).upperBound
    let report = try CraftedBundle.verify(Array(whole[..<(place + more)]))
    #expect(report.findings.contains { $0.code == "E102" }, "\(report.findings)")
    #expect(report.exitStatus == 30)
  }

  @Test func aFileOfSomethingElseIsNotABundle() throws {
    var other = CraftedZIP(items: [CraftedZIP.Item("photos/", []), CraftedZIP.Item("a b.jpg", [1])])
    for bytes in [[], Array("hello".utf8), other.bytes, CraftedZIP(items: []).bytes] {
      #expect(try CraftedBundle.verify(bytes).exitStatus == 4)
    }
    other.items.removeFirst()
    #expect(try CraftedBundle.verify(other.bytes).exitStatus == 4)
  }

  @Test func anUnreadableFileIsAnIOFailure() throws {
    let folder = try TemporaryFolder()
    for path in [folder("missing.zip"), folder.path] {
      let report = BundleVerifier().verify(path)
      #expect(report.findings.map(\.code) == ["E100"])
      #expect(report.exitStatus == 74)
      #expect(report.checksum == nil)
    }
  }
}

extension Array<UInt8> {
  fileprivate func ends(with suffix: some Collection<UInt8>) -> Bool {
    self.suffix(suffix.count).elementsEqual(suffix)
  }
}
