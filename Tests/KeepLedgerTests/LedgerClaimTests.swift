import KeepLedger
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct LedgerClaimTests {
  let folder: TemporaryFolder
  let ledger: Ledger
  let submission = Samples.submission()

  init() throws {
    folder = try TemporaryFolder()
    ledger = try Ledger(at: folder("ledger.sqlite"), now: { Samples.noon })
  }

  @Test func aNewSubmissionIsOursToSubmit() async throws {
    guard case .fresh = try await ledger.claim(submission) else { return #expect(Bool(false)) }
  }

  @Test func aClaimThatWasNeverSubmittedIsFreshAgain() async throws {
    _ = try await ledger.claim(submission)
    guard case .fresh = try await ledger.claim(submission) else { return #expect(Bool(false)) }
    #expect(try await ledger.entries().count == 1)
  }

  @Test func aSubmittedOneIsResumedWithItsRequest() async throws {
    try await submit()
    guard case .resume(let request) = try await ledger.claim(submission) else {
      return #expect(Bool(false))
    }
    #expect(request == Samples.request)
  }

  @Test func aRunThatWasCalledExpiredAndIsFetchedAfterAllIsKept() async throws {
    try await submit()
    try await ledger.recordExpired(Samples.request.id)
    try await ledger.recordKept(Samples.kept, as: .archived)
    guard case .kept(.archived, let kept, _) = try await ledger.claim(submission) else {
      return #expect(Bool(false))
    }
    #expect(kept == Samples.kept)
    let names = try await ledger.events(key: submission.key, request: nil).map(\.name)
    #expect(names.suffix(3) == ["expired", "finished", "archived"])
  }

  @Test func anAdoptedRunThatWasCalledExpiredAndIsFetchedAfterAllIsKept() async throws {
    let request = Request(id: "r-1", deployment: "d-1")
    try await ledger.adopt(request)
    try await ledger.recordExpired(request.id)
    try await ledger.recordKept(Samples.kept, as: .archived)
    let record = try await ledger.record(of: request.id)
    #expect(record?.kept == Samples.kept && record?.keptAs == .archived)
    let names = try await ledger.events(key: nil, request: request.id).map(\.name)
    #expect(names == ["adopted", "expired", "finished", "archived"])
  }

  @Test func aSubmitCutOffByTheEndOfTheProcessIsInDoubt() async throws {
    _ = try await ledger.claim(submission)
    try await ledger.beginSubmit(submission.key)
    let next = try Ledger(at: folder("ledger.sqlite"), now: { Samples.noon })
    #expect(try await next.submissionsBeingSent() == [submission.key])
    #expect(try await next.doubtInterrupted(submission.key))
    #expect(try await !next.doubtInterrupted(submission.key))
    guard case .inDoubt = try await next.claim(submission) else { return #expect(Bool(false)) }
  }

  @Test func aPersonSettlesADoubtEitherWay() async throws {
    _ = try await ledger.claim(submission)
    try await ledger.beginSubmit(submission.key)
    try await ledger.doubt(submission.key, reason: "the connection broke")
    try await ledger.settle(submission.key, resubmit: false)
    guard case .ended(.abandoned, _) = try await ledger.claim(submission) else {
      return #expect(Bool(false))
    }
    guard case .fresh = try await ledger.claim(submission, repeatsEnded: true) else {
      return #expect(Bool(false))
    }
  }

  @Test func aDoubtIsSettledByTheRequestThatWasFound() async throws {
    _ = try await ledger.claim(submission)
    try await ledger.beginSubmit(submission.key)
    try await ledger.doubt(submission.key, reason: "the connection broke")
    try await ledger.recordSubmitted(Samples.request, for: submission.key)
    guard case .resume = try await ledger.claim(submission) else { return #expect(Bool(false)) }
  }

  @Test func aKeptRunIsNeverSubmittedAgain() async throws {
    try await submit()
    try await ledger.recordFinished(Samples.result(), of: Samples.request.id)
    try await ledger.recordKept(Samples.kept, as: .archived)
    for repeats in [false, true] {
      guard
        case .kept(.archived, let kept, reason: nil) = try await ledger.claim(
          submission, repeatsEnded: repeats)
      else { return #expect(Bool(false)) }
      #expect(kept == Samples.kept)
    }
  }

  @Test func whatIsGivenUpIsNotCalledKeptForAnEarlierRunThatFailed() async throws {
    try await submit()
    try await ledger.recordFinished(Samples.result(.failed), of: Samples.request.id)
    try await ledger.recordKept(Samples.kept, as: .failed, reason: "out of memory")
    _ = try await ledger.claim(submission, repeatsEnded: true)
    try await ledger.beginSubmit(submission.key)
    try await ledger.doubt(submission.key, reason: "no answer")
    try await ledger.settle(submission.key, resubmit: false)
    guard case .ended(.abandoned, _) = try await ledger.claim(submission) else { return #expect(Bool(false)) }
  }

  @Test func aFailedRunRunsAgainOnlyWhenAsked() async throws {
    try await submit()
    try await ledger.recordFinished(Samples.result(.failed), of: Samples.request.id)
    try await ledger.recordKept(Samples.kept, as: .failed, reason: "out of memory")
    guard case .kept(.failed, _, _) = try await ledger.claim(submission) else {
      return #expect(Bool(false))
    }
    guard case .fresh = try await ledger.claim(submission, repeatsEnded: true) else {
      return #expect(Bool(false))
    }
  }

  /// How a run that was asked for again came to nothing.
  enum Nothing: CaseIterable, Sendable { case unsent, rejected, abandoned, failed, expired }

  @Test(arguments: Nothing.allCases)
  func whatIsKeptStaysKeptWhenALaterRunComesToNothing(nothing: Nothing) async throws {
    try await submit()
    try await ledger.recordFinished(Samples.result(), of: Samples.request.id)
    try await ledger.recordKept(Samples.kept, as: .archived)
    guard case .fresh = try await ledger.claim(submission, repeatsKept: true) else {
      return #expect(Bool(false))
    }
    try await end(nothing)
    for repeats in [false, true] {
      guard
        case .kept(.archived, let kept, reason: nil) = try await ledger.claim(
          submission, repeatsEnded: repeats)
      else { return #expect(Bool(false)) }
      #expect(kept == Samples.kept)
    }
    #expect(try await ledger.entries().map(\.standing) == [Samples.kept])
    guard case .fresh = try await ledger.claim(submission, repeatsKept: true) else {
      return #expect(Bool(false))
    }
  }

  private func end(_ nothing: Nothing) async throws {
    let key = submission.key
    let again = Request(id: "r-2", deployment: "d-1")
    if nothing == .unsent { return }
    if nothing == .rejected { return try await ledger.reject(key, reason: "no credit") }
    try await ledger.beginSubmit(key)
    if nothing == .abandoned {
      try await ledger.doubt(key, reason: "the connection broke")
      return try await ledger.settle(key, resubmit: false)
    }
    try await ledger.recordSubmitted(again, for: key)
    if nothing == .expired { return try await ledger.recordExpired(again.id) }
    try await ledger.recordFinished(Samples.result(.failed), of: again.id)
    try await ledger.recordKept(
      KeptRun(request: "r-2", bundle: "2026-09-21/cat/run-r-2.zip", checksum: Checksum(of: [8]), outputs: 0),
      as: .failed, reason: "out of memory")
  }

  @Test func aStepThatWasNotReachedIsRefusedAndChangesNothing() async throws {
    _ = try await ledger.claim(submission)
    await #expect(throws: KeepError.self) {
      try await ledger.recordSubmitted(Samples.request, for: submission.key)
    }
    #expect(try await ledger.record(of: Samples.request.id) == nil)
    #expect(try await ledger.entries().map(\.state) == [.claimed])
  }

  @Test func twoRequestsWithOneIdAreRefusedByTheSchema() async throws {
    try await submit()
    let other = Samples.submission(prompt: "another")
    _ = try await ledger.claim(other)
    try await ledger.beginSubmit(other.key)
    await #expect(throws: KeepError.self) {
      try await ledger.recordSubmitted(Samples.request, for: other.key)
    }
  }

  @Test func inputsAreNeededUntilTheRunIsKept() async throws {
    let checksum = Samples.asset.checksum
    #expect(try await !ledger.needsInput(checksum))
    try await submit()
    #expect(try await ledger.needsInput(checksum))
    try await ledger.recordKept(Samples.kept, as: .archived)
    #expect(try await !ledger.needsInput(checksum))
  }

  private func submit() async throws {
    _ = try await ledger.claim(submission)
    try await ledger.beginSubmit(submission.key)
    try await ledger.recordSubmitted(Samples.request, for: submission.key)
  }

  @Test func whatABundleIsToHoldIsThatOfTheLastClaim() async throws {
    let submission = Samples.submission()
    let bare = BundleOptions(includesInputs: false, includesTemporary: false, allowsPartial: true)
    _ = try await ledger.claim(submission, holding: bare)
    #expect(try await ledger.bundleOptions(of: submission.key) == bare)
    _ = try await ledger.claim(submission, holding: BundleOptions())
    #expect(try await ledger.bundleOptions(of: submission.key) == BundleOptions())
    try await ledger.beginSubmit(submission.key)
    // Once it is sent, a claim changes nothing any more.
    _ = try await ledger.claim(submission, holding: bare)
    #expect(try await ledger.bundleOptions(of: submission.key) == BundleOptions())
    #expect(try await ledger.bundleOptions(of: SubmissionKey("unknown")) == nil)
  }
}
