import KeepModel
import KeepTestKit
import Testing

@testable import KeepArchive

/// Our own secrets, repeated by the service.
@Suite struct SecretTests {
  private static let token = "tok/en-1234567890"

  private func api() throws -> APIConfiguration {
    APIConfiguration(
      baseURL: try #require(HTTPURL("https://api.example.net")), token: Secret(Self.token),
      coreAPIKey: Secret("core-key-77"))
  }

  private func read(_ text: String) throws -> RunResult { try RunResult.fixture(document: text) }

  @Test func aSecretIsStruckOutWhereverItStandsAndListed() throws {
    let result = try read(
      #"{"debug":["Bearer tok\/en-1234567890"],"tok/en-1234567890":1,"outputs":{"1":{"text":["a tok\u002fen-1234567890 b","core-key-77"]}},"error":{"message":"core-key-77"},"n":"fine"}"#
    ).redacted(by: try api())
    let document = ResultDocument.make(result)
    let text = String(decoding: document.bytes + result.raw, as: UTF8.self)
    #expect(!text.contains("1234567890") && !text.contains("core-key"))
    #expect(text.contains("Bearer **redacted**") && text.contains("fine"))
    #expect(
      document.redactions.map { "\($0.pointer) \($0.rule)" } == [
        "/debug/0 credential", "/error/message credential", "/outputs/1/text/0 credential",
        "/outputs/1/text/1 credential",
      ])
    let outputs = OutputCollector.collect(result, workflow: nil).outputs.map(\.content)
    #expect(outputs == [.text("a **redacted** b"), .text("**redacted**")])
    #expect(
      document.redactions.allSatisfy {
        RedactionRule.isDone($0.rule, in: $0.pointer.value(in: result.document))
      })
  }

  @Test func anAnswerThatIsNoCleanJSONLosesThemToo() throws {
    let result = try read(#"{"a":NaN,"b":"x tok/en-1234567890","c":"tok/en","c":2}"#).redacted(by: try api())
    #expect(
      String(decoding: result.raw, as: UTF8.self) == #"{"a":NaN,"b":"x **redacted**","c":"tok/en","c":2}"#)
    #expect(ResultDocument.make(result).redactions.map(\.rule) == ["credential"])
  }

  @Test func anAnswerWithoutThemStaysAsItIs() throws {
    let result = try read(#"{"status":"succeeded","outputs":{},"n":1e-07}"#)
    #expect(try result.redacted(by: api()) == result)
  }

  @Test func theReceiptOfAnAnswerThatIsNoTextHoldsNoneEither() throws {
    var run = try SampleRun()
    let raw =
      Array(#"{"a":"Bearer "#.utf8) + [0xFF] + Array(#" tok\/en-1234567890","b":""#.utf8) + [0xFE]
      + Array(#""}"#.utf8)
    let old = run.record.result
    run.record.result = RunResult(verdict: old.verdict, word: old.word, document: old.document, raw: raw)
    let receipt = Receipt(
      tool: "t", version: "1", archivedAt: Timestamp(milliseconds: 0), secrets: [Secret(Self.token)])
    let draft = try BundleDraft(run.record, outputs: [])
    let json = receipt.json(run.record, draft.manifest, checksum: Checksum(of: []), size: 0)
    let bytes = try #require(Base64.decode((json["rawResult"]?["base64"]?.string ?? "").utf8))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("**redacted**") && !text.contains("1234567890"))
    #expect(bytes.contains(0xFE))
  }
}
