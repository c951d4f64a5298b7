import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What the service can do to a run, and how each ends: the word, the status, what is left.
@Suite struct FaultTests {
  /// Faults and what one run against them must give.
  struct Case: Sendable, CustomTestStringConvertible {
    let faults: [String]
    /// The outcome's word; none where the command ends before any run.
    let word: String?
    let status: Int32
    /// How many runs the service may have started.
    let submissions: Int
    let arguments: [String]
    /// What standard output must hold.
    let saying: String
    var testDescription: String {
      "\((faults + arguments).joined(separator: " ")) gives \(word ?? "no outcome"), \(status)"
    }
  }

  private static func fault(
    _ names: String, _ word: String? = "archived", _ status: Int32 = 0, submissions: Int = 1,
    with arguments: [String] = [], saying: String = ""
  ) -> Case {
    Case(
      faults: names.components(separatedBy: " + "), word: word, status: status, submissions: submissions,
      arguments: arguments, saying: saying)
  }

  /// Deployment and media of a run, where it is not a photo.
  private static let clip = [
    SamplePhotos.samples.appendingPathComponent("clips/waves.mp4").path, "--deployment",
    Service.Deployment.video,
  ]

  static let cases: [Case] = [
    // Before a run: refused, tried again where that is certain to be free, in doubt where it is not.
    fault("unauthorized", nil, 77, submissions: 0),
    fault("gate=10001", "rejected", 1, submissions: 0),
    fault("gate=10002", "rejected", 1, submissions: 0),
    fault("gate=10003", "rejected", 1, submissions: 0),
    fault("errors-as-200 + gate=10002", "rejected", 1, submissions: 0, saying: "10002"),
    fault("version-unknown=v1", "rejected", 1, submissions: 0),
    fault("version-unknown=v1", with: ["--api-version", "v2"]),
    fault("throttle-submit=1@1"),
    fault("error-submit=502@1", "in_doubt", 41, submissions: 0),
    fault("drop-before-accept@1", "in_doubt", 41, submissions: 0),
    fault("drop-after-accept@1", "in_doubt", 41),
    fault("error-after-accept=504@1", "in_doubt", 41),
    fault("garbage-submit=html@1", "in_doubt", 41),
    fault("garbage-submit=empty@1", "in_doubt", 41),
    fault("garbage-submit=no-id@1", "in_doubt", 41),
    fault("garbage-submit=deep@1", "in_doubt", 41),
    fault("garbage-submit=not-utf8@1", "in_doubt", 41),
    // The request's id came whole: nothing is in doubt.
    fault("garbage-submit=truncated@1"), fault("garbage-submit=bom@1"),
    fault(
      "lenient-overrides + error-object-info", "failed", 20, with: ["--set", "17.steps=0"],
      saying: "greater than"),
    // What only helps to check is not needed.
    fault("error-object-info"), fault("garbage-object-info=html"), fault("garbage-object-info=truncated"),
    fault("huge-object-info=2"), fault("plain-deployments"),
    // While it runs: nothing that passes is a failure.
    fault("throttle-status=1@2"), fault("error-status=500@2"), fault("garbage-status=html@2"),
    fault("garbage-status=deep@1"), fault("status-word=warming_up@2"), fault("status-stuck"),
    fault("status-goes-back"), fault("duplicate-keys"), fault("throttle-result=1@1"),
    fault("error-result=500@2"), fault("garbage-result=truncated@1"), fault("result-lag=2"),
    fault("expired", "unfinished", 1),
    // How it ends.
    fault("run-fails=out of memory", "failed", 20, saying: "out of memory"),
    fault("run-fails=boom + error-shape=object", "failed", 20, saying: "boom"),
    fault("run-fails=boom + error-shape=array", "failed", 20, saying: "boom"),
    fault("run-fails=boom + error-shape=string", "failed", 20, saying: "boom"),
    fault("run-fails=boom + error-shape=execution", "failed", 20, saying: "boom"),
    fault("run-fails=boom + error-shape=type", "failed", 20, saying: "boom"),
    fault("empty-outputs", "empty", 22),
    // The shapes of an answer.
    fault("zoned-timestamps"), fault("missing-fields"), fault("extra-fields"), fault("output-key"),
    fault("colon-ids"), fault("text-channel"), fault("duplicate-outputs"), fault("hostile-names"),
    fault("large-outputs=1 + many-outputs=3 + output-rate=64"),
    fault("video-channel=images", with: clip), fault("video-channel=videos", with: clip),
    fault("video-channel=gifs", with: clip), fault("video-channel=video", with: clip),
    // While its outputs come down.
    fault("error-output=500@2"), fault("output-truncated@1"), fault("output-dropped@1"),
    fault("output-truncated@1 + output-without-range"),
    fault("output-truncated@1 + output-wrong-range@1"),
    fault("output-truncated@1 + output-changed@1"),
    fault("output-html@1"), fault("throttle-output=1@1"),
    fault("error-output=404", "unfinished", 69), fault("error-output=403", "unfinished", 69),
    fault("output-redirect=http://169.254.169.254/latest", "unfinished", 69),
  ]

  /// Faults of a cancel, which `CommandTests` runs.
  static let cancelFaults = ["cancel-shape=A", "cancel-shape=B", "canceled-word"]

  /// Faults of a change to a deployment, which `DeploymentsTests` runs.
  static let changeFaults = ["drop-after-change@1"]

  @Test(arguments: cases)
  func eachFaultHasItsDocumentedEnd(_ fault: Case) throws {
    let service = try Service(fault.faults.flatMap { ["--fault", $0] })
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let job =
      fault.arguments.contains("--deployment")
      ? fault.arguments
      : [photos.path.string, "--deployment", Service.Deployment.image] + fault.arguments
    let run = try service.program.run(
      ["run"] + job + ["--archive", archive.path.string, "--json", "--poll-interval", "20ms"])
    #expect(run.words == (fault.word.map { [$0] } ?? []), "\(run.output)\(run.errors)")
    #expect(run.status == fault.status, "\(run.errors)")
    #expect(fault.saying.isEmpty || run.output.contains(fault.saying), "\(run.output)")
    #expect(try service.submissions().count == fault.submissions)
    let bundles = archive.files().filter { $0.hasSuffix(".zip") }
    #expect(bundles.count == run.bundles.count)
    #expect(archive.files().allSatisfy { !$0.hasSuffix(".part") || $0.contains("/partial/") })
    if !run.bundles.isEmpty { try Judges.judge(run.bundles) }
  }

  @Test func everyFaultThatTheHelpNamesIsRun() throws {
    let help = try Program().run("simulate", "--help").output
    let listed = help.components(separatedBy: "Faults:").last?.components(separatedBy: "OPTIONS:").first
    let names = try #require(listed).split(separator: "\n")
      .compactMap { $0.drop { $0 == " " }.wholeMatch(of: /([a-z0-9-]+)(\[=.*\])?/)?.1 }
    let faults =
      Self.cases.flatMap(\.faults) + Self.cancelFaults + Self.changeFaults + BalanceTests.faults
      + WebhookRunTests.faults + [Self.stall]
    let run = Set(faults.map { $0.prefix { $0 != "=" && $0 != "@" } })
    #expect(names.count > 40)
    #expect(Set(names).subtracting(run) == [])
  }

  private static let stall = "output-stalled@1"

  @Test func aDownloadThatStallsIsLeftByCtrlCAndEndedByTheNextCommand() throws {
    let service = try Service("--fault", Self.stall)
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let arguments = [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms",
    ]
    let process = try service.program.start(arguments)
    let deadline = Date().addingTimeInterval(60)
    while try !service.log().contains(where: { $0["event"] as? String == "storage" }), Date() < deadline {
      usleep(10_000)
    }
    #expect(process.isRunning)
    process.signal(SIGINT)
    #expect(process.waitForEnd() == 130)
    let next = try service.program.run(arguments)
    #expect(next.words == ["archived"], "\(next.output)\(next.errors)")
    #expect(try service.submissions().count == 1)
  }

  @Test(arguments: ["v1", "v2"])
  func aRunIsFollowedUnderTheOtherVersionWhereItsOwnIsGone(_ version: String) throws {
    let service = try Service("--run-time", "1h")
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--api-version", version,
      "--archive", archive.path.string, "--json", "--max-wait", "1ms")
    #expect(run.words == ["unfinished"], "\(run.errors)")
    let request = try #require(run.outcomes.first?["request_id"] as? String)
    try service.setFaults("version-unknown=\(version)")
    try service.advance(seconds: 7200)
    let kept = try service.program.run(
      "archive", request, "--api-version", version, "--archive", archive.path.string, "--json",
      "--poll-interval", "20ms")
    #expect(kept.words == ["archived"], "\(kept.output)\(kept.errors)")
    #expect(try service.submissions().count == 1)
    let other = version == "v1" ? "v2" : "v1"
    let looks = try service.log().filter { ($0["path"] as? String)?.contains(request) == true }
    func statuses(_ version: String) -> Set<Int> {
      Set(
        looks.filter { ($0["path"] as? String)?.hasPrefix("/prod/\(version)/") == true }
          .compactMap { $0["status"] as? Int })
    }
    #expect(statuses(version).contains(404))
    #expect(statuses(other) == [200])
  }
}
