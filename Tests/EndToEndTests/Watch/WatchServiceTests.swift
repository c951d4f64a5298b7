import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// The watch as a service: how it starts, what it tells its manager, and what signals do.
@Suite(.timeLimit(.minutes(60))) struct WatchServiceTests {
  @Test func aFirstStartAmongManyFilesAsksWhatIsMeant() throws {
    let place = try WatchPlace()
    for value in UInt8(0)..<51 { try place.drop(value, as: "\(value).png") }
    let refused = try place.run()
    #expect(refused.status == 64, "\(refused.errors)")
    #expect(refused.errors.contains("--existing"))
    #expect(refused.errors.contains("51"))
    #expect(try place.service.submissions().isEmpty)

    let skipping = try place.start("--existing", "skip").ready()
    try place.drop(100, as: "100.png")
    try place.wait(for: 1, "done", skipping)
    #expect(skipping.stop() == 0)
    // What was passed over once stays so.
    let later = try place.start().ready()
    try place.drop(101, as: "101.png")
    try place.wait(for: 2, "done", later)
    #expect(later.stop() == 0)
    try place.expectOnce(100...101)
  }

  @Test func whatWasPassedOverIsNotRunForAnotherModeOrTime() throws {
    let place = try WatchPlace()
    let paths = try (UInt8(0)..<3).map { try place.drop($0, as: "\($0).png") }
    let isDone = { (name: String) in try place.arrivals("done").contains { $0["path"] as? String == name } }
    let first = try place.start("--existing", "skip").ready()
    #expect(chmod(paths[0].string, 0o600) == 0)
    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: paths[1].string)
    try place.drop(10, as: "10.png")
    try first.wait(for: "10.png") { try isDone("10.png") }
    #expect(first.stop() == 0)
    #expect(chmod(paths[2].string, 0o600) == 0)
    let second = try place.start().ready()
    try place.drop(11, as: "11.png")
    try second.wait(for: "11.png") { try isDone("11.png") }
    #expect(second.stop() == 0)
    try place.expectOnce([10, 11])
  }

  @Test(
    .enabled(if: RenumberedDisk.isPossible, "needs root, loop devices and ext4"), arguments: ["skip", "run"])
  func aDiskThatGotAnotherNumberIsNoNewWork(existing: String) throws {
    let (place, disk) = (try WatchPlace(), try RenumberedDisk())
    let folder = disk.path.appending("inbox")
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    let drop = { (value: UInt8) in
      try Data(Pictures.png(value)).write(to: URL(fileURLWithPath: folder.appending("\(value).png").string))
    }
    for value in UInt8(0)..<3 { try drop(value) }
    let taken = existing == "run" ? 3 : 0
    for round in 0..<2 {
      let watch = try place.start("--existing", existing, folders: [folder]).ready()
      try drop(UInt8(10 + round))
      try place.wait(for: taken + round + 1, "done", watch)
      #expect(watch.stop() == 0)
      if round == 0 { try disk.renumber() }
    }
    try place.expectOnce(Array(UInt8(0)..<UInt8(taken)) + [10, 11])
  }

  /// What cannot be right until somebody changes it ends the start; it does not wait for the first file.
  @Test(arguments: ["plain", "json"])
  func aNodeInputThatIsNotThereEndsTheStart(log: String) throws {
    let place = try WatchPlace()
    let refused = try place.run("--asset", "189.imagee", "--log", log)
    #expect([10, 64].contains(refused.status), "\(refused.status) \(refused.errors)")
    #expect(refused.errors.contains("imagee"), "\(refused.errors)")
    guard log == "json" else { return }
    let lines = try refused.errors.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
    #expect(lines.last?["level"] as? String == "error")
    #expect(lines.allSatisfy { $0["type"] as? String == "log" })
  }

  @Test func aDeploymentThatIsNotKnownIsToldBeforeThereIsAFile() throws {
    let place = try WatchPlace()
    let unknown = "00000000-0000-4000-8000-00000000dead"
    let watch = try place.start("--deployment", unknown).ready()
    try watch.wait(for: "word of it") {
      watch.errors.contains("files wait: ") && watch.errors.contains(unknown)
    }
    #expect(watch.isRunning)
    #expect(watch.stop() == 0)
  }

  @Test func whatHasNoMeaningForAWatchIsRefused() throws {
    let place = try WatchPlace()
    for options in [["--table", "rows.csv"], ["--no-recursive"], ["--max-bytes-per-day", "0"]] {
      let refused = try place.service.program.run(
        ["watch", place.folder.string, "--archive", place.archive.string] + options)
      #expect(refused.status == 64, "\(refused.errors)")
      #expect(refused.errors.contains(options[0]))
    }
    _ = try place.run("--asset", "189.imagee")
    #expect(try place.command("queue", "--state", "parked").status == 0)
    let lost = try place.command("retry", "nothere.jpg")
    #expect(lost.status == 64)
    #expect(lost.errors.contains("is no file that a watch of this archive has taken"), "\(lost.errors)")
  }

  @Test func aFirstStartTakesWhatIsThereWhenTold() throws {
    let place = try WatchPlace("--instances", "64")
    for value in UInt8(0)..<51 { try place.drop(value, as: "\(value).png") }
    let watch = try place.start("--existing", "run").ready()
    try place.wait(for: 51, "done", watch)
    #expect(watch.stop() == 0)
    try place.expectOnce(0..<51)
  }

  @Test func fiftyFilesAreTakenWithoutAWord() throws {
    let place = try WatchPlace("--instances", "64")
    for value in UInt8(0)..<50 { try place.drop(value, as: "\(value).png") }
    let watch = try place.start().ready()
    try place.wait(for: 50, "done", watch)
    try place.expectOnce(0..<50)
  }

  @Test func aSecondWatchOfAFolderEndsWithWords() throws {
    let place = try WatchPlace()
    let first = try place.start().ready()
    let second = try place.run()
    #expect(second.status == 40, "\(second.errors)")
    #expect(second.errors.contains("another process watches it"), "\(second.errors)")
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", first)
    #expect(first.kill())
    // The system takes the lock back however it ended.
    let third = try place.start().ready()
    #expect(third.stop() == 0)
    try place.expectOnce([1])
  }

  @Test func wrongWordsEndItAtOnce() throws {
    let place = try WatchPlace()
    let missing = try place.service.program.run(
      "watch", place("nowhere").string, "--deployment", Service.Deployment.image, "--archive",
      place.archive.string)
    #expect(missing.status == 64, "\(missing.errors)")
    let file = try place.drop(1, as: "a.png")
    let noFolder = try place.service.program.run(
      "watch", file.string, "--deployment", Service.Deployment.image, "--archive", place.archive.string)
    #expect(noFolder.status == 64, "\(noFolder.errors)")
    #expect(try place.run("--after", "delete").status == 64)
    #expect(try place.service.submissions().isEmpty)
  }

  @Test(arguments: [SIGTERM, SIGINT]) func whatRunsIsLeftRunningAndGoneOnWith(signal: Int32) throws {
    let place = try WatchPlace("--run-time", "1h")
    let first = try place.start("--after", "move").ready()
    for value in UInt8(0)..<2 { try place.drop(value, as: "\(value).png") }
    try first.wait(for: "both runs") { try place.service.submissions().count == 2 }
    let start = ContinuousClock.now
    first.signal(signal)
    try Patience.wait(for: "the end", within: .seconds(60)) { !first.isRunning }
    #expect(first.end() == 0, "\(first.errors)")
    print("WATCH STOP: with two runs under way after \(ContinuousClock.now - start)")
    #expect(first.socket.messages.contains("STOPPING=1"))
    #expect(place.files == ["0.png", "1.png"])
    try place.service.advance(seconds: 7200)
    let second = try place.start("--after", "move").ready()
    try place.wait(for: 2, "done", second)
    #expect(second.stop() == 0)
    #expect(place.files == ["done/0.png", "done/1.png"])
    try place.expectOnce(0..<2)
  }

  @Test func aChangedRecipeIsTakenAndABrokenOneIsNot() throws {
    let place = try WatchPlace()
    let recipe = { (text: String) in
      try place.write("deployment: \(Service.Deployment.image)\nset:\n  6.text: \(text)\n", to: "recipe.yaml")
    }
    try recipe("first")
    let arguments = [
      place.folder.string, "--recipe", place("recipe.yaml").string, "--archive", place.archive.string,
      "--settle", "200ms", "--poll-interval", "20ms",
    ]
    let watch = try WatchProcess(place.service.program, arguments).ready()
    let text = { (name: String) -> String? in
      let arrival = try place.arrivals("done").first { ($0["path"] as? String)?.hasSuffix(name) == true }
      let key = try #require((arrival?["submission_keys"] as? [String])?.first)
      return try place.command("show", key, "--json").objects.first {
        $0["type"] as? String == "value" && $0["input"] as? String == "6.text"
      }?["value"] as? String
    }
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    try recipe("second")
    watch.signal(SIGHUP)
    try watch.wait(for: "the recipe") { watch.socket.count(of: "READY=1") == 2 }
    #expect(watch.socket.messages.contains { $0 == "RELOADING=1" })
    try place.drop(2, as: "b.png")
    try place.wait(for: 2, "done", watch)
    try recipe("[this, is: no text")
    watch.signal(SIGHUP)
    try watch.wait(for: "the refusal") { watch.socket.count(of: "READY=1") == 3 }
    #expect(watch.errors.contains("recipe.yaml"), "\(watch.errors)")
    try place.drop(3, as: "c.png")
    try place.wait(for: 3, "done", watch)
    #expect(try ["a.png", "b.png", "c.png"].map(text) == ["first", "second", "second"])
  }

  @Test func itsManagerHearsThatItIsReadyAndAlive() throws {
    let place = try WatchPlace()
    let watch = try place.start(environment: ["WATCHDOG_USEC": "400000"]).ready()
    try watch.wait(for: "signs of life") { watch.socket.count(of: "WATCHDOG=1") >= 3 }
    #expect(watch.socket.count(of: "STOPPING=1") == 0)
    #expect(watch.stop() == 0)
    #expect(watch.socket.count(of: "STOPPING=1") == 1)
  }

  @Test func withoutAManagerItRunsAsWell() throws {
    let place = try WatchPlace()
    let watch = try place.start(environment: ["WATCHDOG_USEC": "400000", "WATCHDOG_PID": "1"]).ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    #expect(watch.socket.count(of: "WATCHDOG=1") == 0, "the signs of life are asked of another process")
  }

  @Test func theJournalGetsLinesThatProgramsCanRead() throws {
    let place = try WatchPlace()
    let watch = try place.start("--log", "json").ready()
    try place.drop(1, as: "odd\nname.png")
    try place.wait(for: 1, "done", watch)
    #expect(watch.stop() == 0)
    let lines = watch.errors.split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines {
      #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) is [String: Any], "\(line)")
    }
    #expect(!watch.errors.contains(Service.token))
  }

  @Test func whatOthersSubmittedIsKeptToo() throws {
    let place = try WatchPlace("--run-time", "1h")
    let photos = try SamplePhotos.folder(1, from: 50)
    let left = try place.command(
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--max-wait", "1ms")
    #expect(left.status == 23, "\(left.errors)")
    try place.service.advance(seconds: 7200)
    let watch = try place.start().ready()
    try watch.wait(for: "the sweep") {
      try place.command("list", "--json").objects.contains { $0["state"] as? String == "archived" }
    }
    try place.expectOnce([50])
  }
}
