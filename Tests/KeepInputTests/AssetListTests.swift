import Foundation
import Glibc
import KeepFiles
import KeepInput
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct AssetListTests {
  @Test func keepsTheOrderOfThePathsAndNamesEachOnce() throws {
    let folder = try TemporaryFolder()
    for name in ["z.png", "m/b.jpg", "m/a.png"] { try folder.write([1], to: name) }
    let list = try AssetList(at: [folder("z.png"), folder("m"), folder("m/b.jpg"), folder("z.png")])
    #expect(list.files == ["z.png", "m/a.png", "m/b.jpg"].map { folder($0) })
    #expect(list.skipped == [])
  }

  @Test func takesMediaOfAFolderByNameOrByBytesAndSaysWhyNotTheRest() throws {
    let folder = try TemporaryFolder()
    try folder.write([0], to: "claims.png")
    try folder.write(MediaFixture.png(), to: "picture")
    try folder.write(MediaFixture.mp3, to: "sound.dat")
    try folder.write(Array("hello".utf8), to: "notes.txt")
    try folder.write(Array("hello".utf8), to: "README")
    try folder.write([0x50, 0x4B, 0x03, 0x04], to: "package.bin")
    try folder.write([], to: "empty")
    let list = try AssetList(at: [folder.path])
    #expect(list.files == ["claims.png", "picture", "sound.dat"].map { folder($0) })
    #expect(
      list.skipped.map { "\($0.path.lastComponent?.string ?? ""): \($0.reason)" } == [
        "README: is of no known type",
        "empty: is of no known type",
        "notes.txt: is text/plain by its name, which is no image, video, audio or 3D file",
        "package.bin: is application/zip, which is no image, video, audio or 3D file",
      ])
  }

  @Test func looksBelowOnlyWhenAsked() throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "sub/b.png", "sub/sub/c.png"] { try folder.write([1], to: name) }
    let list = try AssetList(at: [folder.path])
    #expect(list.files == [folder("a.png")])
    #expect(list.skipped.map(\.path) == [folder("sub")])
    #expect(
      try AssetList(at: [folder.path], isRecursive: true).files
        == ["a.png", "sub/b.png", "sub/sub/c.png"].map { folder($0) })
  }

  @Test func passesOverExcludedFoldersAndSaysSo() throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "out/b.png"] { try folder.write([1], to: name) }
    let list = try AssetList(at: [folder.path], isRecursive: true, excluding: [folder("out")])
    #expect(list.files == [folder("a.png")])
    #expect(list.skipped.map(\.path) == [folder("out")])
  }

  @Test func hiddenAndTemporaryNamesAreCounted() throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", ".b.png", "c.png.part", "d.png~"] { try folder.write([1], to: name) }
    let list = try AssetList(at: [folder.path])
    #expect(list.files == [folder("a.png")])
    #expect(list.skipped.map(\.reason) == ["3 hidden or temporary names in it are passed over"])
  }

  @Test func whatAFilterLeavesNothingOfIsToldSo() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "a.png")
    let error = #expect(throws: KeepError.self) {
      try AssetList(at: [folder.path], filter: GlobFilter(includes: ["*.tif"]))
    }
    #expect(error?.hint?.contains("--include") == true)
  }

  @Test func namedFilesAreLeftToBeRead() throws {
    let folder = try TemporaryFolder()
    let note = try folder.write(Array("hello".utf8), to: ".notes.txt")
    #expect(try AssetList(at: [note]).files == [note])
  }

  @Test func saysWhatIsMissingOrHasNoMedia() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "only/notes.txt")
    try folder.write([1], to: "only/sub/a.png")
    for path in [folder("missing.png"), folder("only")] {
      #expect(throws: KeepError(.inputRejected, .path(path), "")) { try AssetList(at: [path]) }
    }
    #expect(try AssetList(at: [folder("only")], isRecursive: true).files == [folder("only/sub/a.png")])
  }

  @Test func ofSeveralPathsEachStandsForItself() throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "words/notes.txt", "b.png"] { try folder.write([1], to: name) }
    let paths = ["missing.png", "a.png", "words", "missing.png", "b.png"].map { folder($0) }
    let entries = try AssetList(at: paths).entries
    #expect(entries.count == 4)
    #expect(entries[0] == .refused(paths[0], KeepError(.inputRejected, .path(paths[0]), "is not there")))
    #expect(entries[1] == .file(paths[1]))
    guard case .refused(paths[2], let error) = entries[2] else {
      Issue.record("a folder without media gives a file")
      return
    }
    #expect(error.reason.contains("has no image"))
    #expect(entries[3] == .file(paths[4]))
  }
}

@Suite struct InputLimitsTests {
  @Test func theBorderIsExact() throws {
    var limits = InputLimits()
    limits.maximumInline = ByteCount(22 + 8)  // "data:image/png;base64," and two groups
    #expect(limits.placement(for: asset(6)) == .inline(warnings: []))
    guard case .refused(let error) = limits.placement(for: asset(7)) else {
      Issue.record("seven bytes take three groups")
      return
    }
    #expect(error == KeepError(.inputRejected, .path("a.png"), ""))
    #expect(
      error.reason
        == "has 7 B, which makes a data URI of 34 B (34 bytes); at most 30 B (30 bytes) travel inside a request"
    )
    #expect(error.hint?.contains("--asset NODE.INPUT=https://") == true)
  }

  @Test func theDefaultsRefuseAboveSixtyFourMebibytesEncoded() {
    let largest = ((64 << 20) - 22) as UInt64 / 4 * 3
    #expect(InputLimits().placement(for: asset(largest)).isInline)
    #expect(!InputLimits().placement(for: asset(largest + 1)).isInline)
    #expect(!InputLimits().placement(for: asset(.max / 2)).isInline)
  }

  @Test func largeOnesAreSentWithAWarning() {
    let limits = InputLimits()
    #expect(limits.placement(for: asset(7_000_000)) == .inline(warnings: []))
    #expect(
      limits.placement(for: asset(9_000_000))
        == .inline(warnings: ["a.png: travels as a data URI of 12.0 MB, which services may refuse"]))
  }

  @Test func theAdviceOfTheServiceIsPassedOn() {
    var limits = InputLimits()
    limits.maximumInline = .mebibytes(1000)
    limits.warnedInline = .mebibytes(1000)
    #expect(
      limits.placement(for: asset(60_000_000))
        == .inline(warnings: ["a.png: has 60.0 MB; the service advises at most 50.0 MB"]))
    #expect(limits.placement(for: asset(60_000_000, "video/mp4")) == .inline(warnings: []))
    #expect(limits.placement(for: asset(100_000_001, "video/mp4")) != .inline(warnings: []))
    #expect(limits.placement(for: asset(200_000_000, "audio/wav")) == .inline(warnings: []))
  }

  @Test func withATargetWhatIsLargeIsUploaded() {
    let limits = InputLimits()
    let (small, large, huge) = (asset(1_000), asset(9_000_000), asset(60_000_000))
    for (preference, expected) in [
      (PlacementPreference.automatic, [false, true, true]), (.inline, [false, false, true]),
      (.upload, [true, true, true]),
    ] {
      let uploads = [small, large, huge].map {
        limits.placement(for: $0, preference: preference, canUpload: true).isUpload
      }
      #expect(uploads == expected, "\(preference)")
    }
    #expect(!limits.placement(for: small, preference: .upload, canUpload: false).isUpload)
  }

  @Test func aRefusalNamesBothWaysOut() {
    guard case .refused(let error) = InputLimits().placement(for: asset(60_000_000)) else {
      Issue.record("too large to travel")
      return
    }
    #expect(error.hint?.contains("--upload") == true)
    #expect(error.hint?.contains("--asset NODE.INPUT=https://") == true)
  }

  @Test func aKindCanHaveALimitOfItsOwn() {
    let limits = InputLimits(maximumFile: [.image: 100])
    #expect(limits.placement(for: asset(100)).isInline)
    guard case .refused(let error) = limits.placement(for: asset(101), canUpload: true) else {
      Issue.record("above its limit")
      return
    }
    #expect(error.reason.contains("at most 100 B"))
    #expect(limits.placement(for: asset(101, "video/mp4")).isInline)
  }

  @Test func theWholeBodyHasItsOwnLimit() {
    let limits = InputLimits()
    #expect(limits.placement(ofBody: .mebibytes(64)) == .inline(warnings: []))
    #expect(!limits.placement(ofBody: ByteCount(64 << 20 + 1)).isInline)
  }

  private func asset(_ size: UInt64, _ type: MediaType = "image/png") -> Asset {
    Asset(path: "a.png", size: ByteCount(size), checksum: Checksum(of: []), mediaType: type)
  }
}

extension InputLimits.Placement {
  fileprivate var isInline: Bool {
    if case .inline = self { true } else { false }
  }
  fileprivate var isUpload: Bool {
    if case .upload = self { true } else { false }
  }
}
