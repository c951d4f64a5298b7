import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Runs that are made again from their bundles alone.
@Suite struct RerunTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs a photo and moves its bundle away from its archive; nothing else of it is left.
  private func bundle(
    _ service: Service, photo: Int = 0, deployment: String = Service.Deployment.image, _ options: String...
  ) throws -> String {
    let photos = try SamplePhotos.folder(1, from: photo)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      [
        "run", photos("photo-00.png").string, "--deployment", deployment, "--archive", archive.path.string,
        "--json", "--poll-interval", "20ms",
      ] + options)
    let made = try #require(run.bundles.first, "\(run.errors)")
    let name = URL(fileURLWithPath: made).lastPathComponent
    try folder.write([], to: "bundles/.keep")
    let target = folder("bundles/\(name)").string
    try FileManager.default.moveItem(atPath: made, toPath: target)
    return target
  }

  private func rerun(_ service: Service, _ arguments: String...) throws -> Program.Result {
    try service.program.run(
      ["rerun", "--archive", folder("new").string, "--poll-interval", "20ms"] + arguments)
  }

  private func comparison(_ result: Program.Result) throws -> [String: Any] {
    try #require(result.objects.first { $0["type"] as? String == "comparison" }, "\(result.errors)")
  }

  private func likenesses(_ result: Program.Result) throws -> [String] {
    let outputs = try #require(try comparison(result)["outputs"] as? [[String: Any]])
    return outputs.compactMap { $0["likeness"] as? String }
  }

  // MARK: What comes out

  @Test func theSameComesOutOfABundleAlone() throws {
    let service = try Service()
    let bundle = try bundle(service)
    let told = try rerun(service, bundle)
    #expect(told.status == 0, "\(told.errors)")
    #expect(told.output.contains("the output is the same, byte for byte\n  136/images/0: same\n"))
    #expect(told.errors.contains("1 run is submitted, which costs money"))
    let again = try rerun(service, bundle, "--json", "--require-same")
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.words == ["archived"])
    let object = try comparison(again)
    #expect(object["version"] as? Int == 1)
    #expect(object["same"] as? Bool == true)
    #expect(object["from_cache"] as? Bool == false)
    #expect(object["first"] as? String == bundle)
    #expect(object["second"] as? String == again.bundles.first)
    #expect(try likenesses(again) == ["same"])
    #expect(try service.submissions().count == 3)
    try Judges.judge(again.bundles)
    #expect(again.bundles.first?.contains("/photo-00/") == true)
  }

  @Test func anotherSeedComesOutOtherwise() throws {
    let service = try Service()
    let bundle = try bundle(service)
    let told = try rerun(service, bundle, "--set", "25.noise_seed=7")
    #expect(told.status == 0, "\(told.errors)")
    #expect(told.output.contains("136/images/0: different"))
    let strict = try rerun(service, bundle, "--set", "25.noise_seed=8", "--require-same", "--json")
    #expect(strict.status == 3)
    #expect(strict.words == ["archived"])
    #expect(try comparison(strict)["same"] as? Bool == false)
  }

  @Test func previewsAndTextsAreHeldAgainstEachOtherToo() throws {
    let service = try Service()
    let again = try rerun(
      service, try bundle(service, deployment: Service.Deployment.several), "--json", "--require-same")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try likenesses(again).count >= 3)
    #expect(Set(try likenesses(again)) == ["same"])
  }

  @Test func theWorkflowOfTheBundleCanBeSent() throws {
    let service = try Service()
    let again = try rerun(service, try bundle(service), "--inline-workflow", "--json")
    #expect(again.status == 0, "\(again.errors)")
    // What the picture says of its own making is spelled otherwise.
    #expect(Set(try likenesses(again)).isSubset(of: ["same", "same_picture"]))
    let request = try Judges.text(of: "data/run/request.json", in: try #require(again.bundles.first))
    #expect(request.contains("workflow_api_json"))
    // That bundle can be run again in turn.
    let third = try rerun(service, try #require(again.bundles.first), "--json", "--require-same")
    #expect(third.status == 0, "\(third.errors)")
  }

  @Test func aFailedRunIsRunAgain() throws {
    let service = try Service("--fault", "run-fails@1")
    let bundle = try bundle(service)
    let told = try rerun(service, bundle)
    #expect(told.status == 0, "\(told.errors)")
    #expect(told.output.contains("136/images/0: only in the second"))
  }

  @Test func aRunThatFailsHasTheStatusOfARun() throws {
    let service = try Service()
    let bundle = try bundle(service)
    try service.setFaults("run-fails")
    let failed = try rerun(service, bundle, "--json", "--require-same")
    #expect(failed.status == 20)
    #expect(try likenesses(failed) == ["only_first"])
  }

  // MARK: Before anything is sent

  @Test func aDryRunTellsSendsNothingAndMakesNoArchive() throws {
    let service = try Service()
    let bundle = try bundle(service)
    let plan = try rerun(service, bundle, "--dry-run", "--set", "25.noise_seed=7", "--json")
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.objects.compactMap { $0["type"] as? String } == ["planned_run", "plan"])
    #expect(plan.objects.first?["standing"] as? String == "submit")
    #expect(plan.output.contains(#""noise_seed":7"#))
    #expect(try rerun(service, bundle, "--dry-run").output.contains("1 of 1 runs would be submitted"))
    #expect(!FileManager.default.fileExists(atPath: folder("new").string))
    #expect(try service.submissions().count == 1)
  }

  @Test func whatIsNotWholeIsRefusedAndSendsNothing() throws {
    let service = try Service()
    let damaged = try bundle(service)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: damaged))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(fileURLWithPath: damaged))
    let slip = folder("slip.zip").string
    let script = """
      import sys, zipfile
      with zipfile.ZipFile(sys.argv[1], "w") as z:
          z.writestr("slip/bagit.txt", "BagIt-Version: 1.0\\n")
          z.writestr("slip/../../escaped", "x")
      """
    #expect(try Judges.run("/usr/bin/python3", ["-c", script, slip]).status == 0)
    try folder.write(Array("words".utf8), to: "words.zip")
    for (path, status) in [(damaged, 30), (slip, 5), (folder("words.zip").string, 4)] {
      let refused = try rerun(service, path, "--json")
      #expect(refused.status == status, "\(refused.errors)")
      #expect(refused.words == ["rejected"])
    }
    #expect(!FileManager.default.fileExists(atPath: folder("new").string))
    #expect(try service.submissions().count == 1)
  }

  @Test func aRunMadeElsewhereIsRefusedWithTheReason() throws {
    let service = try Service()
    let name = URL(fileURLWithPath: try bundle(service)).deletingPathExtension().lastPathComponent
    let adopted = try service.program.run(
      "archive", String(name.dropFirst("run-".count)), "--deployment", Service.Deployment.image, "--archive",
      folder("adopted").string, "--json")
    let refused = try rerun(service, try #require(adopted.bundles.first))
    #expect(refused.status == 10)
    #expect(refused.errors.contains("made elsewhere"), "\(refused.errors)")
    #expect(try service.submissions().count == 1)
  }

  @Test func inputsThatWereLeftOutAreGivenByHand() throws {
    let service = try Service()
    let bundle = try bundle(service, "--inputs", "omit")
    let refused = try rerun(service, bundle)
    #expect(refused.status == 10)
    #expect(refused.errors.contains("--asset 189.image=FILE"), "\(refused.errors)")
    let other = try folder.write(Pictures.png(9), to: "other.png").string
    #expect(
      try rerun(service, bundle, "--asset", "189.image=\(other)", "--dry-run").errors.contains(
        "is not the file"))
    let same = try folder.write(Pictures.png(0), to: "same.png").string
    let again = try rerun(service, bundle, "--asset", "189.image=\(same)", "--require-same")
    #expect(again.status == 0, "\(again.errors)")
    #expect(!again.errors.contains("is not the file"))
  }

  // MARK: Money

  @Test func killedAfterTheSubmitTheSameCommandPaysNothing() throws {
    let service = try Service("--run-time", "1h")
    let photos = try SamplePhotos.folder(1)
    let first = [
      "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      folder("old").string, "--json", "--poll-interval", "20ms",
    ]
    let started = try service.program.start(first)
    try wait(service, submissions: 1, started)
    started.signal(SIGKILL)
    _ = started.waitForEnd()
    try service.advance(seconds: 7200)
    let bundle = try #require(try service.program.run(first).bundles.first)
    let process = try service.program.start(
      ["rerun", bundle, "--archive", folder("new").string, "--poll-interval", "20ms"])
    try wait(service, submissions: 2, process)
    process.signal(SIGKILL)
    #expect(process.waitForKill())
    let dry = try rerun(service, bundle, "--dry-run", "--json")
    #expect(dry.objects.first?["standing"] as? String == "under_way")
    try service.advance(seconds: 7200)
    let again = try rerun(service, bundle, "--json", "--require-same")
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.errors.contains("no run is submitted; 1 under way already is followed"))
    #expect(try service.submissions().count == 2)
    let left = folder.files().filter { $0.contains("/reruns/") || $0.contains("/.comfykeep/inputs/") }
    #expect(left == [])
  }

  private func wait(_ service: Service, submissions count: Int, _ process: ChildProcess) throws {
    let deadline = Date().addingTimeInterval(30)
    while try service.submissions().count < count, Date() < deadline { usleep(10_000) }
    // Submitted is what the ledger knows before it is asked how the run goes.
    while try !isAskedFor(service), Date() < deadline { usleep(10_000) }
    try #require(try service.submissions().count == count && process.isRunning)
  }

  /// Whether the last submission's run was asked for.
  private func isAskedFor(_ service: Service) throws -> Bool {
    let log = try service.log()
    guard let submit = log.lastIndex(where: { $0["event"] as? String == "submission" }) else { return false }
    return log[submit...].contains { ($0["path"] as? String)?.hasSuffix("/status") == true }
  }

  @Test func aFolderOfBundlesIsRunAgainWithinTheBudget() throws {
    let service = try Service()
    for photo in 0..<2 { _ = try bundle(service, photo: photo) }
    let refused = try rerun(service, folder("bundles").string, "--max-runs", "1")
    #expect(refused.status == 64)
    #expect(refused.errors.contains("2 runs would be submitted"))
    #expect(try service.submissions().count == 2)
    let both = try rerun(
      service, folder("bundles").string, "--json", "--require-same", "--export", folder("out").string)
    #expect(both.status == 0, "\(both.errors)")
    #expect(both.errors.contains("2 runs are submitted, each of which costs money"))
    #expect(both.words == ["archived", "archived"])
    #expect(both.objects.count { $0["type"] as? String == "comparison" && $0["same"] as? Bool == true } == 2)
    #expect(folder.files().filter { $0.hasPrefix("out/") }.count == 2)
  }
}

/// Files that were uploaded come out of the bundle, and are uploaded again.
@Suite(.enabled(if: StoreServer.isWanted)) struct RerunUploadTests {
  @Test func whatWasUploadedIsSentByItsBytesOrUploadedAgain() throws {
    let store = try StoreServer.shared()
    let service = try Service("--fetch", "--ca-file", store.authority)
    let photos = try SamplePhotos.folder(1)
    let folder = try TemporaryFolder()
    var program = service.program
    program.environment.merge(try store.environment()) { $1 }
    let upload = ["--prefer", "upload"] + (try store.options(prefix: UUID().uuidString))
    let run = try program.run(
      [
        "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
        folder("old").string, "--json", "--poll-interval", "20ms",
      ] + upload)
    let bundle = try #require(run.bundles.first, "\(run.errors)")
    for options in [[], upload] {
      let again = try program.run(
        [
          "rerun", bundle, "--archive", folder("new").string, "--json", "--poll-interval", "20ms",
          "--ca-file", store.authority,
        ] + options.filter { $0 != "--ca-file" && $0 != store.authority })
      #expect(again.status == 0, "\(again.errors)")
      let request = try Judges.text(of: "data/run/request.json", in: try #require(again.bundles.first))
      #expect(request.contains(options.isEmpty ? "data:image/png" : "X-Amz-Signature=REDACTED"))
      #expect(again.output.contains(#""likeness":"same"#), "\(again.output)")
    }
  }
}
