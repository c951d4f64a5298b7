import Foundation
import Glibc
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct FileReaderTests {
  @Test func readsTheWholeFileInPieces() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<(FileReader.pieceSize * 2 + 5)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = try folder.write(bytes, to: "a")
    let reader = try FileReader(path)
    #expect(reader.size == UInt64(bytes.count))
    var read: [UInt8] = []
    var sizes: [Int] = []
    try reader.forEachPiece { piece in
      read += piece
      sizes.append(piece.count)
    }
    #expect(read == bytes)
    #expect(sizes == [FileReader.pieceSize, FileReader.pieceSize, 5])
  }

  @Test func anEmptyFileHasNoPieces() throws {
    let folder = try TemporaryFolder()
    let reader = try FileReader(try folder.write([], to: "a"))
    try reader.forEachPiece { _ in Issue.record("there is nothing to hand over") }
  }

  // Opening a pipe for reading waits for a writer, unless it is refused at once.
  @Test func refusesAPipeWithoutWaiting() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("a.png").string, 0o600) == 0)
    #expect(throws: KeepError(.inputRejected, .path(folder("a.png")), "")) {
      _ = try FileReader(folder("a.png"), code: .inputRejected).size
    }
  }

  @Test func refusesWhatIsNoRegularFile() throws {
    let folder = try TemporaryFolder()
    try Folder.make(folder("folder.png"))
    for path in [folder("folder.png"), "/dev/null", "/dev/zero"] {
      #expect(throws: KeepError(.localIO, .path(path), "")) { _ = try FileReader(path).size }
    }
  }

  @Test func refusesASocket() throws {
    let folder = try TemporaryFolder()
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = folder("s").string
    try #require(name.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(isBound == 0)
    #expect(throws: KeepError(.localIO, .path(folder("s")), "")) { _ = try FileReader(folder("s")).size }
  }

  @Test func saysWhatIsMissing() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: KeepError.self) { _ = try FileReader(folder("a"), code: .inputRejected).size }
    #expect(error?.code == .inputRejected)
    #expect(error?.description == "\(folder("a")): cannot be opened: no such file or directory")
  }

  @Test func refusesAnUnreadableFile() throws {
    guard geteuid() != 0 else {
      print("refusesAnUnreadableFile: passed over, root reads every file")
      return
    }
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "a")
    chmod(path.string, 0)
    #expect(throws: KeepError(.localIO, .path(path), "")) { _ = try FileReader(path).size }
  }

  @Test func followsLinksOnlyWhenAsked() throws {
    let folder = try TemporaryFolder()
    try folder.write([1, 2], to: "a")
    try FileManager.default.createSymbolicLink(atPath: folder("b").string, withDestinationPath: "a")
    #expect(try FileReader(folder("b")).size == 2)
    #expect(throws: KeepError(.localIO, .path(folder("b")), "")) {
      _ = try FileReader(folder("b"), followsLinks: false).size
    }
  }

  @Test func wholeFilesAreReadUpToALimit() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "a")
    #expect(try FileReader.bytes(of: path, limit: 3) == [1, 2, 3])
    let error = #expect(throws: KeepError.self) { try FileReader.bytes(of: path, limit: 2, code: .usage) }
    #expect(error == KeepError(.usage, .path(path), ""))
    #expect(error?.reason == "has 3 B; at most 2 B can be read")
  }

  @Test func stampsTellChangedFilesApart() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "a")
    let reader = try FileReader(path)
    let before = try reader.stamp()
    #expect(before == FileStamp(of: path))
    #expect(try reader.stamp() == before)
    try folder.write([1, 2, 3, 4], to: "a")
    #expect(try reader.stamp() != before)
    #expect(FileStamp(of: folder("missing")) == nil)
  }
}
