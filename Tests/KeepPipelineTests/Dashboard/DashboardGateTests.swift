import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct DashboardGateTests {
  private func gate(_ host: String = "127.0.0.1", _ names: [String] = []) -> DashboardGate {
    DashboardGate(host: host, names: names, token: DashboardOffice.token, longestBody: 100)
  }

  private func look(_ host: String, origin: String? = nil) -> DashboardHead {
    DashboardHead(method: "GET", target: "/", hosts: [host], origins: [origin].compactMap { $0 })
  }

  @Test(arguments: [
    "127.0.0.1", "127.0.0.1:8080", "localhost", "LocalHost:1", "[::1]", "[::1]:65535", "127.9.8.7:80",
  ])
  func theLoopbackIsKnown(_ host: String) {
    #expect(gate().objection(to: look(host)) == nil)
  }

  @Test(arguments: [
    "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.5",
    "10.0.0.1:80",
    "", ":80", "localhost:", "localhost:x", "localhost:123456", "localhost:80:80", "[::1", "::1",
    "[localhost]", "127.1",
    "127.0.0.1@evil.example", "evil.example#127.0.0.1", "0x7f.0.0.1", "127.0.0.1 ", "localhost.", "[::2]",
    "[127.0.0.1]",
    "http://127.0.0.1", "locaLhost\u{212A}", "2130706433",
  ])
  func anotherNameIsNot(_ host: String) {
    #expect(gate().objection(to: look(host)) == .misdirected)
  }

  /// Pieces of hosts in any order: no trap, and what is known is a name of this machine.
  @Test func anyHostIsReadOrRefused() {
    let pieces = [
      "[", "]", ":", "::1", "127.0.0.1", "localhost", ".", "80", "@", "evil", "/", "%", "ä", "\u{0}", " ",
    ]
    for _ in 0..<20_000 {
      let host = (0..<Int.random(in: 0...5)).map { _ in pieces.randomElement() ?? "" }.joined()
      guard gate().objection(to: look(host)) == nil else { continue }
      let bare =
        host.utf8.first == UInt8(ascii: "[")
        ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
      #expect(bare == "localhost" || IPAddress(String(bare))?.isLoopback == true, "\(host)")
    }
  }

  @Test func oneHostIsNeeded() {
    var head = look("localhost")
    head.hosts = []
    #expect(gate().objection(to: head) == .misdirected)
    head.hosts = ["localhost", "localhost"]
    #expect(gate().objection(to: head) == .misdirected)
  }

  @Test func whoListensToOthersIsKnownByNumbersAndByItsNames() {
    let open = gate("0.0.0.0", ["Studio.local"])
    for host in ["192.168.1.5:8080", "studio.LOCAL", "[2001:db8::5]:1", "localhost"] {
      #expect(open.objection(to: look(host)) == nil, "\(host)")
    }
    #expect(open.objection(to: look("evil.example")) == .misdirected)
    #expect(gate("studio.local").objection(to: look("studio.local:80")) == nil)
    #expect(gate("127.0.0.1", ["studio.local"]).objection(to: look("192.168.1.5")) == .misdirected)
  }

  @Test func aPageOfAnotherOriginMayNotAsk() {
    for origin in ["http://localhost:8080", "https://LOCALHOST:8080"] {
      #expect(gate().objection(to: look("localhost:8080", origin: origin)) == nil)
    }
    for origin in [
      "null", "", "http://localhost", "http://localhost:80801", "http://evil.example", "file://",
      "localhost:8080",
      "http://localhost:8080/", "ftp://localhost:8080",
    ] { #expect(gate().objection(to: look("localhost:8080", origin: origin)) == .foreign, "\(origin)") }
  }

  // MARK: The token

  private func action(_ authorizations: [String], type: String = "application/json") -> DashboardHead {
    DashboardHead(method: "POST", target: "/pause", authorizations: authorizations, types: [type])
  }

  @Test func onlyTheTokenOpens() {
    let token = DashboardOffice.token.reveal()
    for good in ["Bearer \(token)", "bearer \(token)"] {
      #expect(gate().objection(toAction: action([good])) == nil)
    }
    for wrong in [
      "", "Bearer", "Bearer ", token, "Basic \(token)", "Bearer \(token)x", "Bearer \(token.dropLast())",
      "Bearer  \(token)", "Bearer \(token.uppercased())", "Bearer \(token)\u{301}", "Bearer\t\(token)",
    ] { #expect(gate().objection(toAction: action([wrong])) == .unauthorized, "\(wrong)") }
    #expect(gate().objection(toAction: action([])) == .unauthorized)
    #expect(
      gate().objection(toAction: action(["Bearer \(token)", "Bearer \(token)"])) == .unauthorized)
  }

  @Test func onlySmallJSONIsRead() {
    let permit = ["Bearer \(DashboardOffice.token.reveal())"]
    #expect(gate().objection(toAction: action(permit, type: "Application/JSON ; charset=utf-8")) == nil)
    for type in [
      "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data",
    ] {
      #expect(gate().objection(toAction: action(permit, type: type)) == .notJSON, "\(type)")
    }
    var head = action(permit)
    head.length = 101
    #expect(gate().objection(toAction: head) == .tooLarge)
    head.types = []
    #expect(gate().objection(toAction: head) == .notJSON)
  }

  // MARK: Making one

  @Test(arguments: [
    "", "short", "fifteen-letters", "sixteen letters!", "sechzehn-Zeichön",
    String(repeating: "a", count: 513),
  ])
  func aTokenThatCouldBeGuessedIsRefused(_ token: String) {
    let error = #expect(throws: KeepError.self) { try make(token: Secret(token)) }
    #expect(error?.code == .usage && error?.hint != nil)
    #expect(token.isEmpty || error?.description.contains(token) == false)
  }

  @Test(arguments: ["", "a b", "http://localhost", "localhost:80", "[::1]", "a/b", "ä.example"])
  func aHostThatIsNoneIsRefused(_ host: String) {
    #expect(throws: KeepError.self) { try make(host: host) }
    #expect(throws: KeepError.self) { try make(names: [host]) }
  }

  @Test func itIsToldWhetherOthersReachIt() throws {
    for host in ["127.0.0.1", "localhost", "::1", "127.3.3.3"] {
      #expect(try !make(host: host).isOpenToOthers)
    }
    for host in ["0.0.0.0", "::", "192.168.1.5", "studio.local"] {
      #expect(try make(host: host).isOpenToOthers)
    }
  }

  private func make(
    host: String = "127.0.0.1", names: [String] = [], token: Secret = DashboardOffice.token
  ) throws -> Dashboard {
    try Dashboard(
      host: host, port: 0, names: names, token: token, now: { DashboardState.noon }, state: { .empty },
      thumbnail: { _ in nil }, act: { _ in })
  }
}
