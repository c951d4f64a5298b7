import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What must not be paid for: twice, unasked, or by the wrong recipe.
@Suite(.timeLimit(.minutes(60))) struct WatchMoneyTests {
  @Test func aRunThatGoesOnIsNotMadeAgainByARecipeThatChanged() throws {
    let place = try WatchPlace("--run-time", "1h")
    let first = try place.start("--set", "6.text=one").ready()
    try place.drop(1, as: "a.png")
    try first.wait(for: "the submission") { try place.service.submissions().count == 1 }
    #expect(first.stop() == 0)
    let second = try place.start("--set", "6.text=two").ready()
    try place.drop(2, as: "b.png")
    try second.wait(for: "the other submission") { try place.service.submissions().count == 2 }
    try place.service.advance(seconds: 7200)
    try place.wait(for: 2, "done", second)
    try place.expectOnce([1, 2])
  }

  @Test func aRetryThatIsGivenUpInDoubtIsNotSentAgain() throws {
    let place = try WatchPlace()
    try place.service.setFaults("run-fails=out of memory")
    let watch = try place.start("--after", "move").ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "failed", watch)
    try place.service.setFaults("drop-after-accept")
    #expect(try place.command("retry", "--parked").status == 0)
    try place.wait(for: 1, "in_doubt", watch)
    try place.service.setFaults()
    let key = try #require((try place.arrivals("in_doubt").first?["submission_keys"] as? [String])?.first)
    #expect(try place.command("resolve", key, "--abandon").status == 0)
    try place.wait(for: 1, "failed", watch)
    #expect(try place.service.submissions().count == 2)
    #expect(try place.arrivals("done").isEmpty, "what was given up is not called kept")
  }

  @Test func whatAKilledWatchHadBegunWaitsForTheEndOfAPause() throws {
    let place = try WatchPlace()
    let first = try place.start(environment: ["COMFYKEEP_CRASH_POINT": "arrivalBegun"]).ready()
    try place.drop(1, as: "a.png")
    try Patience.wait(for: "the kill: \(first.errors)") { !first.isRunning }
    #expect(try place.command("pause", "lunch").status == 0)
    let second = try place.start("--max-runs-per-day", "1").ready()
    try place.wait(for: 1, "waiting", second)
    #expect(try place.service.submissions().isEmpty)
    #expect(try place.command("resume").status == 0)
    // What was counted for the day and not sent is given back.
    try place.wait(for: 1, "done", second)
    try place.expectOnce([1])
  }

  @Test func whatWasAwayAtItsTurnIsRunWhenItIsBack() throws {
    let place = try WatchPlace()
    let first = try place.start().ready()
    #expect(try place.command("pause").status == 0)
    try place.drop(1, as: "below/a.png")
    try place.wait(for: 1, "waiting", first)
    let below = place.folder.pushing("below")
    try #require(rename(below.string, place("away").string) == 0)
    #expect(try place.command("resume").status == 0)
    try place.wait(for: 1, "gone", first)
    #expect(first.stop() == 0)
    try #require(rename(place("away").string, below.string) == 0)
    let second = try place.start().ready()
    try place.wait(for: 1, "done", second)
    try place.expectOnce([1])
  }

  @Test func filtersHoldInAWatchToo() throws {
    let place = try WatchPlace()
    let watch = try place.start("--exclude", "no*").ready()
    try place.drop(1, as: "no.png")
    try place.drop(2, as: "yes.png")
    try place.wait(for: 1, "done", watch)
    try place.wait(for: 1, "skipped", watch)
    try place.expectOnce([2])
  }

  @Test func whatIsRetriedIsRunByTheRecipeOfItsFolder() throws {
    let place = try WatchPlace()
    try place.write("set: {6.text: large}\n", to: "drop/up/comfykeep.yaml")
    try place.service.setFaults("run-fails=out of memory")
    let watch = try place.start("--after", "move").ready()
    try place.drop(1, as: "up/a.png")
    try place.wait(for: 1, "failed", watch)
    let before = try place.arrivals("failed").first?["submission_keys"] as? [String]
    try place.service.setFaults()
    #expect(try place.command("retry", "--parked").status == 0)
    try place.wait(for: 1, "done", watch)
    #expect(try place.arrivals("done").first?["submission_keys"] as? [String] == before)
    #expect(place.files.contains("done/up/a.png"))
  }

  @Test func nothingIsMovedThroughALink() throws {
    let place = try WatchPlace()
    try FileManager.default.createDirectory(
      atPath: place("elsewhere").string, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: place.folder.pushing("skipped").string, withDestinationPath: place("elsewhere").string)
    let watch = try place.start("--after", "move").ready()
    try place.drop(Array("words".utf8), as: "evil.desktop")
    try place.wait(for: 1, "skipped", watch)
    #expect(watch.stop() == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place("elsewhere").string) == [])
    #expect(watch.errors.contains("nothing is moved through it"))
  }
}
