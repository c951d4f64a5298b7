import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct FaultTests {
  @Test func everyFaultIsReadFromItsNameAndSpelledTheSame() throws {
    for fault in Fault.allCases {
      let armed = try ArmedFault(parsing: "\(fault.rawValue)@3")
      #expect(armed.fault == fault)
      #expect(armed.count == 3)
      #expect(try ArmedFault(parsing: armed.description) == armed)
    }
  }

  @Test func valueMayHoldAtSignsAndEqualsSigns() throws {
    let armed = try ArmedFault(parsing: "output-redirect=http://user@127.0.0.1/x?a=b@2")
    #expect(armed.value == "http://user@127.0.0.1/x?a=b")
    #expect(armed.count == 2)
    #expect(try ArmedFault(parsing: "status-word=a@b").value == "a@b")
  }

  @Test(arguments: ["", "nonsense", "gate=10004", "error-submit=200", "canceled-word=x", "result-lag=-1"])
  func whatIsNoFaultIsRefused(_ text: String) {
    #expect(throws: KeepError(.usage, .option(option(text)), "")) { try ArmedFault(parsing: text) }
  }

  private func option(_ text: String) -> String {
    let name = String(text.prefix { $0 != "=" })
    return Fault(rawValue: name) == nil ? "--fault" : "--fault \(name)"
  }

  @Test func countedFaultStrikesThatOftenAndNoMore() throws {
    var board = FaultBoard([try ArmedFault(parsing: "throttle-submit=1@2")])
    let taken = (0..<3).map { _ in board.take(.throttleSubmit) }
    let other = board.take(.expired)
    #expect(taken == ["1", "1", nil])
    #expect(other == nil)
  }

  @Test func uncountedFaultStrikesUntilCleared() throws {
    var board = FaultBoard([try ArmedFault(.expired)])
    let struck = (0..<5).map { _ in board.strikes(.expired) }
    board.clear()
    let struckAfterwards = board.strikes(.expired)
    #expect(struck == Array(repeating: true, count: 5))
    #expect(!struckAfterwards)
  }

  @Test func helpNamesEveryFault() {
    let lines = Fault.help.split(separator: "\n").map { $0.drop { $0 == " " } }
    for name in Fault.allNames { #expect(lines.contains { $0.hasPrefix(name) }) }
  }
}
