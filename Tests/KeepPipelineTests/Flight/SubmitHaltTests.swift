import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct SubmitHaltTests {
  private static func failed(_ messages: String...) -> RunResult {
    RunResult(
      verdict: .failed, word: "failed", failures: messages.map { RunFailure(message: $0) },
      document: [:], raw: [])
  }

  private static func ended(_ verdict: RunResult.Verdict) -> RunResult {
    RunResult(verdict: verdict, word: verdict.rawValue, document: [:], raw: [])
  }

  private func learn(_ results: [RunResult], in halt: SubmitHalt, on deployment: DeploymentID = "d-1") {
    for (number, result) in results.enumerated() {
      halt.learn(result, of: Request(id: RequestID("req-\(number)"), deployment: deployment))
    }
  }

  @Test func theSameErrorWithOtherNumbersIsTheSame() throws {
    let halt = SubmitHalt(maximumSameFailures: 3)
    learn(["step 1 of 20", "step 17 of 20", "step 3 of 4"].map { Self.failed($0) }, in: halt)
    let reason = try #require(halt.reason(for: "d-1"))
    #expect(reason.code == .remoteFailed)
    #expect(reason.delivery == .notDelivered)
    #expect(reason.reason.contains("3 runs in a row") && reason.reason.contains("step 3 of 4"))
  }

  @Test func fewerThanEnoughAreNotEnough() {
    let halt = SubmitHalt(maximumSameFailures: 3)
    learn([Self.failed("out of memory"), Self.failed("out of memory")], in: halt)
    #expect(halt.reason(for: "d-1") == nil)
  }

  @Test func otherErrorsInBetweenBeginAnew() {
    let halt = SubmitHalt(maximumSameFailures: 2)
    learn([Self.failed("a"), Self.failed("b"), Self.failed("a"), Self.failed("a", "b")], in: halt)
    #expect(halt.reason(for: "d-1") == nil)
    learn([Self.failed("a", "b")], in: halt)
    #expect(halt.reason(for: "d-1") != nil)
  }

  @Test func aSuccessInBetweenBeginsAnewAndACancelDoesNot() {
    let halt = SubmitHalt(maximumSameFailures: 2)
    learn([Self.failed("a"), Self.ended(.succeeded), Self.failed("a")], in: halt)
    #expect(halt.reason(for: "d-1") == nil)
    learn([Self.ended(.canceled), Self.failed("a")], in: halt)
    #expect(halt.reason(for: "d-1") != nil)
  }

  @Test func deploymentsAreCountedApart() {
    let halt = SubmitHalt(maximumSameFailures: 2)
    learn([Self.failed("a")], in: halt, on: "d-1")
    learn([Self.failed("a")], in: halt, on: "d-2")
    #expect(halt.reason(for: "d-1") == nil)
    learn([Self.failed("a")], in: halt, on: "d-2")
    #expect(halt.reason(for: "d-1") == nil)
    #expect(halt.reason(for: "d-2") != nil)
  }

  @Test func onceStoppedItStaysSo() {
    let halt = SubmitHalt(maximumSameFailures: 1)
    learn([Self.failed("a"), Self.ended(.succeeded)], in: halt)
    #expect(halt.reason(for: "d-1") != nil)
  }

  @Test func withoutANumberNothingStops() {
    let halt = SubmitHalt(maximumSameFailures: nil)
    learn(Array(repeating: Self.failed("a"), count: 100), in: halt)
    #expect(halt.reason(for: "d-1") == nil)
  }

  @Test func aRefusedTokenStopsAllDeploymentsAndARefusedDeploymentItselfAlone() {
    let halt = SubmitHalt()
    halt.learn(KeepError(.deploymentUnusable, .none, "is disabled"), from: "d-1")
    #expect(halt.reason(for: "d-1")?.code == .deploymentUnusable)
    #expect(halt.reason(for: "d-2") == nil)
    halt.learn(KeepError(.unavailable, .none, "busy"), from: "d-2")
    #expect(halt.reason(for: "d-2") == nil)
    halt.learn(KeepError(.tokenRefused, .none, "is refused"), from: "d-3")
    #expect(halt.reason(for: "d-2")?.code == .tokenRefused)
  }
}
