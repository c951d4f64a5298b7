import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// What a person sees of a submit that is stopped or in doubt, and how each way out of the doubt ends.
@Suite struct SubmitDoubtTests {
  private let service: Service
  private let photos: TemporaryFolder
  private let archive: TemporaryFolder

  init() throws {
    service = try Service()
    photos = try SamplePhotos.folder(1)
    archive = try TemporaryFolder()
    try archive.write([], to: "out")
  }

  private var arguments: [String] {
    [
      "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive.path.string,
      "--json", "--poll-interval", "20ms",
    ]
  }

  private func resolve(_ options: String...) throws -> Program.Result {
    try Program().run(["resolve", archive.key, "--archive", archive.path.string] + options)
  }

  /// A run whose answer was lost: the service has it, and nobody knows.
  private func loseTheAnswer() throws {
    try service.setFaults("drop-after-accept@1")
    let run = try service.program.run(arguments)
    #expect(run.status == 41, "\(run.errors)")
    #expect(run.output.contains("comfykeep resolve \(try archive.key.prefix(12))"), "\(run.output)")
    let list = try Program().run("list", "--state", "in_doubt", "--archive", archive.path.string)
    #expect(list.output.contains("in_doubt"), "\(list.output)")
  }

  // MARK: Ways out

  @Test func namingTheRequestKeepsItAndPaysNothing() throws {
    try loseTheAnswer()
    let request = try #require(try service.submissions().first?["request_id"] as? String)
    let settled = try resolve("--request", request)
    #expect(settled.status == 0, "\(settled.errors)")
    let run = try service.program.run(arguments)
    #expect(run.words == ["archived"], "\(run.errors)")
    #expect(run.outcomes.first?["request_id"] as? String == request)
    #expect(try service.submissions().count == 1)
  }

  @Test func resubmittingIsAPersonsWordForOneMoreRun() throws {
    try loseTheAnswer()
    #expect(try resolve("--resubmit").status == 0)
    #expect(try archive.states == ["claimed"])
    let run = try service.program.run(arguments)
    #expect(run.words == ["archived"], "\(run.errors)")
    #expect(try service.program.run(arguments).status == 0)
    #expect(try service.submissions().count == 2)
  }

  @Test func abandoningSubmitsNothingUntilAPersonSaysSo() throws {
    try loseTheAnswer()
    #expect(try resolve("--abandon").status == 0)
    #expect(try archive.states == ["abandoned"])
    let run = try service.program.run(arguments)
    #expect(run.words == ["unfinished"], "\(run.output)")
    #expect(run.status == 23)
    #expect(try service.submissions().count == 1)
    let again = try service.program.run(arguments + ["--retry-failed"])
    #expect(again.words == ["archived"], "\(again.errors)")
    #expect(try service.submissions().count == 2)
  }

  @Test func whatIsNotInDoubtIsNotSettled() throws {
    #expect(try service.program.run(arguments).status == 0)
    for option in ["--resubmit", "--abandon"] {
      let refused = try resolve(option)
      #expect(refused.status != 0, "\(refused.output)")
    }
    #expect(try archive.states == ["archived"])
  }

  // MARK: Stopping

  @Test func ctrlCDuringASubmitWaitsForItsAnswer() throws {
    let signal = Signal()
    let relay = try Relay(to: service) { line, _ in line.contains("/inference") ? .held(signal) : nil }
    defer { relay.stop() }
    let process = try relay.program.start(arguments, output: archive("out").string)
    try service.waitForSubmissions(1)
    process.signal(SIGINT)
    try archive.wait(for: "stopping", in: "out")
    signal.fire()
    #expect(process.waitForEnd() == 130)
    #expect(try archive.states.first != "in_doubt")
    let run = try service.program.run(arguments)
    #expect(run.words == ["archived"], "\(run.errors)")
    #expect(try service.submissions().count == 1)
  }

  @Test func aSecondSignalLeavesADoubt() throws {
    let relay = try Relay(to: service) { line, _ in line.contains("/inference") ? .silence : nil }
    defer { relay.stop() }
    let process = try relay.program.start(arguments, output: archive("out").string)
    try relay.wait(for: "/inference")
    process.signal(SIGINT)
    try archive.wait(for: "stopping", in: "out")
    // The same signal twice at once would be one wish.
    process.signal(SIGTERM)
    #expect(process.waitForEnd() == 130)
    let run = try service.program.run(arguments)
    #expect(run.words == ["in_doubt"], "\(run.errors)")
    #expect(run.status == 41)
    #expect(try service.submissions().isEmpty)
  }

  @Test func ctrlCEndsALongWaitThatTheServiceAskedFor() throws {
    try service.setFaults("throttle-submit=1000000000")
    let process = try service.program.start(arguments, output: archive("out").string)
    try service.wait { line in line["status"] as? Int == 429 }
    process.signal(SIGINT)
    #expect(process.waitForEnd() == 130)
    #expect(try archive.states == ["claimed"])
    try service.setFaults()
    #expect(try service.program.run(arguments).words == ["archived"])
    #expect(try service.submissions().count == 1)
  }

  // MARK: The token's file

  @Test func aTokenFileThatHoldsNoneSubmitsNothing() throws {
    let folder = try TemporaryFolder()
    let program = Program(environment: ["RUNCOMFY_API_URL": service.api])
    func run(_ name: String) throws -> Program.Result {
      try program.run(arguments + ["--token-file", folder(name).string])
    }
    func token(_ text: String, _ name: String) throws {
      try folder.write(Array(text.utf8), to: name)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder(name).string)
    }
    try token("", "empty")
    try token("one\ntwo\n", "two")
    try token("tok-another-one\n", "wrong")
    try FileManager.default.createDirectory(
      atPath: folder("folder").string, withIntermediateDirectories: true)
    for name in ["empty", "two", "wrong", "folder", "missing"] {
      let refused = try run(name)
      #expect(refused.status == 77, "\(name): \(refused.errors)")
      #expect(!refused.errors.contains("tok-"))
    }
    #expect(try service.submissions().isEmpty)
    // The file is read once at the start: what takes its place counts for the next command.
    try token(Service.token + "\n", "wrong")
    #expect(try run("wrong").words == ["archived"])
  }
}

extension Service {
  /// Waits for a line of the log.
  func wait(for isAwaited: ([String: Any]) -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !log().contains(where: isAwaited) {
      try #require(ContinuousClock.now < deadline, "the service saw nothing of the kind")
      usleep(5_000)
    }
  }

  /// Waits until so many submissions were taken.
  func waitForSubmissions(_ count: Int) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try submissions().count < count {
      try #require(ContinuousClock.now < deadline, "the service took too few submissions")
      usleep(5_000)
    }
  }
}

extension TemporaryFolder {
  /// Waits for a text in a file.
  func wait(for text: String, in name: String) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !String(decoding: read(name), as: UTF8.self).contains(text) {
      try #require(ContinuousClock.now < deadline, "\(name) does not say \(text)")
      usleep(5_000)
    }
  }
}
