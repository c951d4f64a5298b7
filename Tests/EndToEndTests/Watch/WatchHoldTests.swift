import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// What holds the queue, and in which order it goes on.
@Suite(.timeLimit(.minutes(60))) struct WatchHoldTests {
  @Test func anotherTerminalPausesAndResumes() throws {
    let place = try WatchPlace()
    let first = try place.start().ready()
    #expect(try place.command("pause", "lunch").status == 0)
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "waiting", first)
    #expect(first.stop() == 0)
    let second = try place.start().ready()
    try place.drop(2, as: "b.png")
    try place.wait(for: 2, "waiting", second)
    #expect(try place.service.submissions().isEmpty)
    let queue = try place.command("queue")
    #expect((queue.output + queue.errors).contains("lunch"), "\(queue.output)\(queue.errors)")
    #expect(try place.command("resume").status == 0)
    try place.wait(for: 2, "done", second)
    try place.expectOnce([1, 2])
  }

  @Test func aPauseLetsWhatRunsComeToItsEnd() throws {
    let place = try WatchPlace("--run-time", "1h")
    let watch = try place.start().ready()
    try place.drop(1, as: "a.png")
    try watch.wait(for: "the run") { try place.service.submissions().count == 1 }
    #expect(try place.command("pause").status == 0)
    try place.drop(2, as: "b.png")
    try place.wait(for: 1, "waiting", watch)
    try place.service.advance(seconds: 7200)
    try place.wait(for: 1, "done", watch)
    try place.expectOnce([1])
  }

  @Test func theRunsOfADayAreLimited() throws {
    let place = try WatchPlace()
    let first = try place.start("--max-runs-per-day", "2").ready()
    for value in UInt8(0)..<4 { try place.drop(value, as: "\(value).png") }
    try place.wait(for: 2, "done", first)
    try place.wait(for: 2, "waiting", first)
    #expect(first.stop() == 0)
    let again = try place.start("--max-runs-per-day", "2").ready()
    try place.drop(4, as: "4.png")
    try place.wait(for: 3, "waiting", again)
    #expect(try place.service.submissions().count == 2)
    #expect(again.stop() == 0)
    let day = 86_400
    try place.service.advance(seconds: day)
    let next = try place.start("--max-runs-per-day", "2", environment: ["COMFYKEEP_CLOCK_AHEAD": "\(day)"])
      .ready()
    try place.wait(for: 4, "done", next)
    try place.wait(for: 1, "waiting", next)
    try place.expectOnce(0..<4)
  }

  @Test func theBytesOfADayAreLimited() throws {
    let place = try WatchPlace()
    try place.write(Pictures.png(0), to: "plan/0.png")
    let plan = try place.service.program.run(
      "plan", place("plan/0.png").string, "--deployment", Service.Deployment.image, "--json")
    let size = try #require(plan.objects.last?["bytes"] as? Int)
    let watch = try place.start("--max-bytes-per-day", "\(size * 5 / 2)").ready()
    for value in UInt8(0)..<4 {
      try place.drop(value, as: "\(value).png")
      try place.wait(for: min(Int(value) + 1, 2), "done", watch)
    }
    try place.wait(for: 2, "waiting", watch)
    #expect(try place.service.submissions().count == 2)
  }

  @Test func whileTheServiceIsDownFilesAreCollected() throws {
    // A free port that nobody answers on, until the service takes it.
    let port = try { "\(try ClosedPort().number)" }()
    let place = try WatchPlace(service: try Service())
    var program = place.service.program
    program.environment["RUNCOMFY_API_URL"] = "http://127.0.0.1:\(port)"
    let arguments = [
      place.folder.string, "--deployment", Service.Deployment.image, "--archive", place.archive.string,
      "--settle", "200ms", "--poll-interval", "20ms",
    ]
    let watch = try WatchProcess(program, arguments).ready()
    for value in UInt8(0)..<3 { try place.drop(value, as: "\(value).png") }
    try place.wait(for: 3, "waiting", watch)
    var service: Service? = try Service("--port", port)
    let submitted = { try service?.submissions().count }
    try place.wait(for: 3, "done", watch)
    #expect(try submitted() == 3)
    service = nil
    for value in UInt8(3)..<5 { try place.drop(value, as: "\(value).png") }
    try place.wait(for: 2, "waiting", watch)
    service = try Service("--port", port)
    try place.wait(for: 5, "done", watch)
    #expect(try submitted() == 2)
    #expect(watch.stop() == 0)
    #expect(try place.arrivals().count == 5)
  }

  @Test func aServiceThatRefusesForNowIsAskedAgainLater() throws {
    let place = try WatchPlace()
    try place.service.setFaults("throttle-submit=1@4")
    let watch = try place.start().ready()
    for value in UInt8(0)..<3 { try place.drop(value, as: "\(value).png") }
    try place.wait(for: 3, "done", watch)
    try place.expectOnce(0..<3)
  }

  @Test func aRefusedTokenHoldsTheQueueAndFailsNothing() throws {
    let place = try WatchPlace()
    let first = try place.start().ready()
    try place.service.setFaults("unauthorized")
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "waiting", first)
    try first.wait(for: "word of it") { first.errors.contains("token") }
    #expect(first.isRunning)
    #expect(first.stop() == 0)
    try place.service.setFaults()
    let second = try place.start().ready()
    try place.wait(for: 1, "done", second)
    try place.expectOnce([1])
  }

  @Test func aLostAnswerIsADoubtUntilAPersonSaysWhichRunItIs() throws {
    let place = try WatchPlace()
    try place.service.setFaults("drop-after-accept@1")
    let watch = try place.start("--after", "move").ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "in_doubt", watch)
    try place.drop(2, as: "b.png")
    try place.wait(for: 1, "done", watch)
    let doubtful = try #require(try place.arrivals("in_doubt").first)
    let key = try #require((doubtful["submission_keys"] as? [String])?.first)
    let sum = Checksum(of: Pictures.png(1)).hexadecimal
    let id =
      try place.service.submissions().first {
        ($0["media"] as? [[String: Any]])?.first?["sha256"] as? String == sum
      }?["request_id"] as? String
    #expect(try place.command("resolve", key, "--request", try #require(id)).status == 0)
    try place.wait(for: 2, "done", watch)
    #expect(watch.stop() == 0)
    #expect(place.files == ["done/a.png", "done/b.png"])
    try place.expectOnce([1, 2])
  }

  @Test func aHundredFilesAtOnceAreOneRunEach() throws {
    let place = try WatchPlace("--instances", "64")
    let watch = try place.start("--concurrency", "16").ready()
    for value in UInt8(0)..<100 { try place.drop(value, as: "\(value).png") }
    try place.wait(for: 100, "done", watch)
    #expect(watch.stop() == 0)
    try place.expectOnce(0..<100)
    #expect(try Program().run("verify", "--quiet", place.archive.string).status == 0)
  }

  @Test func whatLiesInPriorityGoesFirstAndTheRestInOrder() throws {
    let place = try WatchPlace("--instances", "1")
    let watch = try place.start("--concurrency", "1").ready()
    #expect(try place.command("pause").status == 0)
    for value in UInt8(0)..<3 {
      try place.drop(value, as: "\(9 - value).png")
      try place.wait(for: Int(value) + 1, "waiting", watch)
    }
    try place.drop(3, as: "priority/z.png")
    try place.wait(for: 4, "waiting", watch)
    #expect(try place.command("resume").status == 0)
    try place.wait(for: 4, "done", watch)
    let order = try place.service.submissions().compactMap {
      ($0["media"] as? [[String: Any]])?.first?["sha256"] as? String
    }
    #expect(order == [3, 0, 1, 2].map { Checksum(of: Pictures.png($0)).hexadecimal })
  }
}
