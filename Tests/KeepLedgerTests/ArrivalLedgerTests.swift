import KeepLedger
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Files of watched folders in the ledger: in order, once each, within a day's limits.
@Suite struct ArrivalLedgerTests {
  private let folder: TemporaryFolder
  private let ledger: Ledger
  private let inbox = FilePath("/in")
  private let submission = Samples.submission()

  init() throws {
    folder = try TemporaryFolder()
    ledger = try Ledger(at: folder("ledger.sqlite"), now: { Samples.noon })
  }

  private func mark(_ path: FilePath, _ stamp: String = "1") -> ArrivalMark {
    ArrivalMark(path: path, stamp: stamp)
  }

  private func arrive(_ path: FilePath, _ stamp: String = "1", isUrgent: Bool = false) async throws -> Arrival
  {
    try #require(
      try await ledger.recordArrival(
        mark(path, stamp), in: inbox, size: 10, checksum: Checksum(of: Array(stamp.utf8)), isUrgent: isUrgent)
    )
  }

  private func begin(
    _ arrival: Arrival, _ keys: [SubmissionKey], runs: Int? = nil, bytes: ByteCount? = nil
  ) async throws -> ArrivalBegin {
    try await ledger.beginArrival(
      arrival.id, keys, sending: 100, fresh: keys.count, day: "2026-11-26", limit: (runs, bytes),
      among: [inbox])
  }

  @Test func aFileIsKnownByPathAndStampWhateverTheBytesOfItsName() async throws {
    let odd = FilePath(platformString: [0x61, -1, 0x0A, 0x62, 0])
    let marks = [mark("a.png"), mark(odd), mark("a.png", "2")]
    #expect(try await ledger.unknown(marks, in: inbox) == marks)
    _ = try await arrive("a.png")
    _ = try await arrive(odd)
    #expect(try await ledger.unknown(marks, in: inbox) == [mark("a.png", "2")])
    #expect(try await ledger.unknown(marks, in: "/elsewhere") == marks)
    #expect(try await ledger.latestArrival(of: odd, in: inbox)?.arrival.path == odd)
    #expect(try await ledger.knowsArrivals(in: inbox))
    #expect(try await !ledger.knowsArrivals(in: "/elsewhere"))
  }

  @Test func whatIsUrgentWaitsInFrontAndTheRestInOrder() async throws {
    for path in ["b.png", "a.png"] { _ = try await arrive(FilePath(path)) }
    _ = try await arrive("priority/c.png", isUrgent: true)
    let waiting = try await ledger.waitingArrivals(in: [inbox], limit: 10)
    #expect(waiting.map(\.path) == ["priority/c.png", "b.png", "a.png"])
    #expect(try await ledger.waitingArrivals(in: ["/elsewhere"], limit: 10).isEmpty)
  }

  @Test func aFileThatIsReplacedBeforeItsTurnIsGone() async throws {
    let first = try await arrive("a.png")
    let second = try await arrive("a.png", "2")
    #expect(try await ledger.arrival(first.id)?.state == .gone)
    #expect(try await ledger.waitingArrivals(in: [inbox], limit: 10) == [second])
  }

  @Test func ofTwoCopiesThatComeTogetherOneIsRun() async throws {
    let first = try await arrive("a.png")
    let second = try await arrive("b.png", "2")
    #expect(try await begin(first, [submission.key]) == .begun)
    guard case .taken(let other) = try await begin(second, [submission.key]) else {
      Issue.record("both were begun")
      return
    }
    #expect(other.id == first.id)
    #expect(try await ledger.arrival(second.id)?.state == .waiting)
    #expect(try await ledger.watchDay("2026-11-26").runs == 1)
  }

  @Test func aDayHasItsLimitsAndWhatWasNotSentIsGivenBack() async throws {
    let keys = (0..<3).map { Samples.submission(prompt: "\($0)").key }
    var arrivals: [Arrival] = []
    for number in 0..<3 { arrivals.append(try await arrive(FilePath("\(number).png"), "\(number)")) }
    #expect(try await begin(arrivals[0], [keys[0]], runs: 1) == .begun)
    #expect(try await begin(arrivals[1], [keys[1]], runs: 1) == .beyondLimit)
    #expect(try await begin(arrivals[1], [keys[1]], bytes: 150) == .beyondLimit)
    #expect(try await ledger.arrival(arrivals[1].id)?.submissions == [])
    try await ledger.endArrival(
      arrivals[0].id, .waiting, unsent: Ledger.Unsent(day: "2026-11-26", runs: 1, bytes: 100))
    #expect(try await ledger.watchDay("2026-11-26") == WatchDay())
    // The first of a day goes however large it is, or it would never.
    #expect(try await begin(arrivals[1], [keys[1]], runs: 1, bytes: 50) == .begun)
    #expect(try await begin(arrivals[2], [keys[2]], runs: 2, bytes: 50) == .beyondLimit)
    #expect(try await ledger.watchDay("2026-11-27").runs == 0)
  }

  @Test func whatIsParkedIsTakenAgainOnceAndWhereItLiesThen() async throws {
    let arrival = try await arrive("a.png")
    #expect(try await ledger.repeatArrivals([arrival.id]) == [])
    try await ledger.endArrival(arrival.id, .failed, reason: "no memory")
    try await ledger.recordMoved(arrival.id, to: "failed/a.png")
    let again = try #require(try await ledger.repeatArrivals([arrival.id]).first)
    #expect(again.state == .waiting)
    #expect(again.isRepeated)
    #expect(again.path == "failed/a.png")
    #expect(again.movedTo == nil)
    // Once a run of it is there, no other is wanted.
    let ended = try await ledger.endArrival(arrival.id, .waiting, endsWish: true)
    #expect(ended?.isRepeated == false)
  }

  @Test func whatOthersSettleIsTakenUp() async throws {
    let doubtful = try await arrive("a.png")
    #expect(try await begin(doubtful, [submission.key]) == .begun)
    _ = try await ledger.claim(submission)
    try await ledger.beginSubmit(submission.key)
    try await ledger.doubt(submission.key, reason: "no answer")
    try await ledger.endArrival(doubtful.id, .inDoubt)
    #expect(try await ledger.settleArrivals(in: [inbox]) == [])
    try await ledger.recordNamed(Samples.request, for: submission.key)
    #expect(try await ledger.settleArrivals(in: [inbox]).map(\.state) == [.waiting])
    // What was parked and is kept by another command is done.
    try await ledger.endArrival(doubtful.id, .failed)
    #expect(try await ledger.settleArrivals(in: [inbox]) == [])
    try await ledger.recordFinished(Samples.result(), of: "r-1")
    try await ledger.recordKept(Samples.kept, as: .archived)
    #expect(try await ledger.settleArrivals(in: [inbox]).map(\.state) == [.done])
  }

  @Test func whatWasThereBeforeIsLeftAndNeverMoved() async throws {
    try await ledger.recordPassedOver([(mark("old.png"), 10)], in: inbox, reason: "was there before")
    #expect(try await ledger.unknown([mark("old.png")], in: inbox) == [])
    #expect(try await ledger.unmovedArrivals(in: [inbox]) == [])
    let done = try await arrive("new.png")
    try await ledger.endArrival(done.id, .done, outputs: 2)
    #expect(try await ledger.unmovedArrivals(in: [inbox]).map(\.id) == [done.id])
    #expect(try await ledger.arrivalCounts() == [.skipped: 1, .done: 1])
    #expect(try await ledger.watchTotals().outputs == 2)
  }

  @Test func aPauseOutlivesTheProcessAndIsLifted() async throws {
    #expect(try await ledger.watchPause() == nil)
    try await ledger.pauseWatches(reason: "lunch")
    let other = try Ledger(reading: folder("ledger.sqlite"), now: { Samples.noon })
    #expect(try await other.watchPause() == WatchPause(since: Samples.noon, reason: "lunch"))
    #expect(try await ledger.resumeWatches())
    #expect(try await !ledger.resumeWatches())
  }
}
