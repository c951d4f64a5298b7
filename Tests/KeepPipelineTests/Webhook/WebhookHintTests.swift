import KeepModel
import Testing

@testable import KeepPipeline

/// What is read of a delivery, and what is not (fault row 78).
@Suite struct WebhookHintTests {
  private let key = ListeningOffice.key

  private func hint(_ body: String, query: String? = nil) throws(WebhookRefusal) -> WebhookHint {
    try WebhookHint(query: query, body: Array(body.utf8))
  }

  @Test func theRunAndTheWordsAreRead() throws {
    let hint = try hint(ListeningOffice.body("r-1", "in_queue"), query: "submission_key=\(key)")
    #expect(hint.submission == SubmissionKey(key))
    #expect(hint.request == "r-1" && hint.deployment == "d-1")
    #expect(hint.status == "in_queue" && hint.outcome == nil && hint.word == "in_queue")
  }

  @Test func theOutcomeCountsBeforeTheStatus() throws {
    let hint = try hint(#"{"request_id":"r-1","status":"completed","outcome":"succeeded","output":[]}"#)
    #expect(hint.word == "succeeded" && hint.status == "completed")
    #expect(hint.submission == nil && hint.deployment == nil)
    #expect(try self.hint(#"{"request_id":"r-1","status":null}"#).word == nil)
  }

  @Test func nothingElseOfABodyIsRead() throws {
    let plain = try hint(#"{"request_id":"r-1","status":"succeeded"}"#)
    let rich = try hint(
      #"{"request_id":"r-1","status":"succeeded","outputs":{"9":{"images":[{"url":"https://evil.example/x.png"}]}},"#
        + #""result_url":"https://evil.example","status_url":"file:///etc/passwd","error":{"type":"x"}}"#)
    #expect(plain == rich)
    #expect(!"\(rich)".contains("evil"))
  }

  @Test func unknownWordsAreKeptHarmless() throws {
    let hint = try hint(#"{"request_id":"r","status":"\u001b[31mred\u202e\\","outcome":"été"}"#)
    #expect(hint.status == #"\u{1B}[31mred\u{202E}\u{5C}"#)
    #expect(hint.outcome == #"\u{E9}t\u{E9}"#)
    let long = try self.hint(#"{"request_id":"r","status":"\#(String(repeating: "w", count: 5000))"}"#)
    #expect(long.status?.utf8.count == 67)
  }

  @Test(arguments: [
    "", "{", "[]", "null", "7", "\"text\"", "{}", #"{"request_id":""}"#, #"{"request_id":null}"#,
    #"{"request_id":7}"#,
    #"{"request_id":"a/b"}"#, #"{"request_id":".."}"#, #"{"request_id":"a b"}"#,
    #"{"request_id":"a\u0000b"}"#,
    #"{"request_id":"r","deployment_id":"../x"}"#, #"{"request_id":"r","deployment_id":["d"]}"#,
    #"{"request_id":"r","status":7}"#, #"{"request_id":"r","outcome":{}}"#, #"{"request_id":"r"} trailing"#,
    #"{"data":{"request_id":"r"}}"#, "{\"request_id\":\"\(String(repeating: "r", count: 129))\"}",
    String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: "[", count: 65) + "}",
  ])
  func whatIsNoDeliveryIsRefused(_ body: String) {
    #expect(throws: WebhookRefusal.self) { try hint(body) }
  }

  @Test(arguments: ["submission_key=", "submission_key=abc", "submission_key=%35a", "a=b&submission_key=zz"])
  func aKeyThatIsNoneIsRefused(_ query: String) {
    #expect(throws: WebhookRefusal.self) { try hint(ListeningOffice.body("r"), query: query) }
  }

  @Test func oneKeyIsTakenAndTwoAreNot() throws {
    let body = ListeningOffice.body("r")
    #expect(try hint(body, query: "a=b&submission_key=\(key)&c").submission?.rawValue == key)
    #expect(try hint(body, query: "a=b&xsubmission_key=1").submission == nil)
    let twice = "submission_key=\(key)&submission_key=\(key)"
    #expect(throws: WebhookRefusal.self) { try hint(body, query: twice) }
    let capital = "submission_key=\(key.uppercased())"
    #expect(throws: WebhookRefusal.self) { try hint(body, query: capital) }
  }

  @Test func aRefusalSaysNothingOfWhatWasSent() throws {
    let error = try #require(throws: WebhookRefusal.self) { try hint(#"{"request_id":"evil/../x"}"#) }
    #expect(error.reason == "no request id")
  }
}
