import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

/// One kind of damage, and what `verify` must call it.
struct Damage: Sendable, CustomTestStringConvertible {
  let name: String
  let status: Int32
  let bytes: @Sendable () throws -> [UInt8]

  /// The container of a good bundle is changed.
  init(_ name: String, _ status: Int32, container: @escaping @Sendable (inout CraftedZIP) -> Void) {
    (self.name, self.status) = (name, status)
    bytes = {
      var zip = try CraftedBundle.good().zip
      container(&zip)
      return zip.bytes
    }
  }

  /// The content is changed, and everything that depends on it made again.
  init(_ name: String, _ status: Int32, content: @escaping @Sendable (inout CraftedBundle) throws -> Void) {
    (self.name, self.status) = (name, status)
    bytes = {
      var bundle = try CraftedBundle.good()
      try content(&bundle)
      return bundle.zip.bytes
    }
  }

  /// The bytes of a good bundle are changed.
  init(_ name: String, _ status: Int32, file: @escaping @Sendable (inout [UInt8]) throws -> Void) {
    (self.name, self.status) = (name, status)
    bytes = {
      var bytes = try CraftedBundle.good().zip.bytes
      try file(&bytes)
      return bytes
    }
  }

  var testDescription: String { name }
}

/// The kinds of damage that stock tools miss or tell wrongly (bundle profile 1.0, sections 8 and 10), in one table
/// with the exit status of each. `extract` has to say the same of every one.
@Suite struct DamageTableTests {
  private static let top = CraftedBundle.top
  /// The last entry.
  private static let last = 14

  static let unsafe: [Damage] = [
    Damage("zip slip", 5, container: rename("\(top)/data/../../../evil")),
    Damage(
      "zip slip in the local header alone", 5, container: { $0.items[last].localName = Array("../evil".utf8) }
    ),
    Damage("absolute name", 5, container: rename("/etc/passwd")),
    Damage("backslash", 5, container: rename("\(top)/data\\evil")),
    Damage("drive letter", 5, container: rename("C:/evil")),
    Damage("terminal escape in a name", 5, container: rename("\(top)/data/\u{1B}[31m")),
    Damage("NUL in a name", 5, container: rename("\(top)/data/a\u{0}b")),
    Damage("device name", 5, container: rename("\(top)/data/con.png")),
    Damage(
      "name of 4,000 characters", 5, container: rename("\(top)/data/" + String(repeating: "x", count: 4000))),
    Damage("right-to-left override in a name", 5, container: rename("\(top)/data/\u{202E}gnp.exe")),
    Damage(
      "second name in an extra field", 5, container: { $0.items[last].centralExtra = [0x75, 0x70, 1, 0, 1] }),
    Damage("another top directory", 5, container: rename("other/data/a")),
    Damage("duplicate name", 5, container: { $0.items.append($0.items[last]) }),
    Damage(
      "case twin", 5,
      container: {
        $0.items.append($0.items[last])
        rename("\(top)/data/RUN/workflow_api.json")(&$0)
      }),
    Damage(
      "file and folder of one name", 5,
      container: {
        $0.items.append($0.items[last])
        rename("\(top)/data/manifest.json/a")(&$0)
      }),
    Damage("directory entry", 5, container: { $0.items.append(CraftedZIP.Item("\(top)/data/empty/", [])) }),
    Damage("symbolic link", 5, container: { $0.items[last].attributes = 0o120777 << 16 }),
    Damage("device node", 5, container: { $0.items[last].attributes = 0o20666 << 16 }),
    Damage("named pipe", 5, container: { $0.items[last].attributes = 0o10666 << 16 }),
    Damage(
      "two entries share bytes", 5,
      container: {
        $0.items[last].offset = 0
        $0.items[last].localName = $0.items[last].name
      }),
    Damage("encrypted", 5, container: { $0.items[last].flags = 1 }),
    Damage("encrypted in the local header alone", 5, container: { $0.items[last].localFlags = 1 }),
    Damage("another compression method", 5, container: { $0.items[last].method = 93 }),
    Damage(
      "bomb", 5,
      container: {
        $0.items[last].method = 8
        $0.items[last].encoded = CraftedZIP.deflateStored([0])
        $0.items[last].size = 1 << 30
      }),
    Damage("more payload than declared", 5, content: { $0.oxum = "10.11" }),
  ]

  static let damaged: [Damage] = [
    Damage("flipped bit in an output", 30, file: { try flip(&$0, in: "PNG image bytes") }),
    Damage("flipped bit in the manifest", 30, file: { try flip(&$0, in: "\"completeness\"") }),
    Damage("flipped bit in a checksum list", 30, file: { try flip(&$0, in: "  data/README.md") }),
    Damage("CRC differs in the directory", 30, container: { $0.items[last].crc = 7 }),
    Damage("CRC differs in the local header", 30, container: { $0.items[last].localCRC = 7 }),
    Damage("size differs in the local header", 30, container: { $0.items[last].localSize = 7 }),
    Damage("method differs in the local header", 30, file: { try patchLocal(&$0, at: 8, [8, 0]) }),
    Damage("stored with two sizes", 30, container: { $0.items[last].size = 1 }),
    Damage(
      "data descriptor that lies", 30, container: { describe(&$0, [UInt8](repeating: 0xFF, count: 16)) }),
    Damage("data descriptor that is not there", 30, container: { describe(&$0, []) }),
    Damage("offset into nothing", 30, container: { $0.items[last].offset = 99 }),
    Damage(
      "ZIP64 offset that lies", 30,
      container: {
        $0.zip64 = { CraftedZIP.zip64Records($0, $1, $2 + 1) }
        $0.directoryOffset = 0xFFFF_FFFF
      }),
    Damage(
      "ZIP64 count that lies", 30, container: { $0.zip64 = { CraftedZIP.zip64Records($0 + 1, $1, $2) } }),
    Damage(
      "ZIP64 field that lies", 30,
      container: {
        ($0.items[last].size, $0.items[last].compressedSize) = (.max, .max)
        $0.items[last].centralExtra =
          [1, 0, 16, 0] + CraftedZIP.bytes(UInt64.max) + CraftedZIP.bytes(UInt64.max - 100)
      }),
    Damage("fewer entries counted", 30, container: { $0.count = 3 }),
    Damage("bytes between directory and end", 30, container: { $0.junkAfterDirectory = [0] }),
    Damage("cut off in the last byte", 30, file: { $0.removeLast() }),
    Damage("cut off in the directory", 30, file: { $0.removeLast(300) }),
    Damage("cut off in an output", 30, file: { try cut(&$0, in: "PNG image bytes") }),
    Damage("cut off behind the checksums", 30, file: { try cut(&$0, in: "tagmanifest-sha256.txt") }),
    Damage(
      "deflate that is none", 30,
      container: {
        $0.items[last].method = 8
        $0.items[last].encoded = Array(repeating: 0xFF, count: $0.items[last].data.count)
      }),
    Damage(
      "extra tag file", 30, container: { $0.items.insert(CraftedZIP.Item("\(top)/notes.txt", [65]), at: 4) }),
    Damage(
      "second checksum list that lists other files", 30,
      container: {
        let line = Array("\(String(repeating: "0", count: 128))  data/README.md\n".utf8)
        $0.items.insert(CraftedZIP.Item("\(top)/manifest-sha512.txt", line), at: 3)
      }),
    Damage(
      "list lacks a file that is there", 30,
      content: {
        $0.editChecksums = { $0.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n" }
      }),
    Damage(
      "list names a file that is not there", 30,
      content: {
        $0.editChecksums = { $0 + String(repeating: "0", count: 64) + "  data/zebra\n" }
      }),
    Damage("tag file missing", 30, container: { $0.items.remove(at: 1) }),
    Damage("output missing", 30, container: { $0.items.remove(at: 8) }),
    Damage(
      "output swapped, bag checksums redone", 30,
      content: {
        $0.files[CraftedBundle.image] = Array("\u{89}PNG third bytes".utf8)
      }),
    Damage(
      "output swapped, everything redone but a text that the answer holds", 30,
      content: { bundle in
        bundle.replace(CraftedBundle.text, with: Array("a blue fox".utf8))
        try bundle.derive()
      }),
    Damage(
      "manifest.json against the answer: one output less", 30,
      content: { bundle in
        bundle.files[CraftedBundle.preview] = nil
        bundle.manifest.change(["outputs"]) { $0.remove(at: 2) }
        bundle.manifest.change(["counts", "outputs"]) { $0 = 2 }
        try bundle.derive()
      }),
    Damage(
      "manifest.json against the answer: one output more", 30,
      content: { bundle in
        var result = CraftedBundle.result
        result.change(["outputs", "9", "images"]) { $0.remove(at: 1) }
        bundle.replace("run/result.json", with: CanonicalJSON.indented(result))
        try bundle.derive()
      }),
    Damage(
      "manifest.json against the answer: another status", 30,
      content: { bundle in
        var result = CraftedBundle.result
        result.set("status", "failed")
        bundle.replace("run/result.json", with: CanonicalJSON.indented(result))
        try bundle.derive()
      }),
    Damage(
      "a missing output said to be complete", 30,
      content: { bundle in
        CraftedBundle.lose(&bundle)
        bundle.manifest.set("completeness", "complete")
        try bundle.derive()
      }),
    Damage(
      "no mainEntity", 30, content: { $0.crate.change(["@graph", "./"]) { $0.set("mainEntity", nil) } }),
    Damage(
      "hasPart lacks a file", 30,
      content: { $0.crate.change(["@graph", "./", "hasPart"]) { $0.remove(at: 0) } }),
    Damage(
      "page for people that was changed", 30,
      content: { bundle in
        bundle.files["ro-crate-preview.html"]?.append(0x20)
        bundle.restate("ro-crate-preview.html")
      }),
  ]

  static let others: [Damage] = [
    Damage("data before", 6, container: { $0.prefix = [1, 2, 3] }),
    Damage("data between", 6, container: { $0.items[5].junkBefore = [0] }),
    Damage("data after", 6, file: { $0 += [1, 2, 3] }),
    Damage("archive comment", 6, container: { $0.comment = [65] }),
    Damage("order", 6, container: { $0.items.swapAt(5, 6) }),
    Damage("file time", 6, container: { $0.items[3].time = 1 }),
    Damage("permissions", 6, container: { $0.items[3].attributes = 0o100600 << 16 }),
    Damage(
      "data descriptor", 6,
      container: { zip in
        let size = CraftedZIP.bytes(UInt32(zip.items[7].data.count))
        describe(
          &zip, [0x50, 0x4B, 7, 8] + CraftedZIP.bytes(CraftedZIP.crc(zip.items[7].data)) + size + size)
      }),
    Damage(
      "deflated", 6,
      container: { zip in
        zip.items[last].method = 8
        zip.items[last].encoded = CraftedZIP.deflateStored(zip.items[last].data)
      }),
    Damage("later major profile", 4, content: { $0.profile = "2.0" }),
    Damage("no bag", 4, container: { $0.items = Array($0.items[9...]) }),
    Damage("no ZIP", 4, file: { $0 = Array("hello".utf8) }),
    Damage("empty file", 4, file: { $0 = [] }),
  ]

  static let all = unsafe + damaged + others

  @Test func thereAreEnoughKindsAndEachHasItsName() {
    #expect(Self.all.count >= 30)
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
  }

  @Test(arguments: all)
  func isFoundWithItsExitStatus(_ damage: Damage) throws {
    let report = try CraftedBundle.verify(damage.bytes())
    #expect(report.exitStatus == damage.status, "\(report.findings)")
    #expect(!report.isVerified)
  }

  @Test(arguments: all)
  func extractSaysTheSameAndLeavesNothing(_ damage: Damage) throws {
    let (folder, place) = (try TemporaryFolder(), try TemporaryFolder())
    let path = try folder.write(damage.bytes(), to: "\(Self.top).zip")
    do throws(KeepError) {
      let report = try BundleExtractor().extract(path, into: place.path)
      #expect(damage.status == 6 && report.isWhole && report.files == 15)
    } catch {
      #expect(error.code.exitStatus == damage.status, "\(error)")
      #expect(place.files() == [])
    }
  }

  private static func rename(_ name: String) -> @Sendable (inout CraftedZIP) -> Void {
    { $0.items[$0.items.count - 1].name = Array(name.utf8) }
  }

  private static func describe(_ zip: inout CraftedZIP, _ descriptor: [UInt8]) {
    zip.items[7].flags = 8
    (zip.items[7].localCRC, zip.items[7].localSize, zip.items[7].localCompressedSize) = (0, 0, 0)
    zip.items[7].descriptor = descriptor
  }

  private static func flip(_ bytes: inout [UInt8], in text: String) throws {
    bytes[try #require(bytes.firstRange(of: Array(text.utf8))).lowerBound + 2] ^= 1
  }

  private static func cut(_ bytes: inout [UInt8], in text: String) throws {
    bytes.removeSubrange((try #require(bytes.firstRange(of: Array(text.utf8))).lowerBound + 2)...)
  }

  /// Changes a field of the last entry's local header.
  private static func patchLocal(_ bytes: inout [UInt8], at offset: Int, _ field: [UInt8]) throws {
    let name = Array("\(top)/data/run/workflow_api.json".utf8)
    let place = try #require(bytes.firstRange(of: name)).lowerBound - 30 + offset
    bytes.replaceSubrange(place..<place + field.count, with: field)
  }
}
