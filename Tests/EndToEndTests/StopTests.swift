import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import comfykeep

/// What ends a command from outside: Ctrl-C before anything is sent, a closed terminal, the same signal twice.
@Suite struct StopTests {
  @Test func ctrlCWhileTheServiceDoesNotAnswerEndsThePlanning() throws {
    let server = try RawServer { connection in connection.waitForClose() }
    defer { server.stop() }
    let folder = try SamplePhotos.folder(1)
    let output = try folder.write([], to: "words.txt")
    let program = Program(environment: [
      "RUNCOMFY_API_URL": try server.url().description, "RUNCOMFY_API_TOKEN": Service.token,
    ])
    let process = try program.start(
      [
        "run", folder("photo-00.png").string, "--deployment", "d-1", "--archive",
        folder("archive").string, "--json",
      ], output: output.string)
    let deadline = Date().addingTimeInterval(30)
    while server.connectionCount == 0, Date() < deadline { usleep(10_000) }
    process.signal(SIGINT)
    #expect(process.waitForEnd() == 130)
    let words = String(decoding: try folder.read("words.txt"), as: UTF8.self)
    #expect(words.contains(#""code":"interrupted""#), "\(words)")
    #expect(words.contains("nothing was submitted"))
    #expect(!words.contains("left running"))
    #expect(!FileManager.default.fileExists(atPath: folder("archive").string))
  }

  @Test func aClosedTerminalLeavesRunsGoing() throws {
    let service = try Service("--run-time", "30s")
    let folder = try SamplePhotos.folder(1)
    let output = try folder.write([], to: "words.txt")
    let process = try service.program.start(
      [
        "run", folder("photo-00.png").string, "--deployment", Service.Deployment.image, "--archive",
        folder("archive").string, "--json", "--poll-interval", "20ms",
      ], output: output.string)
    let deadline = Date().addingTimeInterval(30)
    while try service.submissions().isEmpty, Date() < deadline { usleep(10_000) }
    process.signal(SIGHUP)
    #expect(process.waitForEnd() == 130)
    let words = String(decoding: try folder.read("words.txt"), as: UTF8.self)
    #expect(words.contains("left running"), "\(words)")
    #expect(words.contains("stopped: 1 left running, 0 never submitted"), "\(words)")
    let listed = try service.program.run("list", "--archive", folder("archive").string, "--json")
    #expect(listed.objects.compactMap { $0["state"] as? String } == ["submitted"])
  }

  @Test func theSameSignalAtOnceIsOneWishAndALaterOneQuits() {
    let start = ContinuousClock.now
    var tally = SignalTally()
    #expect(tally.wish(SIGTERM, at: start) == .stop)
    #expect(tally.wish(SIGTERM, at: start.advanced(by: .milliseconds(199))) == .none)
    #expect(tally.wish(SIGTERM, at: start.advanced(by: .milliseconds(200))) == .quit)
    #expect(tally.wish(SIGINT, at: start.advanced(by: .milliseconds(1))) == .quit)
  }
}
