import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// The page of a watch, over HTTP; what it looks like is tested with the page itself.
@Suite(.timeLimit(.minutes(60))) struct WatchPageTests {
  /// What an address answers, and with which status.
  private func get(_ address: String, _ options: String...) throws -> (status: String, body: String) {
    let answer = try Judges.run(
      "/usr/bin/env",
      ["curl", "-sS", "--noproxy", "*", "--max-time", "60", "-w", "\n%{http_code}"] + options + [address])
    let lines = answer.output.split(separator: "\n", omittingEmptySubsequences: false)
    return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
  }

  @Test func itTellsHowItStandsAndForgetsNoFile() throws {
    let place = try WatchPlace()
    let port = try { try ClosedPort().number }()
    let address = "http://127.0.0.1:\(port)"
    let watch = try place.start("--dashboard", "127.0.0.1:\(port)").ready()
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
    try place.service.setFaults("run-fails=out of memory")
    try place.drop(2, as: "<b onclick=alert(1)>.png")
    try place.wait(for: 1, "failed", watch)

    let health = try get(address + "/healthz")
    #expect(health.status == "200", "\(health.body)")
    let page = try get(address + "/")
    #expect(page.status == "200")
    #expect(page.body.contains("<html") && !page.body.contains("https://"))
    let metrics = try get(address + "/metrics")
    #expect(metrics.status == "200")
    #expect(metrics.body.contains("# TYPE comfykeep_"))
    #expect(
      metrics.body.split(separator: "\n").allSatisfy {
        $0.hasPrefix("#") || $0.contains(/^comfykeep_\w+(\{.*\})? [0-9.e+-]+$/)
      })
    let state = try get(address + "/state")
    #expect(state.status == "200")
    let object = try JSONSerialization.jsonObject(with: Data(state.body.utf8)) as? [String: Any]
    let finished = try #require(object?["finished"] as? [[String: Any]])
    #expect(finished.contains { $0["name"] as? String == "a.png" })
    for body in [page.body, metrics.body, state.body] { #expect(!body.contains(Service.token)) }
  }

  @Test func aStrangerCanNeitherPauseNorRetry() throws {
    let place = try WatchPlace()
    let port = try { try ClosedPort().number }()
    let watch = try place.start("--dashboard", "127.0.0.1:\(port)").ready()
    for action in ["pause", "resume", "retry"] {
      for token in ["", "Authorization: Bearer guess-guess-guess-guess"] {
        let answer = try get(
          "http://127.0.0.1:\(port)/\(action)", "-H", token, "-H", "Content-Type: application/json", "-d",
          "{}")
        #expect(answer.status == "401", "\(action): \(answer)")
      }
    }
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "done", watch)
  }

  @Test func whoKnowsTheTokenPausesResumesAndRetries() throws {
    let place = try WatchPlace()
    let port = try { try ClosedPort().number }()
    try place.service.setFaults("run-fails=out of memory")
    let watch = try place.start("--dashboard", "127.0.0.1:\(port)").ready()
    try watch.wait(for: "the page") { watch.errors.contains("the token for its buttons") }
    let path = try #require(watch.errors.matches(of: /the token for its buttons in (\S+)/).last?.1)
    let token = try String(contentsOfFile: String(path), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let post = { (action: String, body: String) in
      try get(
        "http://127.0.0.1:\(port)/\(action)", "-H", "Authorization: Bearer \(token)", "-H",
        "Content-Type: application/json", "-d", body
      ).status.first
    }
    try place.drop(1, as: "a.png")
    try place.wait(for: 1, "failed", watch)
    try place.service.setFaults()
    #expect(try post("pause", #"{"reason":"lunch"}"#) == "2")
    #expect(try post("retry", #"{"all":true}"#) == "2")
    try place.wait(for: 1, "waiting", watch)
    #expect(try post("resume", "{}") == "2")
    try place.wait(for: 1, "done", watch)
    #expect(try place.service.submissions().count == 2)
    #expect(!watch.errors.contains(token))
  }

  @Test func aPortThatIsTakenEndsTheStart() throws {
    let place = try WatchPlace()
    let port = try ClosedPort()
    let refused = try place.run("--dashboard", port.address)
    #expect(refused.status == 64, "\(refused.errors)")
    #expect(refused.errors.contains("\(port.number)"))
  }

  @Test func anOpenPageDoesNotKeepItFromEnding() throws {
    let place = try WatchPlace()
    let port = try { try ClosedPort().number }()
    let watch = try place.start("--dashboard", "127.0.0.1:\(port)").ready()
    let words = place("page")
    try place.write("", to: "page")
    let reader = try ChildProcess(
      ["curl", "-sSN", "--noproxy", "*", "http://127.0.0.1:\(port)/events"],
      streams: .files(output: words.string, errors: "/dev/null"))
    try Patience.wait(for: "an event") {
      try Data(contentsOf: URL(fileURLWithPath: words.string)).contains(UInt8(ascii: ":"))
    }
    watch.signal(SIGTERM)
    try Patience.wait(for: "the end", within: .seconds(60)) { !watch.isRunning }
    #expect(watch.end() == 0)
    _ = reader.waitForEnd()
  }
}
