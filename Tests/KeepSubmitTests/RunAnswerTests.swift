import Foundation
import KeepModel
import KeepTestKit
import Testing

@testable import KeepSubmit

@Suite struct RunAnswerTests {
  private func result(_ status: Int = 200, _ body: String) -> RunResult? {
    RunAnswer.result(ServiceAnswer(Samples.answer(status, body)))
  }

  /// The captured answers of real runs, which the bundle's tests read too.
  private static var captures: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("KeepArchiveTests/Fixtures")
  }

  @Test func everyCapturedResultIsASuccessWithItsOutputs() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.captures, includingPropertiesForKeys: nil
    ).filter { $0.lastPathComponent.hasPrefix("result_") }
    #expect(files.count >= 7)
    for file in files {
      let capture = try JSONDocument(parsing: Array(try Data(contentsOf: file))).value
      let body = try #require(capture["result"])
      let bytes = CanonicalJSON.compact(body)
      let result = try #require(
        RunAnswer.result(ServiceAnswer(Samples.answer(200, String(decoding: bytes, as: UTF8.self)))))
      #expect(result.verdict == .succeeded)
      #expect(result.failures.isEmpty)
      #expect(result.irregularities.isEmpty)
      #expect(result.raw == bytes)
      #expect(CanonicalJSON.compact(result.document) == bytes)
      #expect(result.outputs?.isEmpty == false)
      let created = try #require(result.createdAt)
      #expect(try created <= #require(result.finishedAt))
      let word = try #require(capture["status_word"]?.string)
      #expect(RunWord.phase(word) == .finished)
    }
  }

  @Test(arguments: [
    (#"{"status":"succeeded","outputs":{}}"#, RunResult.Verdict.succeeded),
    (#"{"status":"succeeded"}"#, .succeeded),
    (#"{"status":"completed","outputs":{}}"#, .succeeded),
    (#"{"status":"completed","output":{"9":{}}}"#, .succeeded),
    (#"{"status":"completed","outputs":{},"error":"x"}"#, .failed),
    (#"{"status":"completed"}"#, .failed),
    (#"{"status":"completed","outputs":{},"error":[]}"#, .succeeded),
    (#"{"status":"completed","outputs":{},"error":null}"#, .succeeded),
    (#"{"status":"failed","error":{}}"#, .failed), (#"{"status":"FAILED"}"#, .failed),
    (#"{"status":"failed","error_code":7,"error_message":"no"}"#, .failed),
    (#"{"status":"completed","error":{"error":"boom","errorCode":7}}"#, .failed),
    (#"{"status":"cancelled"}"#, .canceled), (#"{"status":"canceled"}"#, .canceled),
    (#"{"status":"in_queue","created_at":"bad"}"#, .pending), (#"{"status":"in-progress"}"#, .pending),
    (#"{"status":"warming"}"#, .pending), (#"{"outputs":{"9":{}}}"#, .succeeded),
    (#"{"error":"x"}"#, .failed), (#"{"status":"failed","status":"succeeded"}"#, .succeeded),
    (#"{"status":"succeeded","outputs":{"9":{"n":[NaN]}}}"#, .succeeded),
  ])
  func everyEndOfARunIsRead(body: String, verdict: RunResult.Verdict) {
    let result = result(body)
    #expect(result?.verdict == verdict)
    #expect(result?.failures.isEmpty == (verdict != .failed))
  }

  private func result(_ body: String) -> RunResult? { result(200, body) }

  @Test func anErrorIsNoResult() {
    #expect(result(200, #"{"error_code":404001}"#) == nil)
    let canceled = result(200, #"{"status":"canceled","error":{"error":"stopped","errorCode":7}}"#)
    #expect(canceled?.verdict == .canceled)
    #expect(result(500, #"{"status":"succeeded","outputs":{}}"#) == nil)
    #expect(result(200, "[]") == nil)
    #expect(result(400, #"{"error_code":400005,"error_message":"not ready"}"#)?.verdict == .pending)
  }

  @Test(arguments: [
    (#""plain""#, [RunFailure(message: "plain")]),
    (
      #"[{"errorCode":7,"error":"boom","debugInfo":"at x"}]"#,
      [RunFailure(code: "7", message: "boom", details: "at x")]
    ),
    (
      #"{"error":"boom","details":"d","debugInfo":"i","errorCode":"E1"}"#,
      [RunFailure(code: "E1", message: "boom", details: "d\ni")]
    ),
    (#"{"type":"oom","message":"no memory"}"#, [RunFailure(code: "oom", message: "no memory")]),
    (#"["a",{"details":"b"}]"#, [RunFailure(message: "a"), RunFailure(message: "b")]),
    (
      #"{"node_id":"5","node_type":"KSampler","exception_type":"E","exception_message":"m","traceback":["l1","l2"]}"#,
      [RunFailure(code: "E", message: "m", details: "5\nKSampler\nl1\nl2")]
    ),
    (
      #"{"error":{"type":"invalid","message":"bad"},"node_errors":{"4":{"errors":[{"type":"t","message":"v"}],"class_type":"K"}}}"#,
      [RunFailure(code: "invalid", message: "bad"), RunFailure(code: "t", message: "node 4 (K): v")]
    ),
    (#"{"x":1}"#, [RunFailure(message: #"{"x":1}"#)]), ("5", [RunFailure(message: "5")]),
  ])
  func errorsOfEveryShapeBecomeOne(error: String, wanted: [RunFailure]) {
    let result = result(200, #"{"status":"failed","error":\#(error)}"#)
    #expect(result?.failures == wanted)
  }

  @Test func timesAreReadWithAndWithoutAZone() {
    let result = result(
      200,
      #"{"status":"failed","error":"x","created_at":"2025-07-22T13:05:16","finished_at":"2025-07-22T15:05:17.25+02:00"}"#
    )
    #expect(result?.createdAt == Timestamp(milliseconds: 1_753_189_516_000))
    #expect(result?.finishedAt == Timestamp(milliseconds: 1_753_189_517_250))
  }
}
