import KeepModel
import KeepTestKit
import Testing

@testable import KeepSimulator

/// How the simulated service calls back when it is not at its best.
@Suite struct WebhookFaultTests {
  private let inference = "/prod/v1/deployments/\(Fixture.deployment)/inference"

  /// Submits one run, and gives what its webhook was told while it answered with these statuses.
  private func told(
    _ faults: [String], answering statuses: [Int], isIntermediate: Bool = true,
    clock: SimulatorClock = SimulatorClock()
  ) async throws -> [JSONValue] {
    var configuration = Simulator.Configuration()
    configuration.longestSide = 32
    configuration.clock = clock
    configuration.faults = try faults.map { try ArmedFault(parsing: $0) }
    let simulator = try Simulator(configuration)
    let listener = try RawListener()
    return try await simulator.whileRunning { [inference] addresses in
      async let told = listener.receive(statuses)
      let query = "?webhook=http%3A%2F%2F127.0.0.1%3A\(listener.port)%2Fhook&webhook_intermediate_status="
      let client = try RawClient(addresses.api)
      _ = await client.send("POST", inference + query + "\(isIntermediate)", json: Fixture.body())
      return await told
    }
  }

  private func words(_ told: [JSONValue]) -> [String?] { told.map { $0["status"]?.string } }

  @Test func anEndMayComeBeforeItsBeginning() async throws {
    let told = try await told(["webhook-reordered"], answering: [200, 200, 200])
    #expect(words(told) == ["succeeded", "in_progress", "in_queue"])
  }

  @Test func oneDeliveryMayComeManyTimes() async throws {
    let told = try await told(
      ["webhook-duplicate=5"], answering: Array(repeating: 200, count: 5), isIntermediate: false)
    #expect(words(told) == Array(repeating: "succeeded", count: 5))
    #expect(Set(told.map { CanonicalJSON.compact($0) }).count == 1)
  }

  @Test func aLostDeliveryIsFollowedByTheNextOne() async throws {
    let told = try await told(["webhook-lost@2"], answering: [200])
    #expect(words(told) == ["succeeded"])
  }

  @Test func aLateDeliveryFollowsTheSimulatedTime() async throws {
    let clock = Self.hastyClock()
    let told = try await told(["webhook-late=36000"], answering: [200], isIntermediate: false, clock: clock)
    #expect(words(told) == ["succeeded"])
    let end = try #require(told[0]["finished_at"]?.string.flatMap { Timestamp(parsing: $0) })
    #expect(clock.now.milliseconds - end.milliseconds >= 36_000_000)
  }

  @Test func otherShapesAreToldToo() async throws {
    let output = try await told(["webhook-shape"], answering: [200], isIntermediate: false)
    #expect(output[0]["output"]?.object != nil && output[0]["outputs"] == nil)
    let outcome = try await told(["webhook-shape=outcome"], answering: [200, 200, 200])
    #expect(words(outcome) == ["in_queue", "in_progress", "completed"])
    #expect(outcome.last?["outcome"] == "succeeded")
  }

  @Test func aWebhookNeverLagsBehindTheRun() async throws {
    let told = try await told(["result-lag=3"], answering: [200], isIntermediate: false)
    #expect(words(told) == ["succeeded"])
  }

  @Test func whatIsNeverTakenIsGivenUpAfterADay() async throws {
    let folder = try TemporaryFolder()
    let closed = try ClosedPort()
    let url = try #require(HTTPURL("http://\(closed.address)/hook"))
    var configuration = Simulator.Configuration()
    configuration.log = folder("log.jsonl")
    configuration.clock = Self.hastyClock()
    let store = try SimulatorStore(configuration)
    try await WebhookMessage(store: store, run: "r-1", url: url, body: []).deliver()
    let lines = String(decoding: try folder.read("log.jsonl"), as: UTF8.self).split(separator: "\n")
    #expect(lines.count > 5 && lines.count < 60)
    #expect(lines.last?.contains("webhook-given-up") == true)
    #expect(lines.dropLast().allSatisfy { $0.contains(#""answer":null"#) })
  }

  private static func hastyClock() -> SimulatorClock {
    let ahead = SimulatorClock()
    return SimulatorClock(wall: { ahead.now }, waiting: HastyClock(ahead: ahead))
  }

  /// Every wait moves the simulated time on by ten minutes, and lets others work for a moment.
  private struct HastyClock: Clock {
    let ahead: SimulatorClock
    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
      ahead.advance(by: .seconds(600))
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}
