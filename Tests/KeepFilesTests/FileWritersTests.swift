import Foundation
import Glibc
import KeepFiles
import KeepTestKit
import SystemPackage
import Testing

@Suite struct FileWritersTests {
  private func open(_ path: FilePath, _ mode: FileDescriptor.AccessMode) throws -> FileDescriptor {
    try FileDescriptor.open(path, mode, options: [.closeOnExec])
  }

  @Test(arguments: [FileDescriptor.AccessMode.writeOnly, .readWrite])
  func tellsWhenThisProcessWrites(mode: FileDescriptor.AccessMode) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "a.png")
    #expect(FileWriters.isBeingWritten(path) == false)
    let file = try open(path, mode)
    #expect(FileWriters.isBeingWritten(path) == true)
    #expect(FileWriters.isBeingWritten(path) == true)
    try file.close()
    #expect(FileWriters.isBeingWritten(path) == false)
  }

  @Test func tellsWhenAnotherProcessWrites() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([], to: "a.png")
    let writer = try ChildProcess([
      "sh", "-c", "exec 3>>\"$0\"; echo open; read line; exec 3>&-; echo closed; read line", path.string,
    ])
    #expect(try writer.read() == Array("open\n".utf8))
    #expect(FileWriters.isBeingWritten(path) == true)
    try writer.write(Array("\n".utf8))
    #expect(try writer.read() == Array("closed\n".utf8))
    #expect(FileWriters.isBeingWritten(path) == false)
    try writer.write(Array("\n".utf8))
    #expect(writer.waitForEnd() == 0)
  }

  @Test func readersAreNoWriters() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "a.png")
    let file = try open(path, .readOnly)
    #expect(FileWriters.isBeingWritten(path) == false)
    try file.close()
  }

  @Test func aWriterIsSeenByEachNameOfTheFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "a.png")
    try FileManager.default.linkItem(atPath: path.string, toPath: folder("b.png").string)
    let file = try open(folder("b.png"), .writeOnly)
    #expect(FileWriters.isBeingWritten(path) == true)
    try file.close()
  }

  @Test func aWritableMappingIsAWriterUntilItIsGone() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([UInt8](repeating: 7, count: 4096), to: "a.png")
    let file = try open(path, .readWrite)
    let memory = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.rawValue, 0)
    try #require(memory != MAP_FAILED)
    try file.close()
    #expect(FileWriters.isBeingWritten(path) == true)
    munmap(memory, 4096)
    #expect(FileWriters.isBeingWritten(path) == false)
  }

  @Test func whatIsNoFileIsNotKnown() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("pipe").string, 0o600) == 0)
    try folder.write([1], to: "a.png")
    try FileManager.default.createSymbolicLink(
      atPath: folder("link").string, withDestinationPath: folder("a.png").string)
    for path in [folder("missing"), folder("missing/a"), folder.path, folder("pipe"), folder("link")] {
      #expect(FileWriters.isBeingWritten(path) == nil, "\(path)")
    }
  }

  @Test func whoHasTheFileForItselfIsAWriter() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "a.png")
    let holder = try open(path, .readWrite)
    // As a file server has it that lets one client write; SIGURG is what it is told by, which nobody minds.
    try #require(fcntl(holder.rawValue, 10, SIGURG) == 0 && fcntl(holder.rawValue, 1024, Int32(F_WRLCK)) == 0)
    #expect(FileWriters.isBeingWritten(path) == true)
    #expect(fcntl(holder.rawValue, 1024, Int32(F_UNLCK)) == 0)
    try holder.close()
    #expect(FileWriters.isBeingWritten(path) == false)
  }

  @Test func neitherWritersNorThisProcessMindBeingLookedAt() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([], to: "a.png")
    // Opens for writing again and again, in the way of each lease.
    let writer = try ChildProcess([
      "sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo x >>\"$0\" || exit 1; i=$((i+1)); done", path.string,
    ])
    var looks = 0
    while writer.isRunning {
      #expect(FileWriters.isBeingWritten(path) != nil)
      looks += 1
    }
    #expect(writer.waitForEnd() == 0)
    #expect(try folder.read("a.png").count == 6000)
    #expect(looks > 0)
    #expect(FileWriters.isBeingWritten(path) == false)
  }
}
