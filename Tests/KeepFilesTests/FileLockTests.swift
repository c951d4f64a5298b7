import Foundation
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct FileLockTests {
  @Test func onlyOneHoldsItAndOthersLearnWho() throws {
    let folder = try TemporaryFolder()
    let lock = try FileLock(folder("lock"))
    let error = #expect(throws: KeepError.self) { _ = try FileLock(folder("lock")).path }
    #expect(error == KeepError(.ledgerUnusable, .path(folder("lock")), ""))
    #expect(error?.reason == "is held by process \(ProcessInfo.processInfo.processIdentifier)")
    #expect(error?.code.exitStatus == 40)
    #expect(lock.path == folder("lock"))
  }

  @Test func isFreeAgainOnceTheHolderIsGone() throws {
    let folder = try TemporaryFolder()
    for _ in 0..<3 { _ = try FileLock(folder("lock")).path }
  }

  @Test func aFileWithAnOldProcessIdIsNoLock() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("4194303999999\n".utf8), to: "lock")
    _ = try FileLock(folder("lock")).path
    let text = String(decoding: try folder.read("lock"), as: UTF8.self)
    #expect(text == "\(ProcessInfo.processInfo.processIdentifier)\n")
  }

  @Test func isReleasedWhenTheHolderIsKilled() throws {
    let folder = try TemporaryFolder()
    try folder.write([], to: "lock")
    let holder = try ChildProcess([
      "flock", "--no-fork", folder("lock").string, "sh", "-c", "echo held; exec sleep 1000",
    ])
    guard let said = try? holder.read(), String(decoding: said, as: UTF8.self) == "held\n" else {
      print("isReleasedWhenTheHolderIsKilled: passed over, there is no flock command")
      return
    }
    let error = #expect(throws: KeepError.self) { _ = try FileLock(folder("lock")).path }
    #expect(error?.reason == "is held by another process")
    holder.signal(SIGKILL)
    _ = holder.waitForEnd()
    _ = try FileLock(folder("lock")).path
  }

  @Test func isReadableByTheOwnerAlone() throws {
    let folder = try TemporaryFolder()
    let lock = try FileLock(folder("lock"))
    let attributes = try FileManager.default.attributesOfItem(atPath: lock.path.string)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func isNotTakenThroughALink() throws {
    let folder = try TemporaryFolder()
    try folder.write([9], to: "target")
    try FileManager.default.createSymbolicLink(atPath: folder("lock").string, withDestinationPath: "target")
    #expect(throws: KeepError(.localIO, .path(folder("lock")), "")) { _ = try FileLock(folder("lock")).path }
    #expect(try folder.read("target") == [9])
  }

  @Test func saysWhichFolderIsMissing() throws {
    let folder = try TemporaryFolder()
    let path = folder("no").appending("lock")
    #expect(throws: KeepError(.localIO, .path(path), "")) { _ = try FileLock(path).path }
  }
}
