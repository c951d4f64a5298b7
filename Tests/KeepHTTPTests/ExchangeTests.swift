import KeepModel
import KeepTransport
import Testing

@testable import KeepHTTP

@Suite(.timeLimit(.minutes(10))) struct ExchangeTests {
  /// The caller would else ask for ever for a head that is not there any more.
  @Test func anAnswerThatIsWholeAndGivenUpBeforeItWasSeenThrows() async throws {
    let url = try #require(HTTPURL("https://api.example/x"))
    let exchange = Exchange(HTTPRequest(.get, url))
    exchange.setHead(ResponseHead(status: 200, headers: [:]))
    exchange.end(nil)
    _ = exchange.abandon(KeepError(.interrupted, .none, "given up"))
    await #expect(throws: KeepError(.interrupted, .none, "")) { try await exchange.head() }
  }
}
