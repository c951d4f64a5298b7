import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@testable import KeepSubmit

@Suite struct RequestTrackerTests {
  /// What a scripted service says, one entry a call; the last one stays.
  private struct Run {
    let clock: ManualClock
    let transport: ScriptedTransport
    let tracker: RequestTracker

    init(
      _ answers: [String], policy: PollPolicy = .standard, clock: ManualClock = ManualClock(),
      limiter: PollLimiter? = nil
    ) throws {
      self.clock = clock
      // A 404 is looked up under the other version too, which is not counted here.
      let served = Mutex(0)
      let transport = ScriptedTransport { exchange, _ in
        if exchange.request.url.path.contains("/v2/") { return .response(Samples.answer(404, "{}")) }
        let number = served.withLock { number in
          defer { number += 1 }
          return number
        }
        return Run.answer(answers[min(number, answers.count - 1)])
      }
      self.transport = transport
      self.tracker = RequestTracker(
        client: DeploymentClient(transport: transport, api: try Samples.api()), policy: policy,
        clock: clock, limiter: limiter, jitter: { 0.5 })
    }

    /// `503`, `429 7` (with Retry-After), `down`, a status word, or a whole body.
    private static func answer(_ word: String) -> ScriptedTransport.Answer {
      let parts = word.split(separator: " ")
      if let status = Int(parts[0]) {
        let headers: HTTPHeaders = parts.count > 1 ? ["Retry-After": String(parts[1])] : [:]
        return .response(Samples.answer(status, "{}", headers: headers))
      }
      if word == "down" { return .failure(Samples.unreachable(.notDelivered)) }
      return .response(Samples.answer(200, word.hasPrefix("{") ? word : #"{"status":"\#(word)"}"#))
    }

    func outcome(
      age: Duration = .zero, maxWait: Duration? = nil,
      onStatus: @Sendable (RequestStatus) async -> Void = { _ in }
    ) async throws -> RunResult {
      try await tracker.outcome(
        of: Samples.request, age: age, maxWait: maxWait, onStatus: onStatus)
    }

    /// The calls made, `s` for status and `r` for result.
    var calls: String {
      transport.exchanges.filter { $0.request.url.path.contains("/v1/") }
        .map { $0.request.url.path.hasSuffix("/status") ? "s" : "r" }.joined()
    }
  }

  private static let success = #"{"status":"succeeded","outputs":{"9":{}}}"#

  @Test func aRunIsFollowedToItsResult() async throws {
    let run = try Run(["in_queue", "warming_up", "in_progress", "completed", Self.success])
    let words = Mutex<[String]>([])
    let result = try await run.outcome { status in words.withLock { $0.append(status.word) } }
    #expect(result.verdict == .succeeded)
    #expect(words.withLock { $0 } == ["in_queue", "warming_up", "in_progress", "completed"])
    #expect(run.calls == "ssssr")
    #expect(run.clock.sleeps.count == 3)
    #expect(run.clock.sleeps.first == .seconds(2))
  }

  @Test func pollsThinOutWithAge() {
    let policy = PollPolicy.standard
    let ages: [Duration] = [.zero, .seconds(30), .seconds(60), .seconds(120), .seconds(9999)]
    let waits = ages.map { policy.interval(age: $0, jitter: 0.5) }
    #expect(waits == [.seconds(2), .seconds(4), .seconds(6), .seconds(10), .seconds(10)])
    #expect(policy.interval(age: .zero, jitter: 0) < .seconds(1.7))
    #expect(policy.interval(age: .seconds(999), jitter: 1) > .seconds(11.9))
  }

  @Test func passingTroubleIsNoFailure() async throws {
    let answers = ["in_progress"] + Array(repeating: "500", count: 20) + ["down", "429 120", "completed"]
    let run = try Run(answers + ["502", Self.success])
    #expect(try await run.outcome().verdict == .succeeded)
    #expect(run.clock.sleeps.contains { $0 >= .seconds(120) })
    #expect(run.clock.now.offset > .seconds(600))
  }

  @Test func patienceEnds() async throws {
    let run = try Run(
      ["503"], policy: PollPolicy(first: .seconds(2), longest: .seconds(10), patience: .seconds(300)))
    await #expect(throws: KeepError(.unavailable, .request("req-1"), "")) { try await run.outcome() }
    #expect(run.clock.now.offset >= .seconds(300))
    #expect(run.clock.now.offset < .seconds(400))
  }

  @Test func aSleepOfTheMachineDoesNotEndPatience() {
    var machine = RequestMachine(request: "r", policy: .standard)
    let failure = RequestMachine.Event.statusFailed(Samples.unreachable(.notDelivered))
    _ = machine.receive(failure, at: .seconds(1), jitter: 0.5)
    guard case .askStatus = machine.receive(failure, at: .seconds(28_800), jitter: 0.5) else {
      Issue.record("gave up after a sleep")
      return
    }
  }

  @Test func theFirst404IsNotTheEnd() async throws {
    let run = try Run(["404", "404", "in_queue", "completed", Self.success])
    #expect(try await run.outcome().verdict == .succeeded)
  }

  @Test func aRunThatStaysUnknownEnds() async throws {
    let run = try Run(["404"])
    let error = await #expect(throws: KeepError.self) { try await run.outcome() }
    #expect(error?.httpStatus == 404)
    #expect(error?.code == .failure)
    #expect(run.clock.now.offset >= .seconds(50))
    let old = try Run(["404"])
    let expired = await #expect(throws: KeepError.self) {
      try await old.outcome(age: .seconds(8 * 86_400))
    }
    #expect(expired?.code == .expired)
    #expect(old.calls == "r")
  }

  @Test(arguments: ["401", "403"])
  func aRefusalEndsAtOnce(status: String) async throws {
    let run = try Run([status])
    await #expect(throws: KeepError(.tokenRefused, .request("req-1"), "")) { try await run.outcome() }
    #expect(run.calls == "s")
  }

  @Test func aLaggingResultIsAskedForAgainAndThenMissed() async throws {
    let late = try Run(["completed", "in_progress", "404", Self.success])
    #expect(try await late.outcome().verdict == .succeeded)
    #expect(late.calls == "srrr")
    let never = try Run(["completed", "in_progress"])
    let error = await #expect(throws: KeepError.self) { try await never.outcome() }
    #expect(error?.code == .unavailable)
    #expect(error?.reason.contains("finished") == true)
    #expect(never.calls == "srrrrrr")
  }

  @Test func anEndStandsEvenIfTheResultGoesBack() async throws {
    let run = try Run(["completed", "in_queue", "in_progress", Self.success])
    #expect(try await run.outcome().verdict == .succeeded)
    #expect(run.calls == "srrr")
  }

  @Test func theResultTellsWhyARunFailed() async throws {
    let run = try Run(["failed", #"{"status":"failed","error":[{"error":"oom"}]}"#])
    let result = try await run.outcome()
    #expect(result.verdict == .failed)
    #expect(result.failures.map(\.message) == ["oom"])
  }

  @Test func aFailedOrCanceledRunEndsWithoutAResultToo() async throws {
    let failed = try await Run(["failed", "404"]).outcome()
    #expect(failed.verdict == .failed && !failed.failures.isEmpty && failed.raw.isEmpty)
    let canceled = try await Run(["cancelled", "in_progress"]).outcome()
    #expect(canceled.verdict == .canceled && canceled.word == "cancelled")
    let refused = try await Run(["canceled", "409"]).outcome()
    #expect(refused.verdict == .canceled)
  }

  @Test func aCanceledRunThatFinishedKeepsItsOutputs() async throws {
    #expect(try await Run(["canceled", Self.success]).outcome().verdict == .succeeded)
  }

  @Test func aResultAheadOfTheStatusIsFound() async throws {
    let run = try Run(
      Array(repeating: "in_progress", count: 12) + [#"{"status":"in_progress"}"#]
        + Array(repeating: "in_progress", count: 12) + [Self.success])
    #expect(try await run.outcome().verdict == .succeeded)
    #expect(run.calls == String(repeating: "s", count: 12) + "r" + String(repeating: "s", count: 12) + "r")
  }

  @Test func waitingEndsAtItsLimitWithOneLastLook() async throws {
    let run = try Run(["in_progress"])
    let error = await #expect(throws: KeepError.self) { try await run.outcome(maxWait: .seconds(5)) }
    #expect(error?.code == .unfinished)
    #expect(run.clock.now.offset == .seconds(5))
    let once = try Run(["in_queue"])
    await #expect(throws: KeepError(.unfinished, .request("req-1"), "")) {
      try await once.outcome(maxWait: .zero)
    }
    #expect(once.calls == "s")
    #expect(try await Run(["completed", Self.success]).outcome(maxWait: .zero).verdict == .succeeded)
  }

  @Test func stoppingIsSaidAsSuch() async throws {
    let run = try Run(["in_queue"], clock: ManualClock { _ in throw CancellationError() })
    await #expect(throws: KeepError(.interrupted, .request("req-1"), "")) { try await run.outcome() }
  }

  @Test func intervalsMayBeMilliseconds() async throws {
    let policy = PollPolicy(first: .milliseconds(5), longest: .milliseconds(20))
    let run = try Run(["in_queue", "completed", Self.success], policy: policy)
    #expect(try await run.outcome().verdict == .succeeded)
    #expect(run.clock.now.offset < .milliseconds(10))
  }

  @Test func aTooFastSlowsEveryTrackerDown() async throws {
    let clock = ManualClock()
    let limiter = PollLimiter(clock: clock, spacing: .seconds(1))
    for turn in 0..<3 {
      try await limiter.turn()
      #expect(clock.now.offset == .seconds(turn))
    }
    limiter.slowDown(.after(.seconds(60)))
    #expect(limiter.spacing == .seconds(2))
    try await limiter.turn()
    #expect(clock.now.offset == .seconds(62))
    try await limiter.turn()
    #expect(clock.now.offset == .seconds(64))
    for _ in 0..<50 { limiter.succeeded() }
    #expect(limiter.spacing == .seconds(1))
    let run = try Run(["429 30", "completed", Self.success], clock: clock, limiter: limiter)
    #expect(try await run.outcome().verdict == .succeeded)
    #expect(limiter.spacing > .seconds(1))
  }

  @Test(.timeLimit(.minutes(10))) func aNudgeCutsAWaitShort() async throws {
    let policy = PollPolicy(first: .seconds(36_000), longest: .seconds(36_000), nudgeFloor: .zero)
    let nudge = PollNudge()
    let transport = ScriptedTransport { _, number in
      nudge.give()
      let bodies = [#"{"status":"in_queue"}"#, #"{"status":"completed"}"#, Self.success]
      return .response(Samples.answer(200, bodies[min(number, 2)]))
    }
    let tracker = RequestTracker(
      client: DeploymentClient(transport: transport, api: try Samples.api()), policy: policy,
      clock: ContinuousClock())
    let result = try await tracker.outcome(of: Samples.request, nudge: nudge)
    #expect(result.verdict == .succeeded)
  }

  @Test func aNudgeNeverShortensAWaitThatTheServiceAskedFor() async throws {
    let nudge = PollNudge()
    let clock = ManualClock()
    let transport = ScriptedTransport { _, number in
      nudge.give()
      return .response(
        number == 0
          ? Samples.answer(429, "", headers: ["Retry-After": "600"])
          : Samples.answer(200, number == 1 ? #"{"status":"completed"}"# : Self.success))
    }
    let tracker = RequestTracker(
      client: DeploymentClient(transport: transport, api: try Samples.api()), clock: clock)
    let result = try await tracker.outcome(of: Samples.request, nudge: nudge)
    #expect(result.verdict == .succeeded)
    #expect(clock.sleeps == [.seconds(600)])
  }

  @Test(.timeLimit(.minutes(10))) func aNudgeIsKeptUntilSomeoneWaitsAndCancellingEndsTheWait() async {
    let nudge = PollNudge()
    nudge.give()
    await nudge.next()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await nudge.next() }
      group.cancelAll()
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await nudge.next() }
      nudge.give()
    }
  }

  @Test func aRedirectOfTheServiceEndsAtOnce() async throws {
    let run = try Run(["302"])
    let error = await #expect(throws: KeepError.self) { try await run.outcome() }
    #expect(error?.reason.contains("redirect") == true)
    #expect(run.calls == "s")
  }

  @Test func aHostileBodyIsPassingTrouble() async throws {
    let deep = "{" + #""a":"# + String(repeating: "[", count: 100_000)
    let run = try Run([deep, #"{"status":1e400}"#, #"{"status":"\ud800"}"#, "completed", Self.success])
    #expect(try await run.outcome().verdict == .succeeded)
  }
}
