import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Webhooks as hints: what is lost is found by them, and what they claim is asked of the service.
@Suite(.timeLimit(.minutes(60))) struct WebhookRunTests {
  /// A `listen` command over an archive.
  private final class Listener {
    let archive: TemporaryFolder
    let port: UInt16
    private let process: ChildProcess

    init(_ service: Service, _ archive: TemporaryFolder) throws {
      self.archive = archive
      let output = try archive.write([], to: "words.txt")
      process = try service.program.start(
        [
          "listen", "--port", "0", "--public-url", "http://127.0.0.1:1", "--archive",
          archive("a").string, "--json", "--poll-interval", "50ms",
        ], output: output.string)
      let deadline = Date().addingTimeInterval(60)
      let told = "listening for webhooks on port "
      var words = ""
      while !words.contains(told), process.isRunning, Date() < deadline {
        usleep(20_000)
        words = String(decoding: try archive.read("words.txt"), as: UTF8.self)
      }
      let digits = words.components(separatedBy: told).last?.prefix { $0.isNumber }
      port = try #require(digits.flatMap { UInt16($0) }, "\(words)")
    }

    deinit {
      process.signal(SIGTERM)
      _ = process.waitForEnd()
    }

    var words: String { get throws { String(decoding: try archive.read("words.txt"), as: UTF8.self) } }

    var secret: String {
      get throws {
        String(decoding: try archive.read("a/.comfykeep/webhook-secret"), as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines)
      }
    }

    /// Delivers; gives the HTTP status.
    func post(_ body: String, key: String? = nil, secret: String? = nil) throws -> String {
      let query = key.map { "?submission_key=\($0)" } ?? ""
      let secret = try secret ?? self.secret
      return try Judges.run(
        "/usr/bin/env",
        [
          "curl", "-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}", "-H",
          "Content-Type: application/json", "-d", body,
          "http://127.0.0.1:\(port)/comfykeep/\(secret)\(query)",
        ]
      ).output
    }
  }

  private func run(
    _ service: Service, _ photos: TemporaryFolder, _ archive: String, _ options: String...
  ) throws -> Program.Result {
    try service.program.run(
      [
        "run", photos.path.string, "--deployment", Service.Deployment.image, "--archive", archive, "--json",
        "--poll-interval", "50ms",
      ] + options)
  }

  private func states(_ service: Service, _ archive: String) throws -> [String] {
    try service.program.run("list", "--archive", archive, "--json").objects.compactMap {
      $0["state"] as? String
    }.sorted()
  }

  private func wait(for states: [String], _ service: Service, _ archive: String) throws {
    let deadline = Date().addingTimeInterval(120)
    while try self.states(service, archive) != states, Date() < deadline { usleep(100_000) }
    #expect(try self.states(service, archive) == states)
  }

  @Test func aLostReplyIsMadeGoodByTheWebhookAlone() throws {
    let service = try Service()
    try service.setFaults("drop-after-accept@2")
    let photos = try SamplePhotos.folder(4)
    let archive = try TemporaryFolder()
    let port = try ClosedPort().number
    let run = try run(
      service, photos, archive.path.string, "--listen", "\(port)", "--public-url", "http://127.0.0.1:\(port)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.words == Array(repeating: "archived", count: 4))
    #expect(try service.submissions().count == 4)
    let secret = String(decoding: try archive.read(".comfykeep/webhook-secret"), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(secret.utf8.count == 48)
    #expect(!run.errors.contains(secret) && !run.output.contains(secret))
    for file in archive.files() where file != ".comfykeep/webhook-secret" {
      #expect(try archive.read(file).firstRange(of: Array(secret.utf8)) == nil, "\(file) holds the secret")
    }
  }

  /// Ways in which webhooks come, or do not.
  static let faults = [
    "webhook-duplicate=5", "webhook-reordered", "webhook-late=1", "webhook-lost", "webhook-shape=output",
    "webhook-shape=outcome",
  ]

  @Test(arguments: faults)
  func howeverWebhooksComeEachRunIsKeptOnce(fault: String) throws {
    let service = try Service("--fault", fault)
    let (photos, archive) = (try SamplePhotos.folder(2), try TemporaryFolder())
    let port = try ClosedPort().number
    let run = try run(
      service, photos, archive.path.string, "--listen", "\(port)", "--public-url", "http://127.0.0.1:\(port)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.words == ["archived", "archived"])
    #expect(try service.submissions().count == 2)
  }

  @Test func anotherProcessThatListensSettlesTheDoubtAndKeepsTheRun() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let listener = try Listener(service, archive)
    try service.setFaults("drop-after-accept@1")
    let address = "http://127.0.0.1:\(listener.port)/comfykeep/\(try listener.secret)"
    let photos = try SamplePhotos.folder(1)
    let run = try run(service, photos, archive("a").string, "--webhook", address, "--webhook-progress")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.words == ["archived"])
    #expect(try service.submissions().count == 1)
  }

  @Test func aForgedWebhookChangesNothingAndTheTrueOneSettles() throws {
    let service = try Service()
    try service.setFaults("drop-after-accept@1")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(2)
    let first = try run(service, photos, archive("a").string, "--concurrency", "1")
    #expect(first.status == 41)
    let list = { try service.program.run("list", "--archive", archive("a").string, "--json").objects }
    let doubtful = try #require(try list().first { $0["state"] as? String == "in_doubt" })
    let key = try #require(doubtful["submission_key"] as? String)
    let ids = try service.submissions().compactMap { $0["request_id"] as? String }
    let kept = try #require(try list().compactMap { $0["request_id"] as? String }.first)
    let lost = try #require(ids.first { $0 != kept })
    let listener = try Listener(service, archive)
    let before = NSArray(array: try list())
    let body = { (id: String, status: String) in
      #"{"request_id":"\#(id)","deployment_id":"\#(Service.Deployment.image)","status":"\#(status)"}"#
    }
    let wrong = String(try listener.secret.reversed())
    #expect(try listener.post(body(lost, "succeeded"), key: key, secret: wrong) == "404")
    #expect(try listener.post(body(lost, "succeeded"), key: key, secret: "") == "404")
    let other = String(repeating: "0", count: 64)
    #expect(try listener.post(body("no-such-request", "succeeded"), key: other) == "404")
    #expect(try listener.post(body("no-such-request", "succeeded")) == "404")
    // Ours already, and ended otherwise than it says.
    #expect(try listener.post(body(kept, "failed")) == "200")
    #expect(try listener.post(body(kept, "failed"), key: key) == "200")
    // With the key, it may be the truth: the service is asked, and does not know it.
    #expect(try listener.post(body("no-such-request", "succeeded"), key: key) == "200")
    let after = NSArray(array: try list())
    #expect(after == before)
    #expect(try listener.post(body(lost, "in_queue"), key: key) == "200")
    try wait(for: ["archived", "archived"], service, archive("a").string)
    #expect(try service.submissions().count == 2)
    let (words, secret) = (try listener.words, try listener.secret)
    #expect(!words.contains(secret))
  }

  /// faults.md row 76.
  @Test func whatAWebhookSaysOfTheEndIsAskedOfTheServiceFirst() throws {
    let service = try Service("--run-time", "1h")
    let archive = try TemporaryFolder()
    let photos = try SamplePhotos.folder(1)
    #expect(try run(service, photos, archive("a").string, "--max-wait", "1ms").status == 23)
    let listener = try Listener(service, archive)
    let id = try #require(try service.submissions().first?["request_id"] as? String)
    let body = """
      {"request_id":"\(id)","deployment_id":"\(Service.Deployment.image)","status":"succeeded",
       "outputs":{"9":{"images":[{"url":"\(service.api)/simulator/state","filename":"x.png"}]}}}
      """
    let polls = { try service.log().count { ($0["path"] as? String)?.hasSuffix("/status") == true } }
    let before = try polls()
    #expect(try listener.post(body) == "200")
    let deadline = Date().addingTimeInterval(60)
    while try polls() == before, Date() < deadline { usleep(50_000) }
    #expect(try states(service, archive("a").string) == ["submitted"])
    let paths = try service.log().compactMap { $0["path"] as? String }
    #expect(!paths.contains { $0.contains("simulator/state") })
    try service.advance(seconds: 7200)
    #expect(try listener.post(body.replacing("succeeded", with: "failed")) == "200")
    try wait(for: ["archived"], service, archive("a").string)
  }

  @Test func aRunThatWasMadeElsewhereIsTakenInIfTheServiceKnowsIt() throws {
    let service = try Service()
    let (elsewhere, archive) = (try TemporaryFolder(), try TemporaryFolder())
    let photos = try SamplePhotos.folder(1)
    #expect(try run(service, photos, elsewhere.path.string, "--max-wait", "1ms").status == 23)
    let id = try #require(try service.submissions().first?["request_id"] as? String)
    let listener = try Listener(service, archive)
    let body = { (id: String) in
      #"{"request_id":"\#(id)","deployment_id":"\#(Service.Deployment.image)","status":"succeeded"}"#
    }
    #expect(try listener.post(body("of-another-account")) == "404")
    #expect(try states(service, archive("a").string) == [])
    #expect(try listener.post(body(id)) == "200")
    try wait(for: ["archived"], service, archive("a").string)
  }

  @Test func aPortThatIsTakenStopsTheRunBeforeAnythingIsSent() throws {
    let service = try Service()
    let archive = try TemporaryFolder()
    let listener = try Listener(service, archive)
    let photos = try SamplePhotos.folder(1)
    let run = try run(
      service, photos, archive("b").string, "--listen", "\(listener.port)", "--public-url",
      "http://127.0.0.1:\(listener.port)")
    #expect(run.status == 64, "\(run.errors)")
    #expect(try service.submissions().isEmpty)
  }
}
