import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// A command after a crash goes on after the last step that the ledger knows.
@Suite struct ResumeTests {
  /// Brings the ledger to a state, as a killed command would have left it.
  private func leave(_ bench: Bench, _ submission: Submission, in state: SubmissionState) async throws {
    let archive = try await bench.archive()
    let ledger = archive.ledger
    _ = try await ledger.claim(submission)
    if state == .claimed { return }
    try await ledger.beginSubmit(submission.key)
    switch state {
    case .submitting: return
    case .inDoubt: try await ledger.doubt(submission.key, reason: "silence")
    case .rejected: try await ledger.reject(submission.key, reason: "bad node")
    case .abandoned:
      try await ledger.doubt(submission.key, reason: "silence")
      try await ledger.settle(submission.key, resubmit: false)
    default:
      try await ledger.recordSubmitted(Request(id: "req-0", deployment: "d-1"), for: submission.key)
      if state == .expired { try await ledger.recordExpired("req-0") }
      if state == .finished {
        guard case .response(let answer) = FakeService.result(of: "req-0") else { return }
        let document = try JSONDocument(parsing: answer.body).value
        let result = RunResult(verdict: .succeeded, word: "succeeded", document: document, raw: answer.body)
        try await ledger.recordFinished(result, of: "req-0")
      }
    }
  }

  @Test(arguments: [
    (SubmissionState.claimed, SubmissionOutcome.State.archived, 1), (.submitting, .inDoubt, 0),
    (.inDoubt, .inDoubt, 0), (.submitted, .archived, 0), (.finished, .archived, 0), (.rejected, .archived, 1),
    (.abandoned, .unfinished, 0), (.expired, .expired, 0),
  ])
  func everyRecordedStepIsGoneOnFrom(
    state: SubmissionState, outcome: SubmissionOutcome.State, posts: Int
  ) async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    try await leave(bench, submission, in: state)
    #expect(try await bench.state() == state)
    let ended = try await bench.run(submission)
    #expect(ended.state == outcome)
    #expect(bench.posts == posts)
    // And the same command once more submits nothing whatever came of it.
    _ = try await bench.run(submission)
    #expect(bench.posts == posts)
    if state == .finished { #expect(bench.service.count(.status) + bench.service.count(.result) == 0) }
  }

  @Test func aPersonsWordLetsADoubtGoOn() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    try await leave(bench, submission, in: .inDoubt)
    let name = String(submission.key.rawValue.prefix(6))
    let settled = try await bench.archive().resolve(name, .resubmit)
    #expect(settled.state == .claimed)
    #expect(try await bench.run(submission).state == .archived)
    #expect(bench.posts == 1)
    await #expect(throws: KeepError(.usage, .option(name), "")) {
      try await bench.archive().resolve(name, .resubmit)
    }
  }

  @Test func anAbandonedOneLeavesNoCopyAndRunsAgainOnlyWhenAsked() async throws {
    let bench = try Bench([.submit: { $0 == 0 ? FakeService.silence : nil }])
    let submission = try bench.submission()
    #expect(try await bench.run(submission).state == .inDoubt)
    _ = try await bench.archive().resolve(submission.key.rawValue, .abandon)
    #expect(bench.left == [])
    #expect(try await bench.run(submission).exitStatus == 23)
    #expect(bench.posts == 1)
    #expect(try await bench.run(submission) { $0.repeatsEnded = true }.state == .archived)
    #expect(bench.posts == 2)
  }

  @Test func aResolvedRequestMustBeAnId() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    try await leave(bench, submission, in: .inDoubt)
    for hostile in ["../../x", "a/b", "", "..", "x y", String(repeating: "a", count: 129)] {
      await #expect(throws: KeepError(.usage, .option(hostile), "")) {
        try await bench.archive().resolve(submission.key.rawValue, .request(RequestID(hostile)))
      }
    }
    #expect(try await bench.state() == .inDoubt)
  }

  @Test func aPhotoThatChangedAfterItWasSentIsKeptAsItWasSent() async throws {
    let bench = try Bench([.result: { number in number == 0 ? FakeService.json("{}", status: 401) : nil }])
    let submission = try bench.submission()
    #expect(try await bench.run(submission).exitStatus == 77)
    try bench.folder.write(Pictures.png(9), to: "photos/cat.png")
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .archived)
    let bundle = try bench.folder.read("archive/2026-09-21/cat/run-req-1.zip")
    #expect(bundle.firstRange(of: Pictures.png(1)) != nil)
    #expect(bundle.firstRange(of: Pictures.png(9)) == nil)
  }

  @Test func anEarlierRequestNoLongerMovesItsSubmission() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    try await leave(bench, submission, in: .expired)
    let archive = try await bench.archive()
    let ledger = archive.ledger
    _ = try await ledger.claim(submission, repeatsEnded: true)
    try await ledger.beginSubmit(submission.key)
    // The clock has jumped back meanwhile.
    bench.time.withLock { $0 = Bench.noon.advanced(by: .seconds(-3 * 86_400)) }
    try await ledger.recordSubmitted(Request(id: "req-9", deployment: "d-1"), for: submission.key)
    try await ledger.recordExpired("req-0")
    #expect(try await archive.entries().map(\.state) == [.submitted])
    let outcome = await (try bench.pipeline(archive)).run(submission, label: "cat.png")
    #expect(outcome.request == "req-9")
    #expect(outcome.state == .archived)
    #expect(bench.posts == 0)
    #expect(try await archive.entry(named: "req-0").key == submission.key)
  }

  @Test func aRunThatIsNotFinishedInTimeIsLeft() async throws {
    let bench = try Bench([.status: { _ in FakeService.json(#"{"status":"in_queue","queue_position":4}"#) }])
    let outcome = try await bench.run(try bench.submission()) { $0.maximumWait = .seconds(60) }
    #expect(outcome.state == .unfinished)
    #expect(outcome.exitStatus == 23)
    #expect(outcome.error?.hint?.contains("comfykeep sweep") == true)
    #expect(try await bench.state() == .submitted)
  }
}
