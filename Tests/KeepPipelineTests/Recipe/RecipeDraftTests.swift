import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepPipeline

/// Recipes that are written for a workflow, and the schema.
@Suite struct RecipeDraftTests {
  private static let hostile = #"""
    {"12:5": {"class_type": "LoadImage", "_meta": {"title": "a\nset: x # \"q\" \u202e"}, "inputs": {"image": "a.png"}},
     "7": {"class_type": "LoadImage", "inputs": {"image": "b.png"}},
     "6": {"class_type": "CLIPTextEncode", "_meta": {"title": "\ud83d\ude00: *&!"},
       "inputs": {"text": "line\nline: \"x\" # @ \u2028 \u0007 'y' {file: z}", "clip": ["12:5", 0]}},
     "25": {"class_type": "RandomNoise\r\n", "inputs": {"noise_seed": 18446744073709551615}},
     "9": {"class_type": "SaveImage", "inputs": {"images": ["7", 0]}}}
    """#

  private func draft(_ workflow: String) throws -> (RecipeDraft, TemporaryFolder) {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(workflow.utf8), to: "a folder/w.json")
    try folder.write([], to: "recipes/x")
    return (try RecipeDraft(for: path, output: folder("recipes/r.yaml")), folder)
  }

  @Test func aDraftIsARecipeAsItIs() throws {
    let (draft, folder) = try draft(Self.hostile)
    try draft.write(to: folder("recipes/r.yaml"))
    #expect(throws: KeepError(.usage, .path(folder("recipes/r.yaml")), "")) {
      try draft.write(to: folder("recipes/r.yaml"))
    }
    #expect(try folder.read("recipes/r.yaml") == Array(draft.text.utf8))
    let check = RecipeCheck(folder("recipes/r.yaml"), home: nil, environment: { _ in nil })
    #expect(check.errors.isEmpty, "\(check.errors)")
    #expect(check.lines.map(\.name) == ["12:5.image"])
    #expect(draft.text.contains(#"workflow: "../a folder/w.json""#))
    #expect(check.notes.count == 2)
  }

  @Test func everyCommentedSettingIsRightToo() throws {
    let (draft, folder) = try draft(Self.hostile)
    let text = draft.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("#") && (!line.hasPrefix("# ") || line.hasPrefix("#  ") && !line.hasPrefix("#   "))
        ? line.dropFirst() : line
    }.joined(separator: "\n")
    let (recipe, findings) = RecipeReader.read(Array(text.utf8), folder: folder("recipes"), home: nil)
    #expect(findings.isEmpty, "\(findings)\n\(text)")
    #expect(recipe.assets?.map(\.text) == ["12:5.image", "7.image"])
    #expect(
      recipe.settings?.map(\.text) == [
        "6.text=line\nline: \"x\" # @ \u{2028} \u{7} 'y' {file: z}", "25.noise_seed=18446744073709551615",
      ])
    #expect(recipe.sweeps?.map(\.text) == ["25.noise_seed=1..4"])
    #expect(recipe.upload.target == "s3://BUCKET/PREFIX")
    #expect(recipe.maximumRuns == 50)
  }

  @Test func aWorkflowWithoutMediaHasADraft() throws {
    let (draft, _) = try draft(#"{"1": {"class_type": "EmptyImage", "inputs": {"width": 8}}}"#)
    #expect(RecipeErrorTests.findings(draft.text) == [])
    #expect(throws: KeepError.self) { try self.draft("[]") }
  }

  @Test func theSchemaHasEveryKey() throws {
    for key in RecipeKey.all {
      var place = RecipeSchema.json
      for part in key.path.split(separator: ".") {
        let whole = place["anyOf"]?[1] ?? place
        #expect(whole["additionalProperties"] == false)
        place = try #require(whole["properties"]?[String(part)], "\(key.path)")
      }
      #expect(place["description"]?.string == key.summary)
      #expect(place["default"] == key.standard)
      #expect(place["$comment"]?.string == key.flag)
    }
    #expect(Set(RecipeKey.all.map(\.path)).count == RecipeKey.all.count)
  }

  @Test func everyDefaultCanBeWrittenAsItIsShown() throws {
    for key in RecipeKey.all {
      guard let standard = key.standard else { continue }
      let parts = key.path.split(separator: ".").map(String.init)
      let value = String(decoding: CanonicalJSON.compact(standard), as: UTF8.self)
      let text = parts.reversed().reduce(value) { "{\"\($1)\": \($0)}" }
      var shown = Recipe()
      key.fill(&shown, try RecipeReaderTests.recipe(text))
      var expected = Recipe()
      key.fill(&expected, .standard)
      #expect(shown == expected, "\(key.path)")
    }
  }
}
