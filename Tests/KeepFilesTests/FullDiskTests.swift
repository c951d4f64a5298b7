import Foundation
import Glibc
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Needs a file system of its own, which only root can mount; elsewhere it says so and passes over.
@Suite struct FullDiskTests {
  @Test func aFullDiskIsNamedAndNothingIsLeft() throws {
    let folder = try TemporaryFolder()
    guard mount("none", folder.path.string, "tmpfs", UInt(MS_NOSUID), "size=64k") == 0 else {
      print(
        "aFullDiskIsNamedAndNothingIsLeft: passed over, no tmpfs can be mounted here (\(Errno(rawValue: errno)))"
      )
      return
    }
    defer { umount2(folder.path.string, Int32(MNT_DETACH)) }

    let error = #expect(throws: KeepError.self) {
      _ = try AtomicFile.publish([UInt8](repeating: 7, count: 1 << 20), as: folder("big"))
    }
    #expect(error?.code == .localIO)
    #expect(error?.reason.contains("no space left") == true)
    #expect(error?.hint?.contains("free some space") == true)
    #expect(folder.files() == [])

    let source = try TemporaryFolder()
    try source.write([UInt8](repeating: 7, count: 1 << 20), to: "big")
    #expect(throws: KeepError.self) { _ = try FileCopy.clone(from: source("big"), to: folder("big")) }
    #expect(folder.files() == [])

    let room = try #require(DiskSpace.available(at: folder.path))
    #expect(room.bytes <= 65_536)
    #expect(try AtomicFile.publish([1], as: folder("small")))
    #expect(folder.files() == ["small"])
  }
}
