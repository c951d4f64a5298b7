import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@testable import KeepSubmit

/// Many requests, one service: how fast it is asked by all together.
@Suite(.timeLimit(.minutes(10))) struct PollLimiterTests {
  /// What the service says now, whatever it is asked.
  private final class Service: Sendable {
    let clock = ManualClock()
    let limiter: PollLimiter
    private let tracker: RequestTracker
    private let transport: ScriptedTransport

    init(answering answer: @escaping @Sendable () -> BufferedResponse) throws {
      limiter = PollLimiter(clock: clock)
      transport = ScriptedTransport { _, _ in .response(answer()) }
      tracker = RequestTracker(
        client: DeploymentClient(transport: transport, api: try Samples.api()), clock: clock,
        limiter: limiter, jitter: { 0.5 })
    }

    var calls: Int { transport.exchanges.count }

    /// Asks once after each of so many requests, all at once; how long that took by the clock.
    func askAll(_ count: Int) async -> Duration {
      let start = clock.now
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<count {
          let request = Request(id: RequestID("req-\(number)"), deployment: Samples.deployment)
          group.addTask { _ = try? await self.tracker.outcome(of: request, maxWait: .zero) }
        }
      }
      return start.duration(to: clock.now)
    }
  }

  private static let running = Samples.answer(200, #"{"status":"in_progress"}"#)

  /// faults.md row 70.
  @Test func twoHundredInFlightAskSlowerOnceTheServiceSaysTooFast() async throws {
    let isTooFast = Mutex(false)
    let service = try Service {
      isTooFast.withLock { $0 } ? Samples.answer(429, "{}") : Self.running
    }
    _ = await service.askAll(1)
    // The first call of each round waits for the spacing after the last one of the round before.
    #expect(await service.askAll(200) == .seconds(40))
    isTooFast.withLock { $0 = true }
    _ = await service.askAll(200)
    #expect(service.limiter.spacing == .seconds(30))
    isTooFast.withLock { $0 = false }
    // The spacing shrinks by a tenth with each good answer, and no answer comes before its call: 30 s, 27 s, 24 s…
    #expect(await service.askAll(200) > .seconds(250))
    #expect(service.limiter.spacing == .milliseconds(200))
    #expect(await service.askAll(200) < .seconds(70))
    #expect(service.calls == 801)
  }

  @Test func nobodyAsksBeforeTheTimeThatWasToldToOneOfThem() async throws {
    let answers = Mutex([
      Samples.answer(429, "{}", headers: ["Retry-After": "600"]),
      Samples.answer(429, "{}", headers: ["Retry-After": "20"]),
    ])
    let service = try Service {
      answers.withLock { $0.isEmpty ? Self.running : $0.removeFirst() }
    }
    _ = await service.askAll(2)
    // Whether the second one still came within the same round or not, the third comes after the 600 s.
    _ = await service.askAll(1)
    #expect(service.clock.now.offset >= .seconds(600))
    #expect(await service.askAll(1) < .seconds(2))
  }

  /// faults.md row 69.
  @Test func afterTheMachineSleptTheWaitingAskOneByOne() async throws {
    let service = try Service { Self.running }
    _ = await service.askAll(5)
    service.clock.advance(by: .seconds(8 * 3600))
    // The first may ask at once, the other 99 stand in line as ever.
    #expect(await service.askAll(100) == .milliseconds(200 * 99))
    #expect(service.calls == 105)
  }

  /// faults.md row 69.
  @Test func afterTheMachineSleptARequestIsAskedOnceAndWaitsAgain() async throws {
    let answers = Mutex<[String]>(
      Array(repeating: #"{"status":"in_progress"}"#, count: 3)
        + [#"{"status":"completed"}"#, #"{"status":"succeeded","outputs":{"9":{}}}"#])
    let clock = ManualClock()
    let calls = Mutex<[Duration]>([])
    let transport = ScriptedTransport { _, number in
      calls.withLock { $0.append(clock.now.offset) }
      if number == 1 { clock.advance(by: .seconds(8 * 3600)) }
      return .response(Samples.answer(200, answers.withLock { $0.removeFirst() }))
    }
    let tracker = RequestTracker(
      client: DeploymentClient(transport: transport, api: try Samples.api()), clock: clock,
      limiter: PollLimiter(clock: clock), jitter: { 0.5 })
    #expect(try await tracker.outcome(of: Samples.request).verdict == .succeeded)
    let times = calls.withLock { $0 }
    try #require(times.count == 5)
    // By then the run is old: the longest wait of all follows, and no call is made up for.
    #expect(times[2] - times[1] == .seconds(8 * 3600 + 10))
    #expect(times[3] - times[2] == .seconds(10))
  }

  @Test func whoStopsWaitingLeavesItsTurnToOthers() async throws {
    let clock = ManualClock { number in if number == 0 { throw CancellationError() } }
    let limiter = PollLimiter(clock: clock, spacing: .seconds(1))
    try await limiter.turn()
    await #expect(throws: CancellationError.self) { try await limiter.turn() }
    let before = clock.now
    try await limiter.turn()
    #expect(before.duration(to: clock.now) <= .seconds(1))
    try await limiter.turn()
    #expect(before.duration(to: clock.now) <= .seconds(2))
  }
}
