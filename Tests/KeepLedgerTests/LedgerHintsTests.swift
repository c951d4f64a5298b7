import KeepLedger
import KeepModel
import KeepTestKit
import Testing

@Suite struct LedgerHintsTests {
  private let folder: TemporaryFolder
  private let ledger: Ledger
  private let submission = Samples.submission()
  private var key: SubmissionKey { submission.key }

  init() throws {
    folder = try TemporaryFolder()
    ledger = try Ledger(at: folder("ledger.sqlite"), now: { Samples.noon })
  }

  private func doubt() async throws {
    _ = try await ledger.claim(submission)
    try await ledger.beginSubmit(key)
    try await ledger.doubt(key, reason: "silence")
  }

  private func names() async throws -> [RequestID] { try await ledger.hints(for: key).map(\.request) }

  @Test func whatIsNotKnownOrNotOpenIsNotNoted() async throws {
    #expect(try await !ledger.recordHint("r-1", for: key))
    _ = try await ledger.claim(submission)
    // What is not being sent was named for an earlier sending.
    #expect(try await !ledger.recordHint("r-0", for: key))
    try await ledger.beginSubmit(key)
    #expect(try await ledger.recordHint("r-1", for: key))
    try await ledger.recordSubmitted(Samples.request, for: key)
    #expect(try await !ledger.recordHint("r-2", for: key))
    #expect(try await names() == ["r-1"])
  }

  @Test func aRequestThatIsKnownIsNoHint() async throws {
    try await doubt()
    try await ledger.adopt(Samples.request)
    #expect(try await !ledger.recordHint(Samples.request.id, for: key))
    #expect(try await names() == [])
  }

  @Test func theSameIsNotedOnceAndOnlySoMany() async throws {
    try await doubt()
    for _ in 0..<3 { #expect(try await ledger.recordHint("r-0", for: key)) }
    #expect(try await names() == ["r-0"])
    for number in 1..<100 { #expect(try await ledger.recordHint(RequestID("r-\(number)"), for: key)) }
    #expect(try await names().count == 8)
    let hinted = try await ledger.events(key: key, request: nil).filter { $0.name == "hinted" }
    #expect(hinted.count == 8)
  }

  @Test func aRefusedOneIsNotLookedAtAgainHoweverOftenItComes() async throws {
    try await doubt()
    #expect(try await ledger.recordHint("r-1", for: key))
    #expect(try await ledger.recordHint("r-2", for: key))
    try await ledger.refuseHint("r-1", for: key, reason: "the service does not know it")
    try await ledger.refuseHint("r-1", for: key, reason: "again")
    #expect(try await ledger.recordHint("r-1", for: key))
    #expect(try await names() == ["r-2"])
    let refused = try await ledger.events(key: key, request: nil).filter { $0.name == "hint_refused" }
    #expect(refused.map(\.detail) == ["r-1: the service does not know it"])
  }

  @Test func doubtsThatWereNamedAreFound() async throws {
    try await doubt()
    #expect(try await ledger.hintedDoubts() == [])
    #expect(try await ledger.recordHint("r-1", for: key))
    #expect(try await ledger.hintedDoubts() == [key])
    try await ledger.refuseHint("r-1", for: key, reason: "no")
    #expect(try await ledger.hintedDoubts() == [])
  }

  @Test func aSubmissionBeingSentIsFoundToo() async throws {
    _ = try await ledger.claim(submission)
    #expect(try await ledger.hintedDoubts() == [])
    try await ledger.beginSubmit(key)
    #expect(try await ledger.recordHint("r-1", for: key))
    #expect(try await ledger.hintedDoubts() == [key])
    #expect(try await ledger.standing(of: key)?.state == .submitting)
    #expect(try await ledger.standing(of: key)?.deployment == "d-1")
    #expect(try await ledger.standing(of: SubmissionKey("0")) == nil)
  }
}
