import Foundation
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct AtomicFileTests {
  @Test func publishesWholeFilesUnderTheirName() throws {
    let folder = try TemporaryFolder()
    #expect(try AtomicFile.publish([1, 2, 3], as: folder("a.bin")))
    #expect(try folder.read("a.bin") == [1, 2, 3])
    #expect(folder.files() == ["a.bin"])
  }

  @Test func neverOverwrites() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "a.bin")
    #expect(try !AtomicFile.publish([2, 3], as: folder("a.bin")))
    #expect(try folder.read("a.bin") == [1])
    #expect(folder.files() == ["a.bin"])
  }

  @Test func neverOverwritesALinkThatLeadsNowhere() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder("a.bin").string, withDestinationPath: folder("missing").string)
    #expect(try !AtomicFile.publish([2, 3], as: folder("a.bin")))
    #expect(folder.files() == ["a.bin"])
  }

  @Test func leavesNothingWhenItGoesUnpublished() throws {
    let folder = try TemporaryFolder()
    do {
      let file = try AtomicFile(in: folder.path)
      try file.write([1, 2, 3])
      try file.sync()
      #expect(folder.files().count == 1)
    }
    #expect(folder.files() == [])
  }

  @Test func leavesNothingWhenTheWriterThrows() throws {
    let folder = try TemporaryFolder()
    func write() throws(KeepError) {
      let file = try AtomicFile(in: folder.path)
      try file.write([1])
      throw KeepError(.fixity, .none, "something else went wrong")
    }
    #expect(throws: KeepError(.fixity, .none, "")) { try write() }
    #expect(folder.files() == [])
  }

  @Test(arguments: ["", ".", "..", "a/b", "../a"])
  func refusesNamesThatAreNotOne(_ name: String) throws {
    let folder = try TemporaryFolder()
    #expect(throws: KeepError.self) {
      _ = try AtomicFile(in: folder.path).publish(as: name)
    }
    #expect(folder.files() == [])
  }

  @Test func takesNamesThatAreNotUTF8() throws {
    let folder = try TemporaryFolder()
    let bytes: [CChar] = [0x61, -1, 0x62, 0]
    let name = try #require(FilePath.Component(platformString: bytes))
    #expect(try AtomicFile.publish([7], as: folder.path.appending(name)))
    #expect(try !AtomicFile.publish([8], as: folder.path.appending(name)))
    #expect(try Folder.names(in: folder.path) == [name])
    #expect(try FileReader.bytes(of: folder.path.appending(name), limit: 10) == [7])
  }

  @Test func keepsTheFilePrivateUntilItIsPublished() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(in: folder.path)
    #expect(try permissions(file.temporary) == 0o600)
    #expect(try file.publish(as: "a"))
    #expect(try permissions(folder("a")) == Int(FilePermissions.shared.rawValue))
    #expect(try AtomicFile.publish([], as: folder("b"), permissions: .ownerReadWrite))
    #expect(try permissions(folder("b")) == 0o600)
  }

  @Test func saysWhichFolderIsMissing() throws {
    let folder = try TemporaryFolder()
    #expect(throws: KeepError(.localIO, .path(folder("no")), "")) {
      _ = try AtomicFile.publish([1], as: folder("no").appending("a"))
    }
  }

  private func permissions(_ path: FilePath) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
    return (attributes[.posixPermissions] as? Int) ?? -1
  }
}
