import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Several processes in one archive: each run is submitted by one of them, and all learn what became of it.
@Suite(.timeLimit(.minutes(60))) struct TwoProcessTests {
  private func arguments(_ photos: TemporaryFolder, _ archive: TemporaryFolder) -> [String] {
    [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
      "--json", "--poll-interval", "20ms", "--yes",
    ]
  }

  @Test func twoProcessesWithTheSameHundredPhotosSubmitAHundredRuns() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(100)
    let outputs = try (0..<2).map { try photos.write([], to: ".words-\($0).txt") }
    let processes = try outputs.map { output in
      try service.program.start(arguments(photos, archive), output: output.string)
    }
    for process in processes { #expect(process.waitForEnd() == 0) }
    #expect(try service.submissions().count == 100)
    for output in outputs {
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: output.string)), as: UTF8.self)
      #expect(
        text.split(separator: "\n").filter { $0.contains(#""outcome":"archived""#) }.count == 100, "\(text)")
    }
    let bundles = archive.files().filter { $0.hasSuffix(".zip") }
    #expect(bundles.count == 100)
    #expect(try Program().run("verify", "--quiet", archive.path.string).status == 0)
  }

  @Test func whatAKilledProcessWasAtIsTakenOverAtOnce() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(3)
    let first = try service.program.start(arguments(photos, archive))
    let deadline = Date().addingTimeInterval(60)
    while try service.submissions().count < 3, Date() < deadline { usleep(10_000) }
    // The other one waits for what the first is at, until that is no more.
    let output = try photos.write([], to: ".words.txt")
    let second = try service.program.start(arguments(photos, archive), output: output.string)
    let words = { String(decoding: try photos.read(".words.txt"), as: UTF8.self) }
    while try !words().contains("another process is at it"), Date() < deadline { usleep(10_000) }
    first.signal(SIGKILL)
    #expect(first.waitForKill())
    while try !words().contains("was submitted before"), Date() < deadline { usleep(10_000) }
    try service.advance(seconds: 7200)
    let end = second.waitForEnd()
    let told = try words()
    #expect(end == 0, "\(told)")
    #expect(try service.submissions().count == 3)
  }

  @Test func twoThatTryAgainWhatFailedMakeOneRunOfIt() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(1)
    try service.setFaults("run-fails=no memory")
    let deadline = Date().addingTimeInterval(60)
    let submit = { (count: Int) in
      while try service.submissions().count < count, Date() < deadline { usleep(10_000) }
    }
    let first = try service.program.start(arguments(photos, archive))
    try submit(1)
    try service.advance(seconds: 7200)
    #expect(first.waitForEnd() == 20)
    // The second run is under way until both processes have seen that it is.
    let again = arguments(photos, archive) + ["--retry-failed"]
    let outputs = try (0..<2).map { try photos.write([], to: ".words-\($0).txt") }
    let processes = try outputs.map { try service.program.start(again, output: $0.string) }
    try submit(2)
    let words = {
      try outputs.indices.map { String(decoding: try photos.read(".words-\($0).txt"), as: UTF8.self) }
    }
    while try !words().contains(where: { $0.contains("another process is at it") }), Date() < deadline {
      usleep(10_000)
    }
    try service.advance(seconds: 7200)
    for process in processes { #expect(process.waitForEnd() == 20) }
    let told = try words()
    #expect(try service.submissions().count == 2, "\(told)")
  }

  @Test func theSameLedgerByAnotherPathIsTheSameLedger() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(1)
    let first = try service.program.start(arguments(photos, archive))
    let deadline = Date().addingTimeInterval(60)
    while try service.submissions().isEmpty, Date() < deadline { usleep(10_000) }
    let link = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: link("a").string, withDestinationPath: archive.path.string)
    for place in [
      ["--archive", link("a").string],
      ["--archive", archive.path.string, "--ledger", archive(".comfykeep/ledger.sqlite").string],
    ] {
      let swept = try service.program.run(["sweep", "--json"] + place)
      #expect(swept.status == 0, "\(swept.errors)")
      #expect(swept.outcomes.isEmpty, "the first process is at it")
    }
    first.signal(SIGINT)
    #expect(first.waitForEnd() == 130)
  }

  @Test func listAndSweepAndRunGoTogether() throws {
    let service = try Service("--run-time", "200ms")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(20)
    let run = try service.program.start(arguments(photos, archive))
    let place = archive.path.string
    var sweeps: [Program.Result] = []
    while run.isRunning {
      if FileManager.default.fileExists(atPath: archive(".comfykeep/ledger.sqlite").string) {
        sweeps.append(
          try service.program.run("sweep", "--archive", place, "--json", "--poll-interval", "20ms"))
        let list = try service.program.run("list", "--archive", place, "--json")
        #expect(list.status == 0, "\(list.errors)")
      }
      usleep(50_000)
    }
    #expect(run.waitForEnd() == 0)
    #expect(!sweeps.isEmpty)
    for sweep in sweeps { #expect(sweep.status == 0, "\(sweep.errors)") }
    #expect(try service.submissions().count == 20)
    #expect(archive.files().filter { $0.hasSuffix(".zip") }.count == 20)
  }

  @Test func aPersonsWordOnWhatAnotherProcessIsAtWaits() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(2)
    let first = try service.program.start(arguments(photos, archive))
    let deadline = Date().addingTimeInterval(60)
    while try service.submissions().count < 2, Date() < deadline { usleep(10_000) }
    let bundles = try service.program.run(
      "run", photos("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
      archive.path.string, "--json", "--max-wait", "300ms")
    #expect(bundles.status == 23, "\(bundles.errors)")
    #expect(bundles.output.contains("another process is still at it"))
    first.signal(SIGINT)
    #expect(first.waitForEnd() == 130)
    #expect(try service.submissions().count == 2)
  }
}
