import KeepInput
import Testing

@Suite struct CSVReaderTests {
  private func fields(_ text: String) throws -> [[String]] {
    try CSVReader.records(of: Array(text.utf8)).map(\.fields)
  }

  private func defect(_ bytes: [UInt8]) -> CSVReader.Defect? {
    do throws(CSVReader.Defect) {
      _ = try CSVReader.records(of: bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func fieldsArePartedByCommasAndRecordsByLineEnds() throws {
    #expect(try fields("a,b\r\n1,2\n3,\n") == [["a", "b"], ["1", "2"], ["3", ""]])
    #expect(try fields("a,b") == [["a", "b"]])
    #expect(try fields("") == [])
  }

  @Test func quotesHoldCommasQuotesAndLineEnds() throws {
    #expect(try fields("\"a, \"\"b\"\"\",\"x\r\ny\"\n") == [["a, \"b\"", "x\r\ny"]])
    #expect(try fields("\"\",b\n") == [["", "b"]])
  }

  @Test func recordsKnowTheirLines() throws {
    let records = try CSVReader.records(of: Array("a\n\n\"b\nc\"\nd\n".utf8))
    #expect(records.map(\.line) == [1, 3, 5])
  }

  @Test func aByteOrderMarkAndALoneCarriageReturnAreNoTrouble() throws {
    #expect(try fields("\u{FEFF}a,b\n") == [["a", "b"]])
    #expect(try fields("a\rb,c\n") == [["a\rb", "c"]])
  }

  @Test func whatIsNoCSVIsToldWithItsLine() {
    #expect(defect(Array("a\nb\"c\n".utf8))?.line == 2)
    #expect(defect(Array("a\n\"b\"c\n".utf8))?.line == 2)
    let open = defect(Array("a\nb\n\"c\nd".utf8))
    #expect(open?.line == 3)
    #expect(open?.reason == "begins a quoted field that is never closed")
    #expect(defect([0x61, 0x0A, 0xFF])?.line == 2)
    #expect(defect([0x61, 0])?.line == 1)
  }
}
