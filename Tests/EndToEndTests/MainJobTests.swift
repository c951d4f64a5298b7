import Foundation
import KeepTestKit
import SystemPackage
import Testing

@Suite struct MainJobTests {
  @Test func aFolderOfPhotosBecomesVerifiableBundles() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(3)
    let archive = try TemporaryFolder()
    let first = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.words == ["archived", "archived", "archived"])
    #expect(try service.submissions().count == 3)
    for object in first.outcomes {
      #expect(object["version"] as? Int == 1)
      #expect((object["submission_key"] as? String)?.count == 64)
      #expect((object["bundle_sha256"] as? String)?.count == 64)
      #expect(object["outputs"] as? Int == 1)
      #expect((object["inputs"] as? [String])?.count == 1)
    }
    let verified = try service.program.run(["verify"] + first.bundles)
    #expect(verified.status == 0, "\(verified.output)")
    try Judges.judge(first.bundles)

    let again = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json")
    #expect(again.status == 0)
    #expect(again.outcomes.allSatisfy { $0["kept_already"] as? Bool == true })
    #expect(again.bundles.sorted() == first.bundles.sorted())
    #expect(try service.submissions().count == 3, "a second start submits nothing")
    #expect(again.errors.contains("kept before"))
  }

  @Test func aBundleLiesWhereScriptsExpectItWithItsSidecars() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    let request = try #require(run.outcomes.first?["request_id"] as? String)
    let names = archive.files().filter { !$0.hasPrefix(".comfykeep") }
    let day = try #require(names.first?.split(separator: "/").first)
    #expect(day.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil)
    #expect(
      names == [".receipt.json", ".zip", ".zip.sha256"].map { "\(day)/photo-00/run-\(request)\($0)" })
    #expect(
      archive.files().filter { $0.contains("/inputs/") || $0.contains("/partial/") } == [],
      "nothing is left of a kept run but its bundle")
  }

  @Test func videosTextsAndPreviewsAreKeptByNode() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let clip = SamplePhotos.samples.appendingPathComponent("clips/waves.mp4").path
    let video = try service.program.run(
      "run", clip, "--deployment", Service.Deployment.video, "--archive", archive.path.string,
      "--json", "--poll-interval", "20ms")
    #expect(video.status == 0, "\(video.errors)")
    let photos = try SamplePhotos.folder(1)
    let several = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.several, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    #expect(several.status == 0, "\(several.errors)")
    #expect(try #require(several.outcomes.first?["outputs"] as? Int) >= 3)
    try Judges.judge(video.bundles + several.bundles)
  }

  @Test func onePhotoRunsWithValuesAndAnInlineWorkflow() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let workflow = SamplePhotos.samples.appendingPathComponent("workflows/image_to_image_api.json").path
    let run = try service.program.run(
      "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--workflow",
      workflow, "--inline-workflow", "--set", "Positive Prompt.text=a \"quiet\" harbour",
      "--set", "25.noise_seed=18446744073709551615", "--archive", archive.path.string, "--json",
      "--poll-interval", "20ms")
    #expect(run.status == 0, "\(run.errors)")
    let bundle = try #require(run.bundles.first)
    let request = try Judges.text(of: "data/run/request.json", in: bundle)
    #expect(request.contains("18446744073709551615"))
    #expect(request.contains("a \\\"quiet\\\" harbour"))
    try Judges.judge(run.bundles)
  }

  @Test func outputsAreExportedAsPlainFilesAndNeverOverwritten() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(2)
    let archive = try TemporaryFolder()
    let export = try TemporaryFolder()
    try export.write(Array("mine".utf8), to: "photo-00.136.1.png")
    let arguments = [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--export", export.path.string, "--poll-interval", "20ms",
    ]
    #expect(try service.program.run(arguments).status == 0)
    let names = ["photo-00.136.1-2.png", "photo-00.136.1.png", "photo-01.136.1.png"]
    #expect(export.files() == names)
    #expect(try export.read("photo-00.136.1.png") == Array("mine".utf8))
    #expect(try service.program.run(arguments).status == 0)
    #expect(export.files() == names, "the same outputs are not written twice")
  }

  @Test func aRunMadeElsewhereIsKeptByItsId() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(1)
    let one = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      one.path.string, "--json", "--poll-interval", "20ms")
    let request = try #require(run.outcomes.first?["request_id"] as? String)
    let two = try TemporaryFolder()
    let unknown = try service.program.run("archive", request, "--archive", two.path.string, "--json")
    #expect(unknown.status == 64)
    let kept = try service.program.run(
      "archive", request, "--deployment", Service.Deployment.image, "--archive", two.path.string,
      "--json")
    #expect(kept.status == 0, "\(kept.errors)")
    #expect(kept.words == ["archived"])
    try Judges.judge(kept.bundles)
    #expect(try service.submissions().count == 1)
  }

  @Test func listAndShowTellWhatIsKnown() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(2)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    let list = try service.program.run("list", "--archive", archive.path.string, "--json")
    #expect(list.objects.count == 2)
    #expect(list.objects.allSatisfy { $0["state"] as? String == "archived" })
    let key = try #require(run.outcomes.first?["submission_key"] as? String)
    let show = try service.program.run("show", String(key.prefix(10)), "--archive", archive.path.string)
    #expect(show.status == 0)
    for word in ["claimed", "submitting", "submitted", "finished", "archived", "sha256"] {
      #expect(show.output.contains(word), "\(word) in \(show.output)")
    }
  }
}
