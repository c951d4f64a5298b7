import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Commands beside `run`, and the promises to scripts.
@Suite struct CommandTests {
  static let workflow = SamplePhotos.samples
    .appendingPathComponent("workflows/image_to_image_api.json").path

  @Test func inspectNamesWhatAPersonWouldSet() throws {
    let words = try Program().run("inspect", Self.workflow)
    #expect(words.status == 0)
    for word in ["189.image", "6.text", "25.noise_seed", "136", "16 nodes"] {
      #expect(words.output.contains(word))
    }
    let object = try #require(try Program().run("inspect", Self.workflow, "--json").objects.first)
    #expect(object["type"] as? String == "inspection")
    #expect((object["nodes"] as? [Any])?.count == 16)
  }

  @Test func planSendsNothingAndNeedsNoService() throws {
    let photos = try SamplePhotos.folder(2)
    try photos.write([1, 2, 3], to: "broken.png")
    let plan = try Program().run(
      "plan", photos.path.string, "--deployment", "any", "--workflow", Self.workflow, "--json", "--body")
    #expect(plan.status == 3, "\(plan.errors)")
    let runs = plan.objects.filter { $0["type"] as? String == "planned_run" }
    #expect(runs.count == 3)
    let sum = try #require(plan.objects.last)
    #expect(sum["type"] as? String == "plan")
    #expect(sum["runs"] as? Int == 2)
    #expect(sum["rejected"] as? Int == 1)
    #expect(!plan.output.contains("iVBOR"), "media are left out")
  }

  @Test func thePlannedSizeIsTheSizeThatIsSent() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let plan = try service.program.run(
      "plan", photos.path.string, "--deployment", Service.Deployment.image, "--json")
    let size = try #require(plan.objects.first?["bytes"] as? Int)
    #expect(try service.submissions().isEmpty)
    _ = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--poll-interval", "20ms")
    let sent = try service.log().filter { ($0["path"] as? String)?.hasSuffix("/inference") == true }
    #expect(sent.map { $0["request_bytes"] as? Int } == [size])
  }

  @Test(arguments: ["v1", "v2"]) func bothVersionsOfThePathsWork(_ version: String) throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--api-version", version,
      "--archive", archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(run.status == 0, "\(run.errors)")
    let paths = try service.log().compactMap { $0["path"] as? String }.filter { $0.hasSuffix("/inference") }
    #expect(paths == ["/prod/\(version)/deployments/\(Service.Deployment.image)/inference"])
  }

  @Test(arguments: FaultTests.cancelFaults) func aCanceledRunIsKeptAsSuch(_ fault: String) throws {
    let service = try Service("--run-time", "1h", "--fault", fault)
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--max-wait", "1ms", "--poll-interval", "20ms")
    #expect(run.status == 23, "\(run.errors)")
    #expect(run.words == ["unfinished"])
    let request = try #require(run.outcomes.first?["request_id"] as? String)
    let cancel = try service.program.run("cancel", request, "--archive", archive.path.string, "--json")
    #expect(cancel.status == 0, "\(cancel.errors)")
    #expect(cancel.objects.first?["accepted"] as? Bool == true)
    let kept = try service.program.run(
      "archive", request, "--archive", archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(kept.words == ["canceled"], "\(kept.errors)")
    #expect(kept.status == 21)
    try Judges.judge(kept.bundles)
    let again = try service.program.run("cancel", request, "--archive", archive.path.string, "--json")
    #expect(again.objects.first?["accepted"] as? Bool == false)
    #expect(again.status == 1)
  }

  @Test func aDamagedBundleIsFoundAndNamed() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    let path = try #require(run.bundles.first)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let place = try #require(bytes.range(of: Data("IDAT".utf8)))
    bytes[place.upperBound + 4] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let verified = try Program().run("verify", path, "--json")
    #expect(verified.status == 30)
    let findings = try #require(verified.objects.first?["findings"] as? [[String: Any]])
    #expect(findings.contains { ($0["path"] as? String)?.contains("inputs/") == true })
    #expect(try Program().run("verify", archive(".comfykeep/lock").string).status == 4)
    #expect(try Program().run("verify", archive("nothing.zip").string).status == 74)
  }

  @Test func aWrongCommandLineIsAUsageError() throws {
    #expect(try Program().run("run").status == 64)
    #expect(try Program().run("nonsense").status == 64)
    #expect(try Program().run("resolve", "abcd").status == 64)
    #expect(try Program().run("list", "--archive", "/nonexistent/archive").status == 64)
    #expect(try Program().run("--help").status == 0)
    #expect(try Program().run("--version").output.contains("."))
  }
}

extension CommandTests {
  @Test func aForgottenPathCostsNothing() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", "--deployment", Service.Deployment.image, "--archive", archive.path.string)
    #expect(run.status == 64)
    #expect(run.errors.contains("no file is given"))
    #expect(try service.submissions().isEmpty)
    let words = try service.program.run(
      "run", "--deployment", Service.Deployment.image, "--archive", archive.path.string, "--set",
      "6.text=fog", "--json", "--poll-interval", "20ms")
    #expect(words.words == ["archived"], "\(words.errors)")
  }

  @Test func anIdThatTheServiceDoesNotKnowIsSaidAtOnceAndForgotten() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let kept = try service.program.run(
      "archive", "11111111-2222-4333-8444-555555555555", "--deployment", Service.Deployment.image,
      "--archive", archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(kept.status == 1, "\(kept.output)\(kept.errors)")
    #expect(kept.words == ["unfinished"])
    let list = try service.program.run("list", "--archive", archive.path.string, "--json")
    #expect(list.status == 0)
    #expect(list.objects.isEmpty, "\(list.output)")
  }

  @Test func whatIsLargeButAllowedIsSaidBeforeItIsSent() throws {
    let service = try Service()
    let folder = try TemporaryFolder()
    // A true PNG of over 10 MB as a data URI: an ancillary chunk of 8 MiB in front of IEND.
    let png = Pictures.png(7)
    let large = try folder.write(
      png.dropLast(12) + Pictures.chunk("teSt", [UInt8](repeating: 7, count: 8 << 20))
        + png.suffix(12), to: "large.png")
    let run = try service.program.run(
      "run", large.string, "--deployment", Service.Deployment.image, "--archive",
      folder("archive").string, "--poll-interval", "20ms")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("travels as a data URI of 11.1 MB"), "\(run.errors)")
  }
}
