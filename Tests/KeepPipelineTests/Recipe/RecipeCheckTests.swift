import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepPipeline

/// Recipes against the workflow that they name.
@Suite struct RecipeCheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(
      Array(
        #"""
        {"189": {"class_type": "LoadImage", "_meta": {"title": "Load Image"}, "inputs": {"image": "a.png"}},
         "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "x", "clip": ["189", 0]}},
         "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 1}}}
        """#.utf8), to: "w.json")
    try folder.write([], to: "photos/a.png")
  }

  private func check(_ text: String, _ variables: [String: String] = [:]) throws -> RecipeCheck {
    let path = try folder.write(Array(text.utf8), to: "r.yaml")
    return RecipeCheck(path, home: nil, environment: { variables[$0] })
  }

  private func errors(_ check: RecipeCheck) -> [String] {
    check.errors.map { $0.description.replacing("\(folder.path)/", with: "") }
  }

  @Test func aRightRecipeIsDescribed() throws {
    let check = try check(
      """
      deployment: d
      workflow: w.json
      paths: photos
      assets: {Load Image.image: each}
      set: {6.text: a cat, 25.noise_seed: random}
      """)
    #expect(check.errors.isEmpty, "\(check.errors)")
    #expect(check.notes.isEmpty, "\(check.notes)")
    #expect(check.exitStatus == 0)
    #expect(
      check.lines.map { "\($0.role) \($0.input?.description ?? "") \($0.value)" }
        == ["asset 189.image each file", "set 6.text a cat", "set 25.noise_seed random"])
  }

  @Test func whatTheWorkflowDoesNotHaveIsToldWithItsPlace() throws {
    let check = try check(
      """
      workflow: w.json
      paths: [gone]
      assets:
        190.image: each
        189.image: missing.png
      set:
        6.txt: a
        6.clip: b
        25.noise_seed: many
        Load Image.image: c
      sweep: {25.noise_seeds: 1..4}
      """)
    #expect(check.exitStatus == 64, "an input that is filled twice is the recipe's own fault")
    let found = errors(check)
    #expect(found.count == 8, "\(found)")
    for (start, words) in [
      ("gone: ", "is not there"), ("r.yaml:4:3: ", "no such node"),
      ("r.yaml:5:3: ", "missing.png: is not there"),
      ("r.yaml:7:3: ", "did you mean \"text\"?"), ("r.yaml:8:3: ", "is wired"),
      ("r.yaml:9:3: ", "takes a number, found \"many\""),
      ("r.yaml:10:3: ", "is filled twice, first in line 5"),
      ("r.yaml:11:9: ", "did you mean \"noise_seed\"?"),
    ] {
      #expect(found.contains { $0.hasPrefix(start) && $0.contains(words) }, "\(start)\(words) in \(found)")
    }
  }

  @Test(arguments: [
    ("25.noise_seed: \"1..4:0\"", "never reaches its end"), ("25.noise_seed: random:0", "no number of seeds"),
    ("6.text: random:3", "no seed"), ("25.noise_seed: [1, two]", "takes a number"),
  ])
  func aSweepThatCannotBeRunIsToldWithItsPlace(sweep: String, words: String) throws {
    let check = try check("workflow: w.json\nsweep:\n  \(sweep)\n")
    #expect(errors(check).count == 1, "\(errors(check))")
    #expect(errors(check).first?.hasPrefix("r.yaml:3:3: ") == true, "\(errors(check))")
    #expect(errors(check).first?.contains(words) == true, "\(errors(check))")
  }

  @Test func aTableIsReadToo() throws {
    try folder.write(Array("path,6.text\na,b,c\n".utf8), to: "t.csv")
    #expect(errors(try check("table: t.csv")).contains { $0.hasPrefix("t.csv: line 2 has 3 cells") })
    #expect(errors(try check("table: t.csv\npaths: photos")).contains { $0.contains("cannot be combined") })
  }

  @Test func filesThatAreNotThereAreInputRejected() throws {
    #expect(try check("workflow: gone.json").exitStatus == 10)
    #expect(try check("workflow: w.json\nset: {6.text: {file: gone.txt}}").exitStatus == 10)
    #expect(try check("deployment: [").exitStatus == 64)
    #expect(RecipeCheck(folder("none.yaml"), home: nil, environment: { _ in nil }).exitStatus == 64)
  }

  @Test func secretsAreNeverPartOfWhatIsSaid() throws {
    let check = try check(
      """
      upload: {to: 'https://h.example/', bearer_env: TOKEN}
      webhook: {url: 'https://hook.example/?key=hunter1'}
      assets: {189.image: 'https://h.example/a.png?signature=hunter2'}
      """, ["TOKEN": "hunter3"])
    #expect(check.exitStatus == 0)
    let said = "\(check.lines) \(check.notes) \(check.errors)"
    #expect(!said.contains("hunter"), "\(said)")
    #expect(said.contains("https://h.example/a.png"))
    let unset = try self.check("upload: {to: 'https://h.example/', bearer_env: hunter}")
    #expect(unset.exitStatus == 0)
    #expect(unset.notes.contains { $0.contains("bearer_env names is not set") })
    #expect(!unset.notes.joined().contains("hunter"))
    #expect(try self.check("upload: {region: r}").exitStatus == 64)
  }
}
