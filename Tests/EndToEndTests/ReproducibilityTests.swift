import Foundation
import KeepTestKit
import SystemPackage
import Testing

@Suite struct ReproducibilityTests {
  @Test func archivingTheSameRunElsewhereGivesTheSameBytes() throws {
    let service = try Service("--run-time", "1h")
    let photos = try SamplePhotos.folder(1)
    let one = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.several, "--archive",
      one.path.string, "--json", "--max-wait", "1ms", "--poll-interval", "20ms")
    let request = try #require(run.outcomes.first?["request_id"] as? String, "\(run.errors)")
    #expect(run.words == ["unfinished"], "\(run.output)")
    // The second archive knows the same submission; it lies elsewhere.
    let two = try TemporaryFolder()
    let copy = two("deep er/é/archive").string
    try FileManager.default.createDirectory(
      atPath: two("deep er/é").string, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: one.path.string, toPath: copy)

    try service.advance(seconds: 7200)
    var program = service.program
    program.environment["TZ"] = "Pacific/Chatham"
    program.environment["LANG"] = "C"
    let first = try program.run(
      "archive", request, "--archive", one.path.string, "--json", "--poll-interval", "20ms")
    program.environment["TZ"] = "America/St_Johns"
    try useTurkish(&program)
    let second = try program.run(
      "archive", request, "--archive", copy, "--json", "--poll-interval", "20ms",
      launcher: ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"])
    #expect(first.status == 0, "\(first.errors)")
    #expect(second.status == 0, "\(second.errors)")
    #expect([first, second].map { $0.outcomes.first?["kept_already"] as? Bool } == [false, false])
    #expect(first.bundles != second.bundles)
    let sums = try [first, second].map { result in
      try Data(contentsOf: URL(fileURLWithPath: #require(result.bundles.first)))
    }
    #expect(sums[0] == sums[1])
    #expect(
      first.outcomes.first?["bundle_sha256"] as? String
        == second.outcomes.first?["bundle_sha256"] as? String)
    try Judges.judge(first.bundles + second.bundles)
  }

  /// Sets a locale with other letters and numbers, which `Tests/run.sh` makes and `LOCPATH` names; without that
  /// script, only where it is installed.
  private func useTurkish(_ program: inout Program) throws {
    let given = ProcessInfo.processInfo.environment
    var turkish = ["LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"]
    turkish["LOCPATH"] = given["LOCPATH"]
    let folder = try TemporaryFolder()
    let output = try folder.write([], to: "out").string
    let locale = try ChildProcess(
      ["/usr/bin/locale", "decimal_point"], environment: turkish,
      streams: .files(output: output, errors: "/dev/null"))
    try #require(locale.waitForEnd() == 0)
    if Judges.script != nil {
      try #require(String(decoding: folder.read("out"), as: UTF8.self) == ",\n", "there is no Turkish locale")
    }
    program.environment.merge(turkish) { _, new in new }
  }

  @Test func aKeptRunIsArchivedAgainAsTheSameBundle() throws {
    let service = try Service()
    let photos = try SamplePhotos.folder(1)
    let archive = try TemporaryFolder()
    let elsewhere = try TemporaryFolder()
    let run = try service.program.run(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--poll-interval", "20ms")
    let request = try #require(run.outcomes.first?["request_id"] as? String)
    let sums = try (0..<2).map { number in
      let kept = try service.program.run(
        "archive", request, "--deployment", Service.Deployment.image, "--archive",
        elsewhere("\(number)").string, "--json")
      #expect(kept.status == 0, "\(kept.errors)")
      return try #require(kept.outcomes.first?["bundle_sha256"] as? String)
    }
    #expect(sums[0] == sums[1])
  }
}
