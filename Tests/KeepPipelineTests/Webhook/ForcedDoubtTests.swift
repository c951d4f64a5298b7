import KeepModel
import Synchronization
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// A doubt that another process settles, and whose run it keeps, is over: a word that what is kept, or failed, may run
/// again was for the run that is in doubt.
@Suite(.timeLimit(.minutes(10))) struct ForcedDoubtTests {
  @Test(arguments: [true, false]) func aRunThatAnotherKeptMeanwhileIsNotPaidForAgain(isForced: Bool)
    async throws
  {
    let result = FakeService.json(#"{"status":"failed","error":"no"}"#)
    let bench = try Bench([
      .submit: { $0 == 0 ? FakeService.silence : nil },
      .status: { _ in FakeService.json(#"{"status":"completed"}"#) },
      .result: { _ in isForced ? nil : result },
    ])
    let archive = try await bench.archive()
    let submission = try bench.submission()
    let pipeline = try bench.pipeline(archive) { configuration in
      configuration.repeatsKept = isForced
      configuration.repeatsEnded = !isForced
      configuration.webhook = HTTPURL("https://hooks.example.net/x")
      configuration.doubtPatience = .seconds(1_000_000_000)
    }
    let other = try bench.pipeline(archive)
    let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await Self.settleAndKeep(submission.key, "r-1", other) }
      let outcome = await pipeline.run(submission, label: "cat.png")
      try await group.waitForAll()
      return outcome
    }
    #expect(outcome.request == "r-1")
    #expect(outcome.state == (isForced ? .archived : .failed))
    #expect(bench.posts == 1)
  }

  /// What `listen` does: settles by the webhook, then follows and keeps the run, all under the submission's lease.
  private static func settleAndKeep(
    _ key: SubmissionKey, _ request: RequestID, _ pipeline: Pipeline
  ) async throws {
    // The submission's lease is had by who submits; once that ended in doubt it is ours, before anybody looks again.
    while try await pipeline.ledger.standing(of: key) == nil { await Task.yield() }
    try await pipeline.archive.turns.alone("submission \(key)") { () async throws in
      #expect(try await pipeline.ledger.standing(of: key)?.state == .inDoubt)
      #expect(try await pipeline.ledger.recordHint(request, for: key))
      #expect(try await pipeline.settler.settleAlone(key))
      let run = Run(pipeline: pipeline, index: 0, label: "r-1", halt: pipeline.halt())
      _ = await run.outcome(of: Request(id: request, deployment: "d-1"))
    }
  }
}
