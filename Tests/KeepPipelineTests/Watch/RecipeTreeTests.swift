import Foundation
import KeepModel
import KeepTestKit
import Synchronization
import SystemPackage
import Testing

@testable import KeepPipeline

/// Recipes of watched folders: the nearest holds, a broken one never takes the place of one that worked.
@Suite struct RecipeTreeTests {
  private let inbox: TemporaryFolder
  private let world = World()

  init() throws { inbox = try TemporaryFolder() }

  private func tree(trusting: Bool = false) throws -> RecipeTree {
    var setting = WatchSetting([inbox.path])
    setting.trustsRecipes = trusting
    return try RecipeTree(setting, elapsed: { [world] in world.time.withLock { $0 } }) { [world] in
      let (recipe, findings) = RecipeReader.read(
        Array(world.base.withLock { $0 }.utf8), folder: "/", home: nil)
      if let finding = findings.first { throw finding.error(in: "base.yaml") }
      return recipe
    }
  }

  private func write(_ text: String, _ folder: String) throws {
    try FileManager.default.createDirectory(atPath: inbox(folder).string, withIntermediateDirectories: true)
    try text.write(toFile: inbox("\(folder)/comfykeep.yaml").string, atomically: true, encoding: .utf8)
    world.time.withLock { $0 += .seconds(2) }
  }

  private func recipe(_ tree: RecipeTree, _ path: FilePath) throws -> Recipe {
    try tree.recipe(for: path, in: inbox.path).recipe.get().recipe
  }

  private func text(_ tree: RecipeTree, _ path: FilePath) throws -> String? {
    try recipe(tree, path).settings?.first { $0.name == "6.text" }?.value
  }

  @Test func theNearestRecipeHoldsAndWhatItDoesNotSayComesFromAbove() throws {
    let tree = try tree()
    try write("set:\n  6.text: up\n", "up")
    try write("strip_metadata: true\n", "up/deep")
    #expect(try text(tree, "a.png") == "base")
    #expect(try text(tree, "up/a.png") == "up")
    #expect(try text(tree, "up/deep/a.png") == "up")
    #expect(try recipe(tree, "up/deep/a.png").stripsMetadata == true)
    #expect(try recipe(tree, "up/a.png").deployment == "d-1")
  }

  @Test func anotherDeploymentInheritsNothingOfTheWorkflow() throws {
    let tree = try tree()
    try write("deployment: d-2\n", "video")
    #expect(try recipe(tree, "video/a.mp4").deployment == "d-2")
    #expect(try text(tree, "video/a.mp4") == nil)
  }

  @Test func aBrokenRecipeHoldsBackItsFilesUntilItIsMended() throws {
    let tree = try tree()
    try write("sett: 1\n", "up")
    let first = tree.recipe(for: "up/a.png", in: inbox.path)
    #expect(throws: KeepError.self) { try first.recipe.get() }
    #expect(first.notes.count == 1 && first.notes.allSatisfy(\.isTrouble))
    world.time.withLock { $0 += .seconds(2) }
    #expect(tree.recipe(for: "up/b.png", in: inbox.path).notes == [], "it is told once")
    #expect(try text(tree, "a.png") == "base", "others are not held back")
    try write("set:\n  6.text: mended\n", "up")
    #expect(try text(tree, "up/a.png") == "mended")
  }

  @Test func aRecipeThatBreaksLaterLeavesTheOldOne() throws {
    let tree = try tree()
    try write("set:\n  6.text: up\n", "up")
    #expect(try text(tree, "up/a.png") == "up")
    try write("set: [", "up")
    let broken = tree.recipe(for: "up/a.png", in: inbox.path)
    #expect(broken.notes.contains { $0.text.contains("the old recipe stays") && $0.isTrouble })
    #expect(try text(tree, "up/a.png") == "up")
  }

  @Test func aReloadTakesTheCommandsRecipeUnlessItIsBroken() throws {
    let tree = try tree()
    world.base.withLock { $0 = "deployment: d-1\nset:\n  6.text: newer\n" }
    #expect(try text(tree, "a.png") == "base")
    #expect(tree.reload() == [RecipeNote(text: "the recipe was read anew")])
    #expect(try text(tree, "a.png") == "newer")
    world.base.withLock { $0 = "nonsense: 1\n" }
    #expect(tree.reload().contains { $0.text.hasPrefix("the old recipe stays") && $0.isTrouble })
    #expect(try text(tree, "a.png") == "newer")
  }

  @Test(arguments: ["archive: x\n", "api_url: https://example.net\n", "table: x.csv\n", "ledger: x\n"])
  func whatHoldsForTheWholeWatchIsRefusedInAFolder(text: String) throws {
    let tree = try tree()
    try write(text, "up")
    #expect(throws: KeepError.self) { try recipe(tree, "up/a.png") }
  }

  @Test func aFolderOfAPersonsOwnThatIsCalledDoneHasItsRecipe() throws {
    let tree = try tree()
    try write("set:\n  6.text: mine\n", "done")
    #expect(try text(tree, "done/a.png") == "mine")
  }

  @Test func whatWasMovedIsTakenAgainByTheRecipeOfWhereItCameFrom() throws {
    let tree = try tree()
    try write("set:\n  6.text: up\n", "up")
    #expect(try text(tree, "failed/up/a.png") == "base")
    tree.learnMoved(inbox.path)
    #expect(try text(tree, "failed/up/a.png") == "up")
  }

  @Test func aLinkIsNoRecipe() throws {
    let tree = try tree()
    try FileManager.default.createDirectory(atPath: inbox("up").string, withIntermediateDirectories: true)
    let real = try inbox.write(Array("strip_metadata: true\n".utf8), to: "real.yaml")
    try FileManager.default.createSymbolicLink(
      atPath: inbox("up/comfykeep.yaml").string, withDestinationPath: real.string)
    #expect(throws: KeepError.self) { try recipe(tree, "up/a.png") }
  }
}

/// What the tree looks at besides folders.
private final class World: Sendable {
  let time = Mutex(Duration.zero)
  let base = Mutex("deployment: d-1\nset:\n  6.text: base\n")
}
