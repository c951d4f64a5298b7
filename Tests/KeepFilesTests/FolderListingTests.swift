import Foundation
import Glibc
import KeepFiles
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct FolderListingTests {
  @Test func sortsByBytesAndPassesOverWhatIsHiddenOrUnfinished() throws {
    let folder = try TemporaryFolder()
    let kept = ["B.png", "a.png", "a~b.png", "b", "part", "ä.png"]
    let passedOver = [
      ".hidden.png", ".comfykeep-x.part", "a.png~", "a.png.part", "a.PNG.CrDownload", "a.tmp",
      ".\u{301}a.png",
    ]
    for name in kept + passedOver { try folder.write([1], to: name) }
    try folder.write([1], to: "folder/c.png")
    #expect(try FolderListing.files(in: folder.path).map { $0.lastComponent?.string } == kept)
  }

  @Test func looksIntoFoldersWhereTheirNamesSort() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "m/b", "m/.h/x", ".hidden/y", "m/n/c", "z"] { try folder.write([1], to: name) }
    let files = try FolderListing.files(in: folder.path, isRecursive: true)
    #expect(files == ["a", "m/b", "m/n/c", "z"].map { folder.path.appending($0) })
  }

  @Test func linksToFilesAreFollowedAndLoopsAreNot() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "sub/a")
    for (name, target) in [("b", "sub/a"), ("sub/up", ".."), ("sub/self", "."), ("broken", "nowhere")] {
      try FileManager.default.createSymbolicLink(atPath: folder(name).string, withDestinationPath: target)
    }
    #expect(try FolderListing.files(in: folder.path) == [folder("b")])
    #expect(
      try FolderListing.files(in: folder.path, isRecursive: true) == [folder("b"), folder("sub/a")])
  }

  @Test func pipesAreNoFiles() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("a.png").string, 0o600) == 0)
    #expect(try FolderListing.files(in: folder.path) == [])
  }

  @Test func keepsNamesThatAreNotUTF8() throws {
    let folder = try TemporaryFolder()
    let first = try #require(FilePath.Component(platformString: [0x61, -2, 0]))
    let second = try #require(FilePath.Component(platformString: [0x61, -1, 0]))
    for name in [second, first] { #expect(try AtomicFile.publish([1], as: folder.path.appending(name))) }
    #expect(
      try FolderListing.files(in: folder.path)
        == [folder.path.appending(first), folder.path.appending(second)])
  }

  @Test func saysWhichFolderCannotBeRead() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], to: "file")
    for path in [folder("no"), file] {
      let error = #expect(throws: KeepError.self) {
        _ = try FolderListing.files(in: path, code: .inputRejected)
      }
      #expect(error == KeepError(.inputRejected, .path(path), ""))
      #expect(error?.reason.hasPrefix("the folder cannot be read: ") == true)
    }
  }

  @Test func removesItsOwnLeftoversAlone() throws {
    let folder = try TemporaryFolder()
    let others = [".comfykeep-lock", "a.part", ".comfykeep.part", "b"]
    for name in others + [".comfykeep-1a.part", ".comfykeep-zz.part", "sub/.comfykeep-1.part"] {
      try folder.write([1], to: name)
    }
    #expect(try Folder.removeLeftovers(in: folder.path) == 2)
    #expect(folder.files() == (others + ["sub/.comfykeep-1.part"]).sorted())
    #expect(try Folder.removeLeftovers(in: folder.path) == 0)
  }

  @Test func leavesWhatIsStillBeingWritten() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(in: folder.path)
    try file.write([1, 2])
    #expect(try Folder.removeLeftovers(in: folder.path) == 0)
    #expect(try file.publish(as: "whole"))
    #expect(try folder.read("whole") == [1, 2])
  }

  @Test func leavesOutFoldersBelowByWhateverPathTheyAreReached() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "in/b", "out/c", "in/deep/d"] { try folder.write([1], to: name) }
    try FileManager.default.createSymbolicLink(
      atPath: folder("in/link").string, withDestinationPath: folder("out").string)
    let excluded = [folder("in/../out"), folder("missing"), folder.path]
    let listing = try FolderListing(of: folder.path, isRecursive: true, excluding: excluded)
    #expect(listing.files == ["a", "in/b", "in/deep/d"].map { folder($0) })
    #expect(listing.leftOut == [folder("in/link"), folder("out")])
  }

  @Test func knowsOneFolderByTwoPaths() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "a/file")
    #expect(Folder.isSame(folder("a"), folder("a/../a")))
    #expect(!Folder.isSame(folder("a"), folder.path))
    #expect(!Folder.isSame(folder("a/file"), folder("a/file")))
    #expect(try Folder.absolute("a").isAbsolute)
    #expect(try Folder.absolute("/a/b") == "/a/b")
  }
}
