import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepFiles

@Suite struct NewFolderTests {
  private let place: TemporaryFolder

  init() throws { place = try TemporaryFolder() }

  private var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: place.path.string)) ?? []
  }

  private func write(_ path: String, _ folder: inout NewFolder) throws {
    try folder.write(path) { sink throws(KeepError) in
      for byte in [1, 2, 3] as [UInt8] {
        try withUnsafeBytes(of: byte) { bytes throws(KeepError) in try sink(bytes) }
      }
    }
  }

  @Test func itAppearsWholeUnderItsName() throws {
    var folder = try NewFolder(in: place.path)
    for path in ["a", "b/c/d", "b/c/e", "b/f"] { try write(path, &folder) }
    #expect(names.count == 1 && names.first?.hasPrefix(AtomicFile.prefix) == true)
    #expect(try folder.publish(as: "run"))
    #expect(place.files() == ["run/a", "run/b/c/d", "run/b/c/e", "run/b/f"])
    #expect(try place.read("run/b/c/d") == [1, 2, 3])
    #expect(names == ["run"])
  }

  @Test func itsNameIsNeverThatOfAFolderThatIsNotWhole() throws {
    let witness = try FolderWitness(place.path)
    var folder = try NewFolder(in: place.path)
    try write("a", &folder)
    #expect(try folder.publish(as: "run"))
    // Made once under its temporary name and moved once: an empty folder of the name would be seen before.
    #expect(try witness.names().filter { $0 == "run" }.count == 1)
  }

  @Test func whereARenameMayReplaceNothingIsReplacedAllTheSame() throws {
    try place.write([1], to: "new/a")
    try place.write([9], to: "taken/b")
    #expect(try !Folder.renameOntoEmpty(place("new"), to: place("taken")))
    #expect(try Folder.renameOntoEmpty(place("new"), to: place("free")))
    #expect(place.files() == ["free/a", "taken/b"])
  }

  @Test func whatAKilledProcessLeftIsRemovedAndWhatIsBeingFilledStays() throws {
    for name in [".comfykeep-1a.part/a", ".comfykeep-1a.part/b/c/d", ".comfykeep-notes.md.part/e"] {
      try place.write([1], to: name)
    }
    try place.write([2], to: "other/f")
    try FileManager.default.createSymbolicLink(
      atPath: place(".comfykeep-1a.part/b/link").string, withDestinationPath: place("other").string)
    var folder = try NewFolder(in: place.path)
    try write("a/b", &folder)
    #expect(try Folder.removeLeftovers(in: place.path) == 1)
    #expect(try folder.publish(as: "run"))
    #expect(try Folder.removeLeftovers(in: place.path) == 0)
    #expect(place.files() == [".comfykeep-notes.md.part/e", "other/f", "run/a/b"])
  }

  @Test func whatGoesUnpublishedLeavesNothing() throws {
    do {
      var folder = try NewFolder(in: place.path)
      try write("a/b/c", &folder)
    }
    #expect(names == [])
  }

  @Test(arguments: ["run", "run/file"])
  func aTakenNameStaysAsItIs(_ taken: String) throws {
    try place.write([9], to: taken)
    var folder = try NewFolder(in: place.path)
    try write("a", &folder)
    #expect(try !folder.publish(as: "run"))
    #expect(place.files() == [taken])
    #expect(try place.read(taken) == [9])
  }

  @Test func aFileWhoseBodyFailsIsRemoved() throws {
    var folder = try NewFolder(in: place.path)
    try write("a", &folder)
    #expect(throws: KeepError(.fixity, .none, "")) {
      try folder.write("b") { _ throws(KeepError) in throw KeepError(.fixity, .none, "bad") }
    }
    #expect(try folder.publish(as: "run"))
    #expect(place.files() == ["run/a"])
  }

  @Test(arguments: ["", "/a", "a//b", "../a", "a/../b", ".", "a/.", "a\u{0}b", "a/"])
  func aPathThatLeavesOrIsNoneIsRefused(_ path: String) throws {
    var folder = try NewFolder(in: place.path)
    #expect(throws: KeepError.self) { try write(path, &folder) }
    #expect(place.files() == [])
  }

  @Test func oneNameIsWrittenOnce() throws {
    var folder = try NewFolder(in: place.path)
    try write("a/b", &folder)
    #expect(throws: KeepError.self) { try write("a/b", &folder) }
    #expect(throws: KeepError.self) { try write("a/b/c", &folder) }
    #expect(throws: KeepError.self) { try write("a", &folder) }
  }
}
