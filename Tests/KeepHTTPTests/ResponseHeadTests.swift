import KeepModel
import KeepTransport
import Testing

@testable import KeepHTTP

@Suite struct ResponseHeadTests {
  private func steps(_ lines: [String], _ parser: inout ResponseHeadParser) -> [ResponseHeadParser.Step] {
    lines.map { line in Array((line + "\r\n").utf8).withUnsafeBytes { parser.take($0) } }
  }

  @Test func readsStatusAndFields() throws {
    var parser = ResponseHeadParser()
    let all = steps(["HTTP/1.1 404 Not: Found", "A:1", "B: \t2 \t", "no colon", "C:", ""], &parser)
    #expect(all.dropLast().allSatisfy { $0 == .more })
    let head = try #require(parser.head)
    #expect(all.last == .complete(head))
    #expect(head.status == 404)
    #expect(head.headers == ["A": "1", "B": "2", "C": ""])
  }

  @Test func readsTheHeadOfHTTP2() throws {
    var parser = ResponseHeadParser()
    _ = steps(["HTTP/2 200", "a: 1", ""], &parser)
    #expect(parser.head?.status == 200)
  }

  @Test func forgetsInterimAnswersAndDropsTrailers() throws {
    var parser = ResponseHeadParser()
    let all = steps(["HTTP/1.1 100 Continue", "X: 1", "", "HTTP/1.1 200", "Y: 2", "", "Z: 3", ""], &parser)
    #expect(all.count { $0 != .more } == 1)
    #expect(parser.head?.headers == ["Y": "2"])
  }

  @Test(arguments: ["HTTP/1.1 abc", "HTTP/1.1", "HTTP/1.1 ", "X: 1"])
  func aHeadWithoutAStatusIsNone(line: String) {
    var parser = ResponseHeadParser()
    _ = steps([line, ""], &parser)
    #expect(parser.head == nil)
  }

  @Test func countsInterimAnswersAndTrailersToo() {
    var parser = ResponseHeadParser()
    let many = Array(repeating: ["HTTP/1.1 100 Continue", ""], count: 20_000).flatMap { $0 }
    #expect(steps(many, &parser).last == .tooLarge)
  }
}
