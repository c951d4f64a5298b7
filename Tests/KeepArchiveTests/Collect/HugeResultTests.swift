import KeepModel
import Testing

@testable import KeepArchive

/// Results that are large, deep, contradictory or broken: read in bounded time, or refused cleanly.
@Suite struct HugeResultTests {
  @Test func tenMegabytesOfFilesAreAllThere() throws {
    let record =
      #"{"filename":"ComfyUI_00001_.png","subfolder":"","type":"output","url":"https://h/a.png?sig=0123456789"}"#
    let count = 10_000_000 / (record.utf8.count + 1)
    let items = Array(repeating: record, count: count).joined(separator: ",")
    let collected = OutputCollector.collect(
      try .fixture(outputs: "{\"9\":{\"images\":[\(items)]}}"), workflow: nil)
    #expect(collected.outputs.count == count)
    #expect(collected.outputs.last?.index == count - 1)
    #expect(collected.notes.isEmpty)
  }

  @Test func manyKeysAreAllRead() throws {
    let members = (0..<100_000).map { "\"k\($0)\":[\"\($0)\"]" }.joined(separator: ",")
    let collected = OutputCollector.collect(try .fixture(outputs: "{\"9\":{\(members)}}"), workflow: nil)
    #expect(collected.outputs.count == 100_000)
  }

  @Test(arguments: ["[", #"{"a":"#])
  func whatIsNestedTooDeepIsRefused(opening: String) {
    let text = "{\"outputs\":{\"9\":{\"k\":" + String(repeating: opening, count: 100_000)
    #expect(throws: (any Error).self) { try RunResult.fixture(document: text) }
  }

  @Test func whatIsNestedAsDeepAsIsTakenIsWalked() throws {
    let depth = 200
    let value = String(repeating: "[", count: depth) + "\"x\"" + String(repeating: "]", count: depth)
    let collected = OutputCollector.collect(try .fixture(outputs: "{\"9\":{\"k\":\(value)}}"), workflow: nil)
    #expect(collected.outputs.map(\.content) == [.text("x")])
  }

  @Test func aKeyGivenTwiceCountsOnceAndIsNoCrash() throws {
    let result = try RunResult.fixture(
      outputs: #"{"9":{"text":["one"],"text":["two"]},"9":{"text":["three"]}}"#)
    #expect(result.irregularities.contains(.duplicateKey))
    #expect(OutputCollector.collect(result, workflow: nil).outputs.count == 1)
  }

  @Test(arguments: ["NaN", "-Infinity", "1e400", "-0", "123456789012345678901234567890"])
  func oddNumbersAreNoOutputs(number: String) throws {
    let collected = OutputCollector.collect(
      try .fixture(outputs: "{\"9\":{\"value\":[\(number)],\"text\":[\"x\"]}}"), workflow: nil)
    #expect(collected.outputs.map(\.content) == [.text("x")])
  }

  @Test func loneSurrogatesInNamesAreNoCrash() throws {
    let collected = OutputCollector.collect(
      try .fixture(outputs: #"{"\ud800":{"\udc00":[{"filename":"\ud83d.png","url":"https://h/\ud800"}]}}"#),
      workflow: nil)
    #expect(collected.outputs.count == 1)
  }

  @Test(
    arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]])
  func brokenUTF8IsNoCrash(text: [UInt8]) throws {
    let raw = Array(#"{"outputs":{"9":{"text":["#.utf8) + text + Array("]}}}".utf8)
    let document = try JSONDocument(parsing: raw, options: .lenient)
    let result = RunResult(
      verdict: .succeeded, word: "succeeded", document: document.value,
      irregularities: document.irregularities, raw: raw)
    let collected = OutputCollector.collect(result, workflow: nil)
    #expect(collected.outputs.isEmpty)
    #expect(collected.notes.map(\.kind) == [.brokenText])
  }
}
