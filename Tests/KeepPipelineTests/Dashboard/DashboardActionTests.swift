import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct DashboardActionTests {
  private func read(_ path: String, _ body: String) throws -> DashboardAction {
    try DashboardAction(path: path, body: Array(body.utf8))
  }

  @Test func whatIsAskedForIsRead() throws {
    #expect(try read("/pause", "") == .pause(reason: nil))
    #expect(try read("/pause", "{}") == .pause(reason: nil))
    #expect(try read("/pause", #"{"reason":null}"#) == .pause(reason: nil))
    #expect(try read("/pause", #"{"reason":"  "}"#) == .pause(reason: nil))
    #expect(try read("/pause", #"{"reason":" lunch "}"#) == .pause(reason: "lunch"))
    #expect(try read("/resume", "{}") == .resume)
    #expect(try read("/retry", #"{"arrival":42}"#) == .retry(arrival: 42))
    #expect(try read("/retry", #"{"all":true}"#) == .retryAll)
  }

  @Test func aReasonIsMadeVisible() throws {
    #expect(
      try read("/pause", #"{"reason":"a\n\u001b[2J\u202eb"}"#)
        == .pause(reason: "a\u{240A}\u{241B}[2J\u{FFFD}b"))
  }

  @Test(arguments: [
    ("/pause", "[]"), ("/pause", "null"), ("/pause", #""lunch""#), ("/pause", "{"),
    ("/pause", #"{"reason":1}"#),
    ("/pause", #"{"because":"x"}"#), ("/pause", #"{"reason":{"a":{"b":{"c":{}}}}}"#),
    ("/resume", #"{"reason":"x"}"#),
    ("/retry", "{}"), ("/retry", ""), ("/retry", #"{"arrival":"42"}"#), ("/retry", #"{"arrival":0}"#),
    ("/retry", #"{"arrival":-1}"#), ("/retry", #"{"arrival":1.5}"#), ("/retry", #"{"arrival":1e3}"#),
    ("/retry", #"{"arrival":9223372036854775808}"#), ("/retry", #"{"all":false}"#), ("/retry", #"{"all":1}"#),
    ("/retry", #"{"all":true,"arrival":1}"#), ("/retry", #"{"arrival":1,"arrival":2}"#), ("/other", "{}"),
    ("/pause", "{\"reason\":\"\(String(repeating: "ä", count: 201))\"}"), ("/pause", "\u{FEFF}{}"),
  ])
  func whatIsNothingIsRefused(_ path: String, _ body: String) {
    #expect(throws: DashboardRefusal.self) { try read(path, body) }
  }

  /// Pieces of good bodies in any order: no trap, and what is read is fit to be done.
  @Test func anyBytesAreReadOrRefused() {
    let pieces = [
      "{", "}", "[", "]", "\"reason\"", "\"arrival\"", "\"all\"", ":", ",", "true", "1", "-", "\"\\ud800\"",
      "\u{0}", "\"a\"",
    ]
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var body = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        pieces.randomElement(using: &random) ?? ""
      }
      if Bool.random(using: &random) { body = ["{"] + body + ["}"] }
      for path in DashboardAction.paths {
        guard let action = try? read(path, body.joined()) else { continue }
        switch action {
        case .retry(let id): #expect(id > 0)
        case .pause(let reason?): #expect(!reason.isEmpty && reason == DashboardText.visible(reason))
        case .pause, .resume, .retryAll: break
        }
      }
    }
  }
}
