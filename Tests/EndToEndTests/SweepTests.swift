import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// The seven days: what is finished is kept before the service deletes it, and what is lost is called so.
@Suite(.timeLimit(.minutes(60))) struct SweepTests {
  static let day = 86_400

  /// An archive with runs that were submitted, and that nobody followed.
  private struct Unswept {
    let service: Service
    let archive: TemporaryFolder
    let count: Int

    init(_ count: Int, _ options: String..., submitting flags: [String] = []) throws {
      service = try Service(["--instances", "\(count)", "--run-time", "1h"] + options)
      archive = try TemporaryFolder()
      self.count = count
      let photos = try SamplePhotos.folder(1)
      let run = try service.program.run(
        [
          "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
          archive.path.string, "--json", "--sweep", "25.noise_seed=1..\(count)", "--yes", "--max-wait", "1ms",
          "--poll-interval", "10ms", "--concurrency", "64",
        ] + flags)
      try #require(try service.submissions().count == count, "\(run.errors)")
    }

    /// The command as many seconds later by both clocks.
    func program(later seconds: Int) -> Program {
      var program = service.program
      program.environment["COMFYKEEP_CLOCK_AHEAD"] = "\(seconds)"
      return program
    }

    func sweep(later seconds: Int = 0, _ options: String...) throws -> Program.Result {
      try program(later: seconds).run(
        ["sweep", "--archive", archive.path.string, "--json", "--poll-interval", "10ms"] + options)
    }

    func states(later seconds: Int = 0) throws -> [String: Int] {
      let list = try program(later: seconds).run("list", "--archive", archive.path.string, "--json")
      return Dictionary(grouping: list.objects.compactMap { $0["state"] as? String }) { $0 }
        .mapValues(\.count)
    }
  }

  /// Also where nothing is left to be exported.
  @Test(arguments: ["sweep", "archive"])
  func whatAKilledOneLeftWhereOutputsGoIsTakenAway(command: String) throws {
    let unswept = try Unswept(1)
    try unswept.service.advance(seconds: 7200)
    let export = try TemporaryFolder()
    let left = try export.write([1, 2], to: ".comfykeep-31tur1i28e55m.part")
    #expect(try unswept.sweep().status == 0)
    #expect(FileManager.default.fileExists(atPath: left.string), "it was not told of that folder")
    if command == "sweep" {
      #expect(try unswept.sweep(later: 0, "--export", export.path.string).status == 0)
    } else {
      let request = try #require(try unswept.service.submissions().first?["request_id"] as? String)
      let kept = try unswept.program(later: 0).run(
        "archive", request, "--archive", unswept.archive.path.string, "--export", export.path.string)
      #expect(kept.status == 0, "\(kept.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: left.string))
  }

  @Test func afterSixDaysAndTwentyThreeHoursThreeHundredRunsAreKept() throws {
    let unswept = try Unswept(300)
    let later = 6 * Self.day + 23 * 3600
    try unswept.service.advance(seconds: later)
    let archive = unswept.archive.path.string
    let due = try unswept.program(later: later).run("list", "--due", "48h", "--archive", archive, "--json")
    #expect(due.status == 23)
    #expect(due.objects.count == 300)
    let early = try unswept.program(later: 0).run("list", "--due", "48h", "--archive", archive)
    #expect(early.status == 0)
    let swept = try unswept.sweep(later: later)
    #expect(swept.status == 0, "\(swept.errors)")
    #expect(swept.words == Array(repeating: "archived", count: 300))
    #expect(try unswept.states(later: later) == ["archived": 300])
    let verified = try Program().run("verify", "--quiet", archive)
    #expect(verified.status == 0, "\(verified.output)")
    let again = try unswept.sweep(later: later)
    #expect(again.status == 0)
    #expect(again.outcomes.isEmpty)
    #expect(try unswept.service.submissions().count == 300)
    try Judges.judge(Array(swept.bundles.prefix(3)))
  }

  @Test func afterSevenDaysAndAnHourTheyAreCalledExpiredAndNoneIsCalledKept() throws {
    let unswept = try Unswept(300)
    // An hour after the seven days that follow the end of their hour.
    let later = 7 * Self.day + 2 * 3600
    try unswept.service.advance(seconds: later)
    let archive = unswept.archive.path.string
    let due = try unswept.program(later: later).run("list", "--due", "48h", "--archive", archive)
    #expect(due.status == 31)
    let swept = try unswept.sweep(later: later)
    #expect(swept.status == 31)
    #expect(swept.words == Array(repeating: "expired", count: 300), "\(swept.errors)")
    #expect(try unswept.states(later: later) == ["expired": 300])
    #expect(unswept.archive.files().filter { $0.hasSuffix(".zip") } == [])
    let quiet = try unswept.sweep(later: later)
    #expect(quiet.status == 0)
    #expect(quiet.outcomes.isEmpty)
  }

  @Test func aSweepBeginsNoLedgerWhereOneIsMissing() throws {
    let unswept = try Unswept(1)
    let archive = unswept.archive.path.string
    for file in unswept.archive.files() where file.contains("ledger.sqlite") {
      try FileManager.default.removeItem(atPath: unswept.archive(file).string)
    }
    let swept = try unswept.sweep()
    #expect(swept.status == 64, "\(swept.errors)")
    let loop = try unswept.service.program.run("sweep", "--loop", "--archive", archive)
    #expect(loop.status == 40, "\(loop.errors)")
    #expect(loop.errors.contains("ledger rebuild"))
    let id = try #require(try unswept.service.submissions().first?["request_id"] as? String)
    let kept = try unswept.service.program.run(
      "archive", id, "--deployment", Service.Deployment.image, "--archive", archive)
    #expect(kept.status == 40, "\(kept.errors)")
    #expect(!unswept.archive.files().contains(".comfykeep/ledger.sqlite"))
  }

  @Test func whatTheServiceStillTellsIsNotExpired() throws {
    let unswept = try Unswept(1)
    // Ended an hour after it was submitted; its seven days are not over, those since the submit are.
    try unswept.service.advance(seconds: 3600)
    let later = 7 * Self.day + 1800
    try unswept.service.advance(seconds: later - 3600)
    try unswept.service.setFaults("error-output=404")
    let gone = try unswept.sweep(later: later)
    #expect(gone.words == ["unfinished"], "\(gone.output)")
    try unswept.service.setFaults()
    let kept = try unswept.sweep(later: later)
    #expect(kept.words == ["archived"], "\(kept.errors)")
  }

  @Test func whatStillRunsIsLeftAloneAndNoFailure() throws {
    let unswept = try Unswept(3)
    let swept = try unswept.sweep()
    #expect(swept.status == 0, "\(swept.errors)")
    #expect(swept.words == Array(repeating: "unfinished", count: 3))
    #expect(try unswept.states() == ["submitted": 3])
    try unswept.service.advance(seconds: 7200)
    #expect(try unswept.sweep().words == Array(repeating: "archived", count: 3))
  }

  @Test func aServiceThatKeepsResultsForLessIsSweptByThat() throws {
    let unswept = try Unswept(2, "--retention", "3d")
    let later = 3 * Self.day + 2 * 3600
    try unswept.service.advance(seconds: later)
    let archive = unswept.archive.path.string
    let due = try unswept.program(later: later).run(
      "list", "--due", "1h", "--retention", "3d", "--archive", archive)
    #expect(due.status == 31)
    let wrong = try unswept.sweep(later: later)
    #expect(wrong.words == ["unfinished", "unfinished"], "\(wrong.errors)")
    #expect(try unswept.sweep(later: later, "--retention", "3d").words == ["expired", "expired"])
  }

  @Test func runsThatWereMadeElsewhereAreTakenInFromAListAndSwept() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let made = try Unswept(4, "--run-time", "30ms")
    let ids = try made.service.submissions().compactMap { $0["request_id"] as? String }
    try archive.write(Array(("# made elsewhere\n\n" + ids.joined(separator: "\r\n") + "\n").utf8), to: "ids")
    let shell = [
      "/bin/sh", "-c", "exec \"$@\" < \(archive("ids").string)", "sh",
    ]
    let taken = try made.service.program.run(
      [
        "archive", "-", "--deployment", Service.Deployment.image, "--archive", archive("a").string, "--json",
        "--poll-interval", "10ms",
      ], launcher: shell)
    #expect(taken.status == 0, "\(taken.errors)")
    #expect(taken.words == Array(repeating: "archived", count: 4))
    #expect(try service.submissions().isEmpty)
    let empty = try made.service.program.run(
      ["archive", "-", "--archive", archive("a").string],
      launcher: ["/bin/sh", "-c", "exec \"$@\" </dev/null", "sh"])
    #expect(empty.status == 64)
  }

  @Test func aLoopKeepsWhatOtherCommandsSubmitAndStopsWhenAsked() throws {
    let unswept = try Unswept(2, "--run-time", "300ms")
    let output = try unswept.archive.write([], to: "words.txt")
    let archive = unswept.archive.path.string
    let sweep = try unswept.service.program.start(
      ["sweep", "--loop", "--every", "1s", "--archive", archive, "--json", "--poll-interval", "20ms"],
      output: output.string)
    let photos = try SamplePhotos.folder(3, from: 100)
    let detached = try unswept.service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive,
      "--max-wait", "1ms", "--poll-interval", "20ms")
    #expect(detached.status == 23, "\(detached.errors)")
    let deadline = Date().addingTimeInterval(120)
    while try unswept.states() != ["archived": 5], Date() < deadline { usleep(100_000) }
    #expect(try unswept.states() == ["archived": 5])
    sweep.signal(SIGTERM)
    #expect(sweep.waitForEnd() == 0)
    let words = String(decoding: try unswept.archive.read("words.txt"), as: UTF8.self)
    #expect(
      words.split(separator: "\n").filter { $0.contains(#""outcome":"archived""#) }.count == 5, "\(words)")
    #expect(try unswept.service.submissions().count == 5)
  }

  /// faults.md row 77 and issue: a cancel is a wish; what finished all the same is kept.
  @Test func whatFinishesInSpiteOfACancelIsKept() throws {
    let unswept = try Unswept(2)
    try unswept.service.advance(seconds: 7200)
    let archive = unswept.archive.path.string
    let canceled = try unswept.service.program.run("cancel", "--all", "--archive", archive, "--json")
    #expect(canceled.objects.count == 2, "\(canceled.errors)")
    #expect(canceled.objects.allSatisfy { $0["accepted"] as? Bool == false })
    #expect(try unswept.sweep().words == ["archived", "archived"])
  }

  /// A command is killed when its bundle has its name and the ledger does not know; a later one with other options must not
  /// stand before it for ever.
  @Test(arguments: ["bundleNamed", "bundlePublished"])
  func aBundleThatAKilledCommandLeftIsKeptByOneWithOtherOptions(point: String) throws {
    let (service, archive, photos) = (try Service(), try TemporaryFolder(), try SamplePhotos.folder(1))
    var killed = service.program
    killed.environment["COMFYKEEP_CRASH_POINT"] = point
    let run = try killed.run(
      "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--inputs", "omit", "--poll-interval", "10ms")
    #expect(run.wasKilled, "\(run.errors)")
    let left = archive.files().filter { $0.hasSuffix(".zip") }
    let bytes = try archive.read(try #require(left.first))
    let swept = try service.program.run(
      "sweep", "--inputs", "include", "--archive", archive.path.string, "--json", "--poll-interval", "10ms")
    #expect(swept.status == 0, "\(swept.errors)")
    #expect(swept.words == ["archived"])
    #expect(archive.files().filter { $0.hasSuffix(".zip") } == left)
    #expect(try archive.read(left[0]) == bytes)
    #expect(
      swept.outcomes.first?["bundle_sha256"] as? String == Checksum(of: bytes).hexadecimal)
    #expect(archive.files().count { $0.hasSuffix(".sha256") || $0.hasSuffix(".receipt.json") } == 2)
    #expect(try Program().run("verify", archive(left[0]).string).status == 0)
    #expect(
      try Program().run("ledger", "check", "--archive", archive.path.string).status == 0)
  }

  /// What does not verify is nobody's bundle, and stays as it is.
  @Test func aDamagedFileUnderTheFinalNameIsNotTakenForTheBundle() throws {
    let (service, archive, photos) = (try Service(), try TemporaryFolder(), try SamplePhotos.folder(1))
    var killed = service.program
    killed.environment["COMFYKEEP_CRASH_POINT"] = "bundlePublished"
    _ = try killed.run(
      "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--poll-interval", "10ms")
    let left = try #require(archive.files().first { $0.hasSuffix(".zip") })
    try Keep.damage(archive(left).string)
    let bytes = try archive.read(left)
    let swept = try service.program.run(
      "sweep", "--archive", archive.path.string, "--json", "--poll-interval", "10ms")
    #expect(swept.status == 12, "\(swept.errors)")
    #expect(try archive.read(left) == bytes)
  }

  /// What the run was told to leave out is left out by whoever keeps it, unless that one is told otherwise.
  @Test(arguments: [[], ["--inputs", "include"]])
  func aSweepMakesTheBundleThatTheRunWasToldToMake(flags: [String]) throws {
    let unswept = try Unswept(1, submitting: ["--inputs", "omit"])
    try unswept.service.advance(seconds: 7200)
    let swept = try unswept.service.program.run(
      ["sweep", "--archive", unswept.archive.path.string, "--json", "--poll-interval", "10ms"] + flags)
    #expect(swept.words == ["archived"], "\(swept.errors)")
    let bundle = try Data(contentsOf: URL(fileURLWithPath: try #require(swept.bundles.first)))
    #expect((bundle.range(of: Data("/data/inputs/".utf8)) != nil) == !flags.isEmpty)
  }
}
