import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What scripts rely on: where words go, and an object for every end.
@Suite struct ScriptPromiseTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func program(_ environment: [String: String] = [:]) -> Program {
    Program(environment: ["COMFYKEEP_ARCHIVE": folder("archive").string].merging(environment) { $1 })
  }

  private func errorCode(_ result: Program.Result) -> String? {
    let error = result.objects.last { $0["type"] as? String == "error" }?["error"] as? [String: Any]
    return error?["code"] as? String
  }

  @Test(arguments: [
    ["run", "--json"], ["run", "x.png", "--deployment", "d", "--json", "--concurrency", "0"],
    ["list", "--json", "--state", "lost"], ["nonsense", "--json"], ["archive", "--json"],
    ["resolve", "abcd", "--json"], ["list", "--json", "--archive", ""],
  ])
  func wrongUsageIsAnObjectToo(arguments: [String]) throws {
    let result = try program().run(arguments)
    #expect(result.status == 64)
    #expect(result.objects.count == 1)
    #expect(errorCode(result) == "usage")
    #expect(result.errors.hasPrefix("comfykeep: "), "\(result.errors)")
    #expect(folder.files() == [])
  }

  @Test(
    arguments: [
      (["run", "x.png", "--deployment", "d", "--json"], "token_refused", 77),
      (["list", "--json"], "usage", 64),
      (["inspect", "missing.json", "--json"], "input_rejected", 10),
      (["show", "abcd", "--json"], "usage", 64),
      (["cancel", "r-1", "--json"], "token_refused", 77),
    ] as [([String], String, Int32)])
  func aFailureBeforeAnyRunIsOneObject(arguments: [String], code: String, status: Int32) throws {
    let result = try program().run(arguments)
    #expect(result.status == status)
    #expect(result.objects.count == 1)
    #expect(errorCode(result) == code)
    #expect(
      result.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("comfykeep: ") }, "\(result.errors)")
    #expect(folder.files() == [])
  }

  @Test func helpAndVersionAreResults() throws {
    for arguments in [["--help"], ["--version"], ["run", "--help"]] {
      let result = try program().run(arguments)
      #expect(result.status == 0)
      #expect(!result.output.isEmpty)
      #expect(result.errors.isEmpty)
    }
  }

  @Test func everyCancelIsToldThoughOneFails() throws {
    let service = try Service()
    var program = service.program
    program.environment["COMFYKEEP_ARCHIVE"] = folder("archive").string
    let result = try program.run(
      "cancel", "../x", "r-1", "r-2", "--deployment", Service.Deployment.image, "--json")
    #expect(result.status != 0)
    #expect(result.objects.count == 3)
  }

  @Test func aReaderThatGoesAwayDoesNotEndARun() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(3)
    var program = service.program
    program.environment["COMFYKEEP_ARCHIVE"] = folder("archive").string
    let shell = ["/bin/sh", "-c", #""$@" 2>&1 | true; sleep 0"#, "sh"]
    _ = try program.run(
      ["run", photos.path.string, "--deployment", Service.Deployment.image], launcher: shell)
    let listed = try program.run("list", "--json").objects
    #expect(listed.compactMap { $0["state"] as? String } == ["archived", "archived", "archived"])
  }

  @Test func twoPhotosWithTheSameBytesAreOneRunAndTwoOutcomes() throws {
    let service = try Service()
    for name in ["a.png", "b.png"] { try folder.write(Pictures.png(1), to: "photos/\(name)") }
    var program = service.program
    program.environment["COMFYKEEP_ARCHIVE"] = folder("archive").string
    let result = try program.run(
      "run", folder("photos").string, "--deployment", Service.Deployment.image, "--json")
    #expect(result.status == 0)
    #expect(result.outcomes.count == 2)
    #expect(Set(result.bundles).count == 1)
    #expect(result.errors.contains("same submission as a.png"))
    #expect(try service.submissions().count == 1)
  }
}
