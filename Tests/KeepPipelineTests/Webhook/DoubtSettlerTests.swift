import KeepModel
import Synchronization
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// What a webhook names settles a doubt where the service bears it out, and nothing else does.
@Suite struct DoubtSettlerTests {
  private static let missing = FakeService.json("{}", status: 404)

  /// A submission in doubt, and the pipeline of its archive.
  private static func doubt(
    _ bench: Bench, hints: RequestID...
  ) async throws -> (key: SubmissionKey, pipeline: Pipeline) {
    let pipeline = try bench.pipeline(try await bench.archive())
    let submission = try bench.submission()
    _ = try await pipeline.ledger.claim(submission)
    try await pipeline.ledger.beginSubmit(submission.key)
    try await pipeline.ledger.doubt(submission.key, reason: "silence")
    for hint in hints { #expect(try await pipeline.ledger.recordHint(hint, for: submission.key)) }
    return (submission.key, pipeline)
  }

  private func hinted(_ pipeline: Pipeline, _ key: SubmissionKey) async throws -> [RequestID] {
    try await pipeline.ledger.hints(for: key).map(\.request)
  }

  @Test func theOneRequestThatTheServiceKnowsIsIt() async throws {
    let bench = try Bench()
    let (key, pipeline) = try await Self.doubt(bench, hints: "r-1")
    #expect(try await pipeline.settler.settle(key))
    #expect(try await pipeline.ledger.standing(of: key)?.state == .submitted)
    #expect(try await pipeline.ledger.latestRequest(of: key)?.id == "r-1")
    // What is not in doubt is not settled a second time.
    #expect(try await !pipeline.settler.settle(key))
    #expect(bench.posts == 0)
  }

  @Test func ofTwoThatTheServiceKnowsNeitherIsTaken() async throws {
    let bench = try Bench()
    let (key, pipeline) = try await Self.doubt(bench, hints: "r-1", "r-2")
    #expect(try await !pipeline.settler.settle(key))
    #expect(try await pipeline.ledger.standing(of: key)?.state == .inDoubt)
    #expect(try await hinted(pipeline, key) == ["r-1", "r-2"])
    #expect(try await pipeline.ledger.record(of: "r-1") == nil)
  }

  @Test func whatIsUnknownWithinTheGraceIsLookedAtAgain() async throws {
    let isKnown = Mutex(false)
    let bench = try Bench([.status: { _ in isKnown.withLock { $0 } ? nil : Self.missing }])
    let (key, pipeline) = try await Self.doubt(bench, hints: "r-1")
    bench.time.withLock { $0 = Bench.noon.advanced(by: DoubtSettler.grace) }
    #expect(try await !pipeline.settler.settle(key))
    #expect(try await hinted(pipeline, key) == ["r-1"])
    isKnown.withLock { $0 = true }
    #expect(try await pipeline.settler.settle(key))
    #expect(try await pipeline.ledger.standing(of: key)?.state == .submitted)
  }

  @Test func whatIsUnknownAfterTheGraceIsRefusedForGood() async throws {
    let isKnown = Mutex(false)
    let bench = try Bench([.status: { _ in isKnown.withLock { $0 } ? nil : Self.missing }])
    let (key, pipeline) = try await Self.doubt(bench, hints: "r-1")
    bench.time.withLock { $0 = Bench.noon.advanced(by: DoubtSettler.grace + .seconds(1)) }
    #expect(try await !pipeline.settler.settle(key))
    #expect(try await hinted(pipeline, key) == [])
    let asked = bench.service.count(.status)
    isKnown.withLock { $0 = true }
    #expect(try await !pipeline.settler.settle(key))
    #expect(bench.service.count(.status) == asked)
    #expect(try await pipeline.ledger.standing(of: key)?.state == .inDoubt)
  }

  @Test func ofATrueOneAndAForgedOneTheTrueOneIsTaken() async throws {
    let bench = try Bench()
    let (key, pipeline) = try await Self.doubt(bench, hints: "forged", "r-1")
    let other = try bench.submission(2, name: "dog.png")
    _ = try await pipeline.ledger.claim(other)
    try await pipeline.ledger.beginSubmit(other.key)
    try await pipeline.ledger.recordSubmitted(Request(id: "forged", deployment: "d-1"), for: other.key)
    #expect(try await pipeline.settler.settle(key))
    #expect(try await pipeline.ledger.latestRequest(of: key)?.id == "r-1")
    #expect(try await pipeline.ledger.latestRequest(of: other.key)?.id == "forged")
  }

  @Test func theRequestOfAnotherSubmissionIsRefused() async throws {
    let bench = try Bench()
    let (key, pipeline) = try await Self.doubt(bench, hints: "r-1")
    let other = try bench.submission(2, name: "dog.png")
    _ = try await pipeline.ledger.claim(other)
    try await pipeline.ledger.beginSubmit(other.key)
    try await pipeline.ledger.recordSubmitted(Request(id: "r-1", deployment: "d-1"), for: other.key)
    #expect(try await !pipeline.settler.settle(key))
    #expect(try await hinted(pipeline, key) == [])
    #expect(try await pipeline.ledger.standing(of: key)?.state == .inDoubt)
    #expect(try await pipeline.ledger.standing(of: other.key)?.state == .submitted)
    #expect(bench.service.count(.status) == 0)
  }

  @Test func whatCannotBeCheckedIsToldAndTheOthersAreSettled() async throws {
    let bench = try Bench([.status: { number in number == 0 ? FakeService.json("{}", status: 500) : nil }])
    let (key, pipeline) = try await Self.doubt(bench, hints: "r-1")
    let other = try bench.submission(2, name: "dog.png")
    _ = try await pipeline.ledger.claim(other)
    try await pipeline.ledger.beginSubmit(other.key)
    #expect(try await pipeline.ledger.recordHint("r-2", for: other.key))
    let told = Mutex<[SubmissionKey]>([])
    try await pipeline.settler.settleAll { key, _ in told.withLock { $0.append(key) } }
    let first = min(key.rawValue, other.key.rawValue)
    #expect(told.withLock { $0.map(\.rawValue) } == [first])
    let states = [key, other.key].map { $0.rawValue == first ? SubmissionState.inDoubt : .submitted }
    #expect(try await pipeline.ledger.standing(of: key)?.state == states[0])
    #expect(try await pipeline.ledger.standing(of: other.key)?.state == states[1])
  }
}
