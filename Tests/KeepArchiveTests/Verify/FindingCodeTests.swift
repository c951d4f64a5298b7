import KeepModel
import Testing

@testable import KeepArchive

@Suite struct FindingCodeTests {
  @Test func everyCodeHasASummaryAndALevel() {
    for code in FindingCode.allCases {
      #expect(!code.summary.isEmpty, "\(code)")
      let isWarning = code.rawValue.hasPrefix("W")
      #expect((code.status == nil) == isWarning, "\(code)")
    }
    #expect(FindingCode.summaries.count == FindingCode.allCases.count)
  }

  @Test func aReportHasAnEnd() {
    var log = FindingLog()
    for number in 0..<1000 { log.note(.payloadDamaged, path: "data/\(number)", "differs") }
    log.note(.strayBytes, "one")
    let findings = log.finished()
    #expect(findings.count == FindingLog.limit + 2)
    #expect(findings.first?.code == "E130")
    #expect(findings.last?.message == "and 950 more of the same")
  }

  @Test func foreignTextIsMadePrintable() {
    var log = FindingLog()
    log.note(.nameNotPortable, path: "a\u{1B}[31m\u{202E}b\n", String(repeating: "x", count: 5000))
    let finding = log.finished().first
    #expect(finding?.path == #"a\u{1B}[31m\u{202E}b\n"#)
    #expect((finding?.message.count ?? 0) < 400)
  }
}
