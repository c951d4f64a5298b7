import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@testable import KeepPipeline

@Suite struct BalanceFloorTests {
  private let clock = ManualClock()

  /// A floor of 5 dollars over an account that holds these millionths, look by look.
  private func floor(_ transport: ScriptedTransport) throws -> BalanceFloor {
    let reader = BalanceReader(api: try Bench.api(), transport: transport, clock: clock, now: { Bench.noon })
    return BalanceFloor(minimum: Balance(microdollars: 5_000_000), reader: reader, clock: clock)
  }

  private func account(_ looks: Int64...) -> ScriptedTransport {
    ScriptedTransport { _, number in
      FakeService.json(#"{"balance_microdollars":\#(looks[min(number, looks.count - 1)])}"#)
    }
  }

  @Test func aLookCountsForHalfAMinute() async throws {
    let transport = account(100_000_000)
    let floor = try floor(transport)
    for _ in 0..<3 { try await floor.check() }
    #expect(transport.exchanges.count == 1)
    clock.advance(by: .milliseconds(29_999))
    try await floor.check()
    #expect(transport.exchanges.count == 1)
    clock.advance(by: .milliseconds(1))
    try await floor.check()
    #expect(transport.exchanges.count == 2)
  }

  @Test func aLookAllowsNoMoreSubmitsThanTheRoomAboveTheFloor() async throws {
    let transport = account(11_000_000, 9_000_000, 7_000_000, 6_999_999, 5_000_000, 4_999_999)
    let floor = try floor(transport)
    var looks: [Int] = []
    for _ in 0..<8 {
      try await floor.check()
      looks.append(transport.exchanges.count)
    }
    #expect(looks == [1, 1, 1, 2, 2, 3, 4, 5])
    await #expect(throws: KeepError(.deploymentUnusable, .none, "")) { try await floor.check() }
  }

  @Test func belowTheFloorNothingMoreIsAskedForHalfAMinute() async throws {
    let transport = account(4_999_999, 20_000_000)
    let floor = try floor(transport)
    for _ in 0..<3 {
      let error = await #expect(throws: KeepError.self) { try await floor.check() }
      #expect(error?.code == .deploymentUnusable)
      #expect(error?.reason.contains("4.999999 USD are left") == true)
      #expect(error?.hint?.contains("--min-balance") == true)
    }
    #expect(transport.exchanges.count == 1)
    clock.advance(by: .seconds(30))
    try await floor.check()
  }

  @Test func whatCannotBeReadIsReadFourTimesAndThenRefuses() async throws {
    let transport = ScriptedTransport { _, _ in FakeService.json("", status: 503) }
    let floor = try floor(transport)
    for _ in 0..<3 {
      await #expect(throws: KeepError(.unavailable, .none, "")) { try await floor.check() }
    }
    #expect(transport.exchanges.count == 4)
  }

  @Test func theClockJumpsBackBetweenClaimAndSendWithoutEffect() async throws {
    let bench = try Bench()
    let archive = try await bench.archive()
    let transport = ObservedTransport(base: bench.transport) { request in
      guard request.method == .post else { return }
      bench.time.withLock { $0 = $0.advanced(by: .seconds(-3 * 86_400)) }
    }
    let submission = try bench.submission()
    let pipeline = try bench.pipeline(archive, over: transport)
    let outcome = await pipeline.run(submission, label: "cat.png")
    #expect(outcome.state == .archived)
    #expect(try await bench.story().prefix(3) == ["claimed", "submitting", "submitted"])
    #expect(await pipeline.run(submission, label: "cat.png").wasKeptAlready)
    #expect(bench.posts == 1)
  }
}
