import KeepModel
import Testing

@testable import KeepPipeline
@testable import KeepSubmit

@Suite struct SweepTests {
  private func context() throws -> OverrideArgument.Context {
    let graph = try Workflow(document: JSONDocument(parsing: Array(FakeService.workflow.utf8)).value)
    return OverrideArgument.Context(workflow: graph) { path throws(KeepError) in
      guard path == "prompts.txt" else { throw KeepError(.inputRejected, .none, "is not there") }
      return "a cat\n\n  \na dog, black\n"
    }
  }

  private func labels(_ text: String) throws -> [String] {
    let sweep = try Sweep(text, context: try context())
    return sweep.values.map { $0.label(sweep.input) }
  }

  private func refusal(_ text: String) throws -> KeepError {
    let context = try context()
    return try #require(throws: KeepError.self) { try Sweep(text, context: context) }
  }

  @Test func aRangeHoldsItsEndAndExactDigits() throws {
    #expect(try labels("25.noise_seed=1..4") == (1...4).map { "25.noise_seed=\($0)" })
    #expect(
      try labels("25.noise_seed=18446744073709551614..18446744073709551615")
        == ["25.noise_seed=18446744073709551614", "25.noise_seed=18446744073709551615"])
    #expect(try NumberRange("0.1..0.5:0.1")?.words == ["0.1", "0.2", "0.3", "0.4", "0.5"])
    #expect(try NumberRange("4..1")?.words == ["4", "3", "2", "1"])
    #expect(try NumberRange("1..-0.5:-0.5")?.words == ["1.0", "0.5", "0.0", "-0.5"])
    #expect(try NumberRange("7..7")?.words == ["7"])
  }

  @Test(arguments: ["a..b", "1..", "..4", "1..2:x", "one", "1.5.2..4", "+1..4", "1e3..1e4"])
  func whatIsNoRangeOfNumbersIsNone(text: String) throws {
    #expect(try NumberRange(text) == nil)
  }

  @Test func numbersOfAnyLengthAreCountedOrRefused() throws {
    #expect(try NumberRange("999999999999999999999999999999..1:0.000000001") == nil)
    #expect(throws: KeepError.self) {
      try NumberRange("99999999999999999999..-99999999999999999999:-0.000000001")
    }
  }

  @Test func aRangeThatNeverEndsIsRefused() throws {
    #expect(try refusal("25.noise_seed=1..4:0").code == .usage)
    #expect(try refusal("25.noise_seed=1..4:-1").code == .usage)
    #expect(try refusal("25.noise_seed=0..1000000000").reason.contains("1000000001"))
  }

  @Test func listsAreReadAsSettingsOrAsJSON() throws {
    #expect(try labels("6.text=cat,dog") == ["6.text=cat", "6.text=dog"])
    #expect(try labels(#"6.text=["a cat, black","a dog"]"#) == ["6.text=a cat, black", "6.text=a dog"])
    #expect(try labels("6.text=@prompts.txt") == ["6.text=a cat", "6.text=a dog, black"])
    #expect(try labels("6.text=a cat , black") == ["6.text=a cat", "6.text=black"])
    #expect(try refusal(#"6.text=["a cat","a dog""#).reason.contains("JSON array"))
    #expect(try refusal("25.noise_seed=1,two").code == .inputRejected)
  }

  @Test func seedsAreDrawnByNumber() throws {
    #expect(try labels("25.noise_seed=random:3") == (1...3).map { "25.noise_seed #\($0)" })
    #expect(try refusal("25.noise_seed=random:0").code == .usage)
    #expect(try refusal("25.noise_seed=random:x").code == .usage)
    #expect(try refusal("6.text=random:2").reason.contains("no seed"))
    #expect(try refusal("25.noise_seed=1,random").hint?.contains("random:3") == true)
  }

  @Test func whatIsNoSweepIsRefused() throws {
    #expect(try refusal("25.noise_seed").code == .usage)
    #expect(try refusal("99.x=1..2").code == .inputRejected)
  }

  @Test func longValuesAreShortInLabels() throws {
    let label = try labels("6.text=\(String(repeating: "x", count: 80)),b")[0]
    #expect(label.count < 40)
  }
}
