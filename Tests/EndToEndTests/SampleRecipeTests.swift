import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// `Samples/recipes`, each run as it is against the local service, into an archive of its own.
@Suite struct SampleRecipeTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let runs: Int
    var testDescription: String { name }
  }

  static let samples = [
    Sample(name: "folder", runs: 6), Sample(name: "masks", runs: 5), Sample(name: "sweep", runs: 6),
    Sample(name: "table", runs: 4), Sample(name: "upload", runs: 1),
  ]

  private static let folder = SamplePhotos.samples.appendingPathComponent("recipes")

  @Test func everySampleIsHere() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    #expect(names == Self.samples.map { "\($0.name).yaml" }.sorted())
    let check = try Program().run(["recipe", "check"] + names.map { Self.folder.path + "/" + $0 })
    #expect(check.status == 0, "\(check.errors)")
    let schema = try String(
      contentsOf: Self.folder.appendingPathComponent("recipe.schema.json"), encoding: .utf8)
    #expect(
      try Program().run("recipe", "schema").output == schema,
      "comfykeep recipe schema > Samples/recipes/recipe.schema.json")
  }

  @Test(arguments: samples) func aSampleRuns(sample: Sample) throws {
    let service = try Service(
      "--workflows", SamplePhotos.samples.appendingPathComponent("workflows").path)
    let archive = try TemporaryFolder()
    let recipe = Self.folder.appendingPathComponent("\(sample.name).yaml").path
    var options = ["--recipe", recipe, "--archive", archive("kept").string, "--json"]
    if sample.name == "upload" {
      // The local service's own store stands for the bucket; the recipe's S3 settings do not go there.
      let ready = try JSONSerialization.jsonObject(with: Data(try service.folder.read("ready.json")))
      let uploads = try #require((ready as? [String: Any])?["uploads"] as? String)
      options += ["--upload", "\(uploads)/{sha256}.{ext}"]
    }
    let plan = try service.program.run(["plan"] + options)
    #expect(plan.status == 0, "\(plan.errors)")
    let total = plan.objects.last { $0["type"] as? String == "plan" }
    #expect(total?["submit"] as? Int == sample.runs, "\(plan.output)")
    let run = try service.program.run(["run"] + options + ["--poll-interval", "20ms"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.words == Array(repeating: "archived", count: sample.runs))
    #expect(try service.submissions().count == sample.runs)
    let again = try service.program.run(["run"] + options + ["--poll-interval", "20ms"])
    #expect(again.status == 0, "\(again.errors)")
    #expect(try service.submissions().count == sample.runs, "the same recipe again costs nothing")
  }
}
