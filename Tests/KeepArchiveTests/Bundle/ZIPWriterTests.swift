import Foundation
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct ZIPWriterTests {
  @Test func sameEntriesGiveSameBytesFromMemoryAndFromDisk() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let path = try folder.write(bytes, to: "source")
    var crc = CRC32()
    bytes.withUnsafeBytes { crc.update($0) }
    try write("memory.zip", in: folder) { zip throws(KeepError) in
      try zip.add("a/b.bin", bytes: bytes)
      try zip.add("a/c.txt", bytes: Array("text".utf8))
    }
    for (name, known) in [("known.zip", crc.value), ("unknown.zip", nil)] {
      try write(name, in: folder) { zip throws(KeepError) in
        try zip.add("a/b.bin", from: path, size: 3_000_000, crc: known)
        try zip.add("a/c.txt", bytes: Array("text".utf8))
      }
    }
    #expect(try folder.read("memory.zip") == folder.read("known.zip"))
    #expect(try folder.read("memory.zip") == folder.read("unknown.zip"))
    #expect(folder.files() == ["known.zip", "memory.zip", "source", "unknown.zip"])
  }

  @Test func emptyZIPIsAnEndRecord() throws {
    let folder = try TemporaryFolder()
    try write("empty.zip", in: folder) { _ throws(KeepError) in }
    #expect(try folder.read("empty.zip") == [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18))
  }

  @Test(arguments: ["shorter", "longer", "other", "unreadable"])
  func fileThatChangedIsRefusedAndNothingStays(change: String) throws {
    let folder = try TemporaryFolder()
    var crc = CRC32()
    Array("content".utf8).withUnsafeBytes { crc.update($0) }
    let text = ["shorter": "conten", "longer": "contents", "other": "CONTENT"][change]
    if let text { try folder.write(Array(text.utf8), to: "source") }
    let expected: KeepError.Code = text == nil ? .localIO : .fixity
    #expect {
      try write("x.zip", in: folder) { zip throws(KeepError) in
        try zip.add("a", from: folder("source"), size: 7, crc: crc.value)
      }
    } throws: { ($0 as? KeepError)?.code == expected }
    #expect(folder.files() == (text == nil ? [] : ["source"]))
  }

  @Test(arguments: ["../a", "/a", "a//b", "a b", "é", "a\\b", "A", "", "a/./b", "a:b"])
  func nameThatIsNotPortableOrTakenIsRefused(name: String) throws {
    let folder = try TemporaryFolder()
    #expect(throws: KeepError(.failure, .none, "")) {
      try write("x.zip", in: folder) { zip throws(KeepError) in
        try zip.add("a", bytes: [])
        try zip.add(name, bytes: [])
      }
    }
    #expect(folder.files() == [])
  }

  @Test func takenNameIsLeftAlone() throws {
    let folder = try TemporaryFolder()
    try folder.write([1, 2, 3], to: "x.zip")
    var zip = try ZIPWriter(in: folder.path)
    try zip.finish()
    #expect(try zip.publish(as: "x.zip") == false)
    #expect(try folder.read("x.zip") == [1, 2, 3])
    #expect(folder.files() == ["x.zip"])
  }

  @Test func seventyThousandFilesAreReadByStockTools() throws {
    let folder = try TemporaryFolder()
    try write("many.zip", in: folder) { zip throws(KeepError) in
      for number in 0..<70_000 { try zip.add("many/\(number).txt", bytes: Array("\(number)".utf8)) }
    }
    let path = folder("many.zip").string
    if let unzip = StockTool("unzip") {
      let outcome = try unzip.run(["-tqq", path])
      #expect(outcome.status == 0, "\(outcome.text)")
    }
    if let python = StockTool("python3") {
      let script =
        "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); "
        + "print(z.testzip(), len(z.namelist()), z.read('many/69999.txt').decode())"
      let outcome = try python.run(["-c", script, path])
      #expect(outcome.text == "None 70000 69999\n")
    }
  }

  /// Sizes just below the mark and well beyond it: for each a ZIP of 4 GiB on disk, and a minute. `Tests/run.sh`
  /// asks for the second, `COMFYKEEP_LONG_TESTS` for both.
  private static var largeSizes: [UInt64] {
    let environment = ProcessInfo.processInfo.environment
    if environment["COMFYKEEP_LONG_TESTS"] != nil { return [0xFFFF_FFFE, 0x1_0000_3039] }
    return environment["COMFYKEEP_VALIDATORS"] == nil ? [] : [0x1_0000_3039]
  }

  @Test(
    .enabled(if: !largeSizes.isEmpty, "takes a minute and 4 GiB; Tests/run.sh runs it"),
    arguments: largeSizes)
  func filesAround4GiBAreReadByStockTools(size: UInt64) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([], to: "sparse")
    #expect(truncate(path.string, Int(size)) == 0)
    try write("large.zip", in: folder) { zip throws(KeepError) in
      try zip.add("top/large.bin", from: path, size: size, crc: nil)
      try zip.add("top/after.txt", bytes: Array("after".utf8))
      try zip.add("top/last.txt", bytes: Array("last".utf8))
    }
    for (tool, arguments) in [("unzip", ["-tqq"]), ("7z", ["t"])] {
      guard let tool = StockTool(tool) else { continue }
      let outcome = try tool.run(arguments + [folder("large.zip").string])
      #expect(outcome.status == 0, "\(outcome.text)")
    }
  }

  private func write(
    _ name: String, in folder: TemporaryFolder,
    _ body: (inout ZIPWriter) throws(KeepError) -> Void
  ) throws {
    var zip = try ZIPWriter(in: folder.path)
    try body(&zip)
    try zip.finish()
    #expect(try zip.publish(as: name))
  }
}
