import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct CatalogTableTests {
  private func table(_ entries: [CatalogEntry], _ problems: [CatalogProblem] = []) -> String {
    String(decoding: CatalogTable.bytes(entries, problems), as: UTF8.self)
  }

  @Test func aLineTellsARun() {
    let lines = table([.sample(61)]).split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 && lines[2].isEmpty)
    #expect(
      lines[0]
        == "bundle,state,service_status,request_id,deployment_id,created_at,finished_at,outputs,archived,"
        + "missing,omitted,inputs,bytes,seeds,prompt,other_prompts,error")
    #expect(
      lines[1] == #""day/stem/run-request-61.zip","complete","succeeded","request-61","deployment-1",,"#
        + #""2026-11-01T01:01:00.000+00:00",2,2,0,0,1,1000,"18446744073709551615","a red fox",,"#)
  }

  @Test(arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\u{FF1D}1", "\u{0}=1"])
  func nothingIsTakenForAFormula(_ text: String) {
    var entry = CatalogEntry.sample(1)
    entry.prompts = [text]
    #expect(table([entry]).contains("\"'"), "\(text)")
  }

  @Test func quotesAndLinesStayInTheirCell() {
    var entry = CatalogEntry.sample(1)
    entry.prompts = ["say \"cheese\",\r\nplease", "second", "third"]
    #expect(table([entry]).contains("\"say \"\"cheese\"\",\r\nplease\",\"second\nthird\","))
  }

  @Test(arguments: ["\u{0301}", "\u{20E3}", "\u{FE0F}", "\u{200D}"])
  func aQuoteWithAMarkBehindItClosesNoCell(_ mark: String) {
    var entry = CatalogEntry.sample(1)
    entry.prompts = ["a\"\(mark),=1+1,\"\(mark)"]
    let bytes = CatalogTable.bytes([entry], [])
    #expect(bytes.firstRange(of: Array("\"a\"\"\(mark),=1+1,\"\"\(mark)\",".utf8)) != nil)
    #expect(bytes.count { $0 == UInt8(ascii: "\"") } % 2 == 0)
  }

  @Test(arguments: ["=", "+", "-", "@", "\t", "\r", "\n"])
  func aFormulaWithAMarkBehindItsFirstSignIsNone(_ sign: String) {
    var entry = CatalogEntry.sample(1)
    entry.prompts = ["\(sign)\u{0301}1"]
    let bytes = CatalogTable.bytes([entry], [])
    #expect(bytes.firstRange(of: Array("\"'\(sign)\u{0301}1\",".utf8)) != nil)
  }

  @Test func whatCannotBeReadIsAtTheEnd() {
    let lines = table([.sample(1)], [.init(address: "a.zip", path: "a.zip", reason: "is damaged")])
      .split(separator: "\r\n")
    #expect(lines[2] == "\"a.zip\",\"unreadable\",,,,,,,,,,,,,,,\"is damaged\"")
    #expect(lines[2].split(separator: ",", omittingEmptySubsequences: false).count == 17)
  }
}
