import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Bundles that went through the programs that people have, and back.
@Suite struct RepackTests {
  private let keep: Keep
  private let place: TemporaryFolder
  private let original: [UInt8]
  private let top: String

  init() throws {
    keep = try Keep(1)
    place = try TemporaryFolder()
    original = Array(try Data(contentsOf: URL(fileURLWithPath: keep.bundles[0])))
    top = FilePath(keep.bundles[0]).stem ?? ""
  }

  private func shell(_ words: String...) throws {
    let (status, text) = try ChildProcess.run(words, in: place.path.string)
    try #require(status == 0, "\(words): \(String(decoding: text, as: UTF8.self))")
  }

  static let tools: [[String]] = [
    ["zip", "-q", "-r"], ["zip", "-q", "-r", "-9", "-X", "-D"], ["zip", "-q", "-r", "-0"],
    ["7z", "a", "-tzip", "-bd"], ["bsdtar", "-a", "-cf"], ["python3", "-m", "zipfile", "-c"],
  ]

  @Test(arguments: tools)
  func whatAnotherProgramZippedBecomesTheOriginal(_ tool: [String]) throws {
    try shell("unzip", "-q", keep.bundles[0])
    guard try ChildProcess.run(["sh", "-c", "command -v \(tool[0])"]).status == 0 else { return }
    let (status, text) = try ChildProcess.run(tool + ["\(top).zip", top], in: place.path.string)
    try #require(status == 0, "\(String(decoding: text, as: UTF8.self))")
    #expect(try place.read("\(top).zip") != original)
    let result = try keep.run(
      "repack", place("\(top).zip").string, "--to", place("made").string, "--archive",
      keep.archive.path.string, "--json")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(try place.read("made/\(top).zip") == original)
    let object = try #require(result.objects.first)
    #expect(object["type"] as? String == "repack")
    #expect(object["original_from"] as? String == "ledger" && object["is_original"] as? Bool == true)
    #expect(try keep.run("verify", place("made/\(top).zip").string).status == 0)
  }

  @Test func anUnpackedFolderBecomesTheOriginal() throws {
    try shell("unzip", "-q", keep.bundles[0])
    let named = try keep.run("repack", place(top).string, "--to", place("a").string)
    #expect(named.status == 0, "\(named.errors)")
    #expect(named.output.contains("no checksum of the original is known"))
    #expect(try place.read("a/\(top).zip") == original)
    try shell("cp", "\(keep.bundles[0]).sha256", ".")
    let known = try keep.run("repack", place(top).string, "--to", place("a").string)
    #expect(known.status == 0)
    #expect(known.output.contains("was there, the original byte for byte (as its .sha256 file says)"))
    try shell("mv", top, "renamed")
    #expect(try keep.run("repack", place("renamed").string, "--to", place("b").string).status == 0)
    #expect(try place.read("b/\(top).zip") == original)
  }

  @Test func aChangedFolderIsAClearNo() throws {
    try shell("unzip", "-q", keep.bundles[0])
    try place.write([1], to: "\(top)/data/note.txt")
    let result = try keep.run("repack", place(top).string, "--to", place("made").string)
    #expect(result.status == 30)
    #expect(result.output.contains("cannot be made"))
    #expect(result.output.contains("E207 data/note.txt"))
    #expect(!place.files().contains { $0.hasPrefix("made/") })
  }

  @Test func anObjectHasTheSameMembersWhateverComesOfASource() throws {
    let made = try #require(
      try keep.run("repack", keep.bundles[0], "--to", place("a").string, "--json").objects.first)
    try place.write([1], to: "b/\(top).zip")
    let result = try keep.run("repack", keep.bundles[0], "--to", place("b").string, "--json")
    #expect(result.status == 12)
    let refused = try #require(result.objects.first)
    #expect(made["error"] is NSNull && refused["error"] is [String: Any])
    #expect(refused.keys.sorted() == made.keys.sorted())
    #expect(refused["is_original"] is NSNull && refused["was_there"] as? Bool == false)
    #expect((refused["findings"] as? [Any])?.isEmpty == true)
  }

  @Test func whatAKilledRepackLeftGoesWithTheNext() throws {
    for name in ["made/.comfykeep-1a.part", "made/.comfykeep-1b.part/a"] { try place.write([1], to: name) }
    let result = try keep.run("repack", keep.bundles[0], "--to", place("made").string)
    #expect(result.status == 0, "\(result.errors)")
    #expect(place.files() == ["made/\(top).zip", "made/\(top).zip.sha256"])
  }

  @Test func anotherChecksumThanTheOriginalsIsANo() throws {
    let digits = String(repeating: "0", count: 64)
    let result = try keep.run(
      "repack", keep.bundles[0], "--to", place("made").string, "--sha256", digits, "--json")
    #expect(result.status == 30)
    #expect(result.objects.first?["is_original"] as? Bool == false)
    #expect(place.files() == [])
    #expect(try keep.run("repack", keep.bundles[0], "--sha256", "12").status == 64)
    #expect(try keep.run("repack", keep.bundles[0], keep.bundles[0], "--sha256", digits).status == 64)
  }
}
