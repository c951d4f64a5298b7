import KeepModel
import KeepSubmit
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// What becomes of a delivery: the ledger and the service decide, never the delivery.
@Suite(.timeLimit(.minutes(10))) struct RunHintsTests {
  private static func hint(_ request: String, _ key: SubmissionKey? = nil) throws -> WebhookHint {
    try WebhookHint(
      query: key.map { "submission_key=\($0.rawValue)" },
      body: Array(#"{"request_id":"\#(request)","deployment_id":"d-1","status":"succeeded"}"#.utf8))
  }

  private static func open(
    _ bench: Bench, takesForeign: Bool = false
  ) async throws -> (pipeline: Pipeline, hints: RunHints) {
    let pipeline = try bench.pipeline(try await bench.archive())
    return (pipeline, RunHints(pipeline.settler, takesForeign: takesForeign))
  }

  @Test func whatIsInDoubtIsSettledAndTold() async throws {
    let bench = try Bench()
    let (pipeline, hints) = try await Self.open(bench)
    let submission = try bench.submission()
    _ = try await pipeline.ledger.claim(submission)
    try await pipeline.ledger.beginSubmit(submission.key)
    try await pipeline.ledger.doubt(submission.key, reason: "silence")
    #expect(await hints.take(try Self.hint("r-1", submission.key)) == .taken)
    #expect(try await pipeline.ledger.standing(of: submission.key)?.state == .submitted)
    await hints.nextNews()
  }

  @Test func whoFollowsTheRunIsWoken() async throws {
    let bench = try Bench()
    let (pipeline, hints) = try await Self.open(bench)
    try await pipeline.ledger.adopt(Request(id: "r-1", deployment: "d-1"))
    let nudge = hints.nudge(for: "r-1")
    #expect(await hints.take(try Self.hint("r-1")) == .taken)
    await nudge.next()
    // The word in the delivery changed nothing.
    #expect(try await pipeline.ledger.record(of: "r-1")?.wasAnswered == false)
    hints.forget("r-1")
    #expect(await hints.take(try Self.hint("r-1")) == .taken)
    await hints.nextNews()
  }

  @Test func anUnknownSubmissionIsNotNoted() async throws {
    let bench = try Bench()
    let (pipeline, hints) = try await Self.open(bench, takesForeign: true)
    let submission = try bench.submission()
    #expect(await hints.take(try Self.hint("r-1", submission.key)) == .unknown)
    #expect(try await pipeline.ledger.entries().isEmpty)
    #expect(bench.service.count(.status) == 0)
  }

  @Test func aRunMadeElsewhereIsTakenInOnlyWhereWantedAndKnown() async throws {
    let bench = try Bench([.status: { $0 < 2 ? FakeService.json("{}", status: 404) : nil }])
    let (pipeline, hints) = try await Self.open(bench)
    #expect(await hints.take(try Self.hint("r-1")) == .unknown)
    #expect(bench.service.count(.status) == 0)
    let open = RunHints(pipeline.settler, takesForeign: true)
    #expect(await open.take(try Self.hint("r-1")) == .unknown)
    #expect(try await pipeline.ledger.entries().isEmpty)
    #expect(await open.take(try Self.hint("r-1")) == .taken)
    #expect(try await pipeline.ledger.entries().map(\.request) == ["r-1"])
  }

  @Test func whatCannotBeCheckedNowIsToComeAgain() async throws {
    let bench = try Bench([.status: { _ in FakeService.json("{}", status: 500) }])
    let (pipeline, hints) = try await Self.open(bench, takesForeign: true)
    #expect(await hints.take(try Self.hint("r-1")) == .busy)
    #expect(try await pipeline.ledger.entries().isEmpty)
  }

  @Test func whatCannotBeNotedNowIsToComeAgain() async throws {
    let bench = try Bench()
    let (pipeline, hints) = try await Self.open(bench)
    let submission = try bench.submission()
    _ = try await pipeline.ledger.claim(submission)
    try await pipeline.ledger.beginSubmit(submission.key)
    try await pipeline.ledger.doubt(submission.key, reason: "silence")
    try await pipeline.ledger.execute(
      "CREATE TEMP TRIGGER refused BEFORE INSERT ON main.hint BEGIN SELECT RAISE(ABORT, 'the disk says no'); END"
    )
    #expect(await hints.take(try Self.hint("r-1", submission.key)) == .busy)
    try await pipeline.ledger.execute("DROP TRIGGER refused")
    #expect(try await pipeline.ledger.hints(for: submission.key).isEmpty)
    #expect(await hints.take(try Self.hint("r-1", submission.key)) == .taken)
    #expect(try await pipeline.ledger.standing(of: submission.key)?.state == .submitted)
  }
}
