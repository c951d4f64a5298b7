import Glibc
import KeepInput
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct GlobFilterTests {
  private func kept(
    _ paths: [FilePath], includes: [String] = [], excludes: [String] = []
  ) throws -> [FilePath] {
    let filter = try GlobFilter(includes: includes, excludes: excludes)
    return paths.filter { filter.reasonToSkip($0) == nil }
  }

  @Test func withoutPatternsEveryFileIsMeant() throws {
    #expect(try kept(["a.png", "x/b.jpg"]) == ["a.png", "x/b.jpg"])
  }

  @Test func aPatternWithoutASlashIsHeldAgainstTheNameWhateverItsCase() throws {
    #expect(
      try kept(["a.png", "A.PNG", "x/b.png", "png/c.jpg"], includes: ["*.png"]) == [
        "a.png", "A.PNG", "x/b.png",
      ])
    #expect(try kept(["cat1.png", "cat22.png"], includes: ["cat?.png"]) == ["cat1.png"])
    #expect(try kept(["a.png", "b.png", "c.png"], includes: ["[ab].png"]) == ["a.png", "b.png"])
  }

  @Test func aPatternWithASlashIsHeldAgainstThePathBelowTheFolder() throws {
    #expect(try kept(["x/a.png", "y/a.png", "x/z/a.png"], includes: ["x/*"]) == ["x/a.png", "x/z/a.png"])
  }

  @Test func anExclusionThatFitsAFolderLeavesOutAllThatLiesInIt() throws {
    let paths: [FilePath] = ["a.png", "drafts/b.png", "x/drafts/c.png", "x/d.png"]
    #expect(try kept(paths, excludes: ["drafts"]) == ["a.png", "x/d.png"])
    #expect(try kept(paths, excludes: ["x/drafts"]) == ["a.png", "drafts/b.png", "x/d.png"])
  }

  @Test func anExclusionComesBeforeAnInclusion() throws {
    #expect(try kept(["a.png", "b.png"], includes: ["*.png"], excludes: ["b*"]) == ["a.png"])
    #expect(try GlobFilter(excludes: ["b*"]).reasonToSkip("b.png") == "is left out by --exclude b*")
  }

  @Test func anEmptyPatternIsRefused() {
    #expect(throws: KeepError(.usage, .option("--include"), "")) { try GlobFilter(includes: [""]) }
  }

  @Test func aListTakesWhatIsMeantAndSaysWhatIsNot() throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "b.jpg", "old/c.png"] { try folder.write([1], to: name) }
    let filter = try GlobFilter(includes: ["*.png"], excludes: ["old"])
    let list = try AssetList(at: [folder.path], isRecursive: true, filter: filter)
    #expect(list.files == [folder("a.png")])
    #expect(list.skipped.map(\.reason) == ["fits no --include", "is left out by --exclude old"])
    #expect(list.relative(folder("a.png")) == "a.png")
  }
}

@Suite struct UnreadableFolderTests {
  @Test(.disabled(if: getuid() == 0, "root reads everything"))
  func aFolderBelowThatCannotBeReadLeavesTheOthersAlone() throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "closed/b.png"] { try folder.write([1], to: name) }
    let closed = folder("closed")
    closed.withPlatformString { _ = chmod($0, 0) }
    defer { closed.withPlatformString { _ = chmod($0, 0o700) } }
    let list = try AssetList(at: [folder.path], isRecursive: true)
    #expect(list.files == [folder("a.png")])
    #expect(list.entries.count == 2)
    guard case .refused(closed, let error)? = list.entries.last else {
      Issue.record("the closed folder is not told")
      return
    }
    #expect(error.reason.contains("cannot be read"))
  }

  @Test func linksThatLeadBackUpEnd() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "a/b.png")
    #expect(symlink("..", folder("a/up").string) == 0)
    #expect(try AssetList(at: [folder.path], isRecursive: true).files == [folder("a/b.png")])
  }
}
