import KeepInput
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct RunTableTests {
  private func table(_ text: String, _ name: String = "t.csv") throws -> RunTable {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), to: name)
    return try withExtendedLifetime(folder) { try RunTable(at: path) }
  }

  private func refusal(_ text: String, _ name: String = "t.csv") throws -> KeepError {
    try #require(throws: KeepError.self) { try table(text, name) }
  }

  @Test func aHeaderNamesTheColumnsAndEmptyCellsSetNothing() throws {
    let rows = try table("path, 6.text\na.png,\"a, b\"\n,c\n").rows
    #expect(rows.map(\.line) == [2, 3])
    #expect(rows.map { $0.cells.map(\.column) } == [["path", "6.text"], ["6.text"]])
    #expect(rows[0].cells[1].value == "a, b")
    #expect(!rows[0].cells[1].isTyped)
  }

  @Test func jsonLinesKeepTheirTypesAndDigits() throws {
    let rows = try table(
      "{\"25.noise_seed\":18446744073709551615,\"path\":null}\n\n{\"1.on\":true}", "t.jsonl"
    ).rows
    #expect(rows.map(\.line) == [1, 3])
    #expect(rows[0].cells.map(\.value) == [.integer(UInt64.max)])
    #expect(rows[1].cells.first?.isTyped == true)
  }

  @Test func whatIsWrongIsToldWithItsLine() throws {
    #expect(try refusal("a,b\n1,2,3\n").reason.hasPrefix("line 2 has 3 cells"))
    #expect(try refusal("a,a\n1,2\n").reason.contains("twice"))
    #expect(try refusal("a,,c\n1,2,3\n").reason == "line 1 column 2 has no name")
    #expect(try refusal("a,b\n").reason == "has no rows")
    #expect(try refusal("").reason == "has no rows")
    #expect(try refusal("{}\n[1]\n", "t.jsonl").reason == "line 2 is not a JSON object")
    #expect(try refusal("{}\n{\"a\":\n", "t.jsonl").reason.hasPrefix("line 2 is not JSON"))
    #expect(try refusal("a\n\"b", "t.csv").code == .inputRejected)
    #expect(try refusal("a", "t.xlsx").code == .usage)
  }
}
