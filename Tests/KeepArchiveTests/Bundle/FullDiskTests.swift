import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct FullDiskTests {
  /// A file system of 1 MiB; passed over where none can be mounted.
  @Test func fullDiskLeavesNothingBehindAndTheNextTryIsWhole() throws {
    let folder = try TemporaryFolder()
    guard mount("none", folder.path.string, "tmpfs", UInt(MS_NOSUID), "size=1m") == 0 else {
      print("fullDisk…: passed over, no tmpfs can be mounted here (\(Errno(rawValue: errno)))")
      return
    }
    defer { umount2(folder.path.string, Int32(MNT_DETACH)) }
    var run = try SampleRun()
    try run.add("noise.bin", [UInt8](repeating: 7, count: 600_000))
    try folder.write([UInt8](repeating: 0, count: 700_000), to: "in-the-way")
    #expect {
      try run.write(into: folder)
    } throws: { error in
      let error = error as? KeepError
      return error?.code == .localIO && error?.hint?.contains("free some space") == true
    }
    #expect(folder.files() == ["in-the-way"])
    try FileManager.default.removeItem(atPath: folder("in-the-way").string)
    let bundle = try run.write(into: folder)
    #expect(bundle.checksum == Checksum(of: try BundleBytes(run).bytes))
  }
}
