import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// What a person says of a run: the request of one in doubt, the deployment of one made elsewhere.
@Suite struct ResolveTests {
  private static let unknown = FakeService.json("no such request", status: 404)

  /// Leaves a submission in doubt.
  private func doubtful(_ bench: Bench, _ value: UInt8 = 1) async throws -> Submission {
    let submission = try bench.submission(value, name: "p\(value).png")
    let archive = try await bench.archive()
    _ = try await archive.ledger.claim(submission)
    try await archive.ledger.beginSubmit(submission.key)
    try await archive.ledger.doubt(submission.key, reason: "silence")
    return submission
  }

  private func keep(_ bench: Bench, _ request: Request) async throws -> SubmissionOutcome {
    await (try bench.pipeline(try await bench.archive())).archive(request)
  }

  @Test func aRunThatWasKeptByItsIdIsTakenOver() async throws {
    let bench = try Bench()
    let submission = try await doubtful(bench)
    let kept = try await keep(bench, Request(id: "r-9", deployment: "d-1"))
    #expect(kept.state == .archived)
    let settled = try await bench.archive().resolve(submission.key.rawValue, .request("r-9"))
    #expect(settled.state == .archived)
    #expect(settled.kept?.checksum == kept.bundleChecksum)
    #expect(try await bench.archive(.reading).entries().count == 1)
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .archived)
    #expect(outcome.wasKeptAlready)
    #expect(outcome.bundle == kept.bundle)
    #expect(bench.posts == 0)
    #expect(!bench.left.contains { $0.contains("inputs/") })
  }

  @Test(arguments: [
    (#"{"status":"failed","error":"no"}"#, SubmissionState.failed), (#"{"status":"canceled"}"#, .canceled),
  ])
  func aRunThatEndedOtherwiseIsTakenOverAsItEnded(result: String, state: SubmissionState) async throws {
    let bench = try Bench([.result: { _ in FakeService.json(result) }])
    let submission = try await doubtful(bench)
    _ = try await keep(bench, Request(id: "r-9", deployment: "d-1"))
    #expect(try await bench.archive().resolve(submission.key.rawValue, .request("r-9")).state == state)
  }

  @Test func aRunThatIsUnderWayIsTakenOverAndFollowed() async throws {
    let bench = try Bench([.status: { $0 == 0 ? FakeService.json("{}", status: 401) : nil }])
    let submission = try await doubtful(bench)
    #expect(try await keep(bench, Request(id: "r-9", deployment: "d-wrong")).exitStatus == 77)
    #expect(
      try await bench.archive().resolve(submission.key.rawValue, .request("r-9")).state == .submitted)
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .archived)
    #expect(outcome.request == "r-9")
    #expect(
      bench.transport.exchanges.last { $0.request.url.path.contains("/requests/") }?
        .request.url.path.contains("/d-1/") == true)
    #expect(bench.posts == 0)
  }

  @Test func theRunOfAnotherSubmissionIsRefusedByItsName() async throws {
    let bench = try Bench()
    let other = try bench.submission()
    #expect(try await bench.run(other).request == "req-1")
    let submission = try await doubtful(bench, 2)
    let error = await #expect(throws: KeepError.self) {
      try await bench.archive().resolve(submission.key.rawValue, .request("req-1"))
    }
    #expect(error?.code == .usage)
    #expect(error?.code.exitStatus == 64)
    #expect(error?.reason.contains(String(other.key.rawValue.prefix(12))) == true)
    #expect(error?.hint?.contains("aside") != true)
    #expect(try await bench.archive(.reading).entry(named: submission.key.rawValue).state == .inDoubt)
  }

  @Test func aRunOfAnotherDeploymentIsRefused() async throws {
    let bench = try Bench()
    let submission = try await doubtful(bench)
    #expect(try await keep(bench, Request(id: "r-9", deployment: "d-2")).state == .archived)
    let error = await #expect(throws: KeepError.self) {
      try await bench.archive().resolve(submission.key.rawValue, .request("r-9"))
    }
    #expect(error?.code == .usage)
    #expect(try await bench.archive(.reading).entry(named: submission.key.rawValue).state == .inDoubt)
  }

  @Test func aMistypedRequestIsInDoubtAgain() async throws {
    let bench = try Bench([
      .status: { $0 < 6 ? Self.unknown : nil }, .result: { $0 < 2 ? Self.unknown : nil },
    ])
    let submission = try await doubtful(bench)
    let key = submission.key.rawValue
    #expect(try await bench.archive().resolve(key, .request("r-wrong")).state == .submitted)
    let outcome = try await bench.run(submission) { $0.repeatsEnded = true }
    #expect(outcome.state == .inDoubt)
    #expect(outcome.exitStatus == 41)
    #expect(outcome.request == nil)
    #expect(outcome.error?.reason.contains("r-wrong") == true)
    #expect(try await bench.state() == .inDoubt)
    #expect(try await bench.story().suffix(3) == ["named", "submitted", "in_doubt"])
    #expect(try await bench.run(submission).state == .inDoubt)
    #expect(bench.posts == 0)
    #expect(try await bench.archive().resolve(key, .request("r-right")).state == .submitted)
    #expect(try await bench.run(submission).state == .archived)
    #expect(bench.posts == 0)
  }

  @Test func aRequestThatTheServiceGaveStaysWhateverItSaysLater() async throws {
    let bench = try Bench([.status: { _ in Self.unknown }, .result: { _ in Self.unknown }])
    let submission = try bench.submission()
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .unfinished)
    #expect(outcome.request == "req-1")
    #expect(try await bench.state() == .submitted)
  }

  @Test func aNamedRequestThatIsTooOldIsExpired() async throws {
    let bench = try Bench([.status: { _ in Self.unknown }, .result: { _ in Self.unknown }])
    let submission = try await doubtful(bench)
    bench.time.withLock { $0 = Bench.noon.advanced(by: .seconds(8 * 86_400)) }
    _ = try await bench.archive().resolve(submission.key.rawValue, .request("r-9"))
    #expect(try await bench.run(submission).state == .expired)
    #expect(bench.posts == 0)
  }

  // MARK: Deployments

  @Test(arguments: ["r-9", "https://api.example.net/prod/v1/deployments/d-right/requests/r-9/status"])
  func aMistypedDeploymentDoesNotStickToARunThatNothingIsKnownOf(name: String) async throws {
    let bench = try Bench([.status: { $0 == 0 ? FakeService.json("{}", status: 401) : nil }])
    #expect(try await keep(bench, Request(id: "r-9", deployment: "d-wrong")).exitStatus == 77)
    let request = try await RequestNaming.request(
      name, deployment: "d-right", in: bench.archive(.reading), of: Bench.api().baseURL)
    #expect(request.deployment == "d-right")
    #expect(try await keep(bench, request).state == .archived)
    #expect(try await bench.entry()?.deployment == "d-right")
    // From here on the service has told of it, and its word stands.
    let later = try await RequestNaming.request(
      "r-9", deployment: "d-wrong", in: bench.archive(.reading), of: Bench.api().baseURL)
    #expect(later.deployment == "d-right")
  }

  @Test func aRunThatIsNotKnownThereIsForgottenAtEveryTry() async throws {
    let bench = try Bench([
      .status: { $0 == 0 ? FakeService.json("{}", status: 401) : Self.unknown },
      .result: { _ in Self.unknown },
    ])
    let request = Request(id: "r-9", deployment: "d-wrong")
    #expect(try await keep(bench, request).exitStatus == 77)
    #expect(try await bench.entry() != nil)
    #expect(try await keep(bench, request).error?.httpStatus == 404)
    #expect(try await bench.entry() == nil)
  }

  // MARK: Cancels

  @Test(arguments: [
    (#"{"status":"cancellation_requested"}"#, 200, "accepted"),
    (#"{"outcome":"not_cancellable"}"#, 200, "not cancellable"), ("oops", 500, "failed"),
  ])
  func aCancelIsWrittenDown(body: String, status: Int, word: String) async throws {
    let bench = try Bench.stopped(cancel: FakeService.json(body, status: status))
    let outcome = try await bench.run(try bench.submission()) { $0.cancelsOnInterrupt = true }
    let archive = try await bench.archive(.reading)
    let canceller = Canceller(api: try Bench.api(), transport: bench.transport)
    let request = Request(id: try #require(outcome.request), deployment: "d-1")
    _ = try? await canceller.cancel(request, recordedIn: archive)
    let events = try await archive.events(of: try #require(try await bench.entry()))
    let cancels = events.filter { $0.name == "cancel_requested" }
    #expect(cancels.count == 2)
    #expect(cancels.allSatisfy { $0.detail?.hasPrefix(word) == true }, "\(cancels)")
    #expect(try await bench.state() == .submitted)
  }
}
