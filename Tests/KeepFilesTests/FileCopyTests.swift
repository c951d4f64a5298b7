import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct FileCopyTests {
  @Test(arguments: [0, 1, FileReader.pieceSize, FileReader.pieceSize * 3 + 7])
  func copiesWholeFiles(_ count: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let source = try folder.write(bytes, to: "a")
    #expect(try FileCopy.clone(from: source, to: folder("b")))
    #expect(try folder.read("b") == bytes)
    try folder.write([9], to: "a")
    #expect(try folder.read("b") == bytes)
    #expect(folder.files() == ["a", "b"])
  }

  @Test func neverOverwrites() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write([1], to: "a")
    try folder.write([2], to: "b")
    #expect(try !FileCopy.clone(from: source, to: folder("b")))
    #expect(try folder.read("b") == [2])
    #expect(folder.files() == ["a", "b"])
  }

  @Test func leavesNothingWhenTheSourceIsMissing() throws {
    let folder = try TemporaryFolder()
    #expect(throws: KeepError(.localIO, .path(folder("a")), "")) {
      _ = try FileCopy.clone(from: folder("a"), to: folder("b"))
    }
    #expect(folder.files() == [])
  }

  @Test func spaceIsKnownWhereAFolderIs() throws {
    let folder = try TemporaryFolder()
    #expect(try #require(DiskSpace.available(at: folder.path)) > 0)
    #expect(DiskSpace.available(at: folder("missing")) == nil)
  }
}

@Suite struct CRC32Tests {
  @Test func agreesWithTheStandardsCheckValue() {
    var whole = CRC32()
    Array("123456789".utf8).withUnsafeBytes { whole.update($0) }
    #expect(whole.value == 0xCBF4_3926)
    var pieces = CRC32()
    for byte in "123456789".utf8 { [byte].withUnsafeBytes { pieces.update($0) } }
    #expect(pieces == whole)
    [UInt8]().withUnsafeBytes { pieces.update($0) }
    #expect(pieces == whole)
  }
}
