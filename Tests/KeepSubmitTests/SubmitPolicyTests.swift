import KeepModel
import KeepSubmit
import KeepTestKit
import KeepTransport
import Testing

@Suite struct SubmitPolicyTests {
  private let policy = SubmitPolicy(attempts: 3, firstDelay: .seconds(1), longestDelay: .seconds(15))

  @Test(arguments: [
    ("1", Duration.seconds(1)), ("7", .seconds(7)), ("0", .milliseconds(500)), ("-5", .seconds(1)),
    ("1000000000", .seconds(900)), ("99999999999999999999999999", .seconds(900)),
    ("soon", .seconds(1)), ("", .seconds(1)), ("1.5", .milliseconds(1500)),
    ("Sun, 06 Nov 1994 08:49:47 GMT", .seconds(10)), ("Sun, 06 Nov 1994 08:00:00 GMT", .milliseconds(500)),
    ("Sun, 06 Nov 2094 08:49:37 GMT", .seconds(900)),
  ])
  func retryAfterIsHonouredCappedAndNeverABusyLoop(value: String, wait: Duration) async throws {
    let headers: HTTPHeaders = ["retry-after": value, "Date": "Sun, 06 Nov 1994 08:49:37 GMT"]
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(429, "", headers: headers)) }
    let client = DeploymentClient(transport: transport, api: try Samples.api())
    let verdict = try await client.attempt(Samples.emptyBody, to: Samples.deployment)
    guard case .notTaken(let error) = verdict else { return #expect(Bool(false), "\(verdict)") }
    #expect(policy.delay(afterFailure: 0, retry: error.retry, jitter: 1) == wait)
    #expect(transport.exchanges.count == 1)
  }

  @Test func ourOwnWaitDoublesUpToTheLongestAndIsSpreadOverItsSecondHalf() {
    let waits = (0..<6).map { policy.delay(afterFailure: $0, retry: .backOff, jitter: 1) }
    #expect(waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15), .seconds(15)])
    #expect(policy.delay(afterFailure: 1, retry: .backOff, jitter: 0) == .seconds(1))
  }
}
