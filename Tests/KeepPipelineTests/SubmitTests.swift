import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// Money: what is sent, how often, and what the ledger knows at each moment.
@Suite struct SubmitTests {
  @Test func theIntentIsInTheLedgerBeforeEachFirstByte() async throws {
    let bench = try Bench([.submit: { $0 < 2 ? FakeService.unreachable : nil }])
    let archive = try await bench.archive()
    let seen = Mutex<[SubmissionState]>([])
    let transport = ObservedTransport(base: bench.transport) { request in
      guard request.method == .post else { return }
      let states = try await bench.archive(.reading).entries().map(\.state)
      seen.withLock { $0 += states }
    }
    let outcome = try await bench.pipeline(archive, over: transport)
      .run(try bench.submission(), label: "cat.png")
    #expect(outcome.state == .archived)
    #expect(seen.withLock { $0 } == [.submitting, .submitting, .submitting])
    #expect(
      try await bench.story().prefix(7) == [
        "claimed", "submitting", "claimed", "submitting", "claimed", "submitting", "submitted",
      ])
    #expect(bench.posts == 3)
  }

  @Test func whatCertainlyWasNotTakenIsTriedFiveTimesAndLeftForLater() async throws {
    let bench = try Bench([.submit: { $0 < 5 ? FakeService.unreachable : nil }])
    let submission = try bench.submission()
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .unfinished)
    #expect(outcome.exitStatus == 69)
    #expect(bench.posts == 5)
    #expect(try await bench.state() == .claimed)
    #expect(bench.left == ["archive/.comfykeep/inputs/\(try bench.asset().checksum.hexadecimal)"])
    #expect(try await bench.run(submission).state == .archived)
    #expect(bench.posts == 6)
  }

  @Test func tooManyRequestsIsTriedAgainAfterTheTimeThatIsAsked() async throws {
    let bench = try Bench([
      .submit: { number in
        number == 0
          ? .response(BufferedResponse(status: 429, headers: ["Retry-After": "40"], body: [])) : nil
      }
    ])
    #expect(try await bench.run(try bench.submission()).state == .archived)
    #expect(bench.clock.sleeps.first == .seconds(40))
    #expect(bench.posts == 2)
  }

  @Test(arguments: [
    FakeService.silence, FakeService.json("bad gateway", status: 502), FakeService.json("<html>"),
    FakeService.json("{}"), FakeService.json(#"{"request_id":"../../etc"}"#),
    FakeService.json(#"{"request_id":""}"#),
  ])
  func whatMayHaveBeenTakenIsNeverSentAgain(answer: FakeService.Answer) async throws {
    let bench = try Bench([.submit: { _ in answer }])
    let submission = try bench.submission()
    for _ in 0..<2 {
      let outcome = try await bench.run(submission) { $0.repeatsEnded = true }
      #expect(outcome.state == .inDoubt)
      #expect(outcome.exitStatus == 41)
      #expect(
        outcome.error?.hint?.contains("comfykeep resolve \(submission.key.rawValue.prefix(12))") == true)
    }
    #expect(bench.posts == 1)
    #expect(try await bench.state() == .inDoubt)
  }

  @Test(arguments: [
    (401, "{}", 77 as Int32), (403, "{}", 77), (404, "{}", 1), (422, #"{"detail":"bad node"}"#, 10),
  ])
  func aRefusalIsFinalAndLeavesNoCopies(status: Int, body: String, exit: Int32) async throws {
    let bench = try Bench([.submit: { _ in FakeService.json(body, status: status) }])
    let outcome = try await bench.run(try bench.submission())
    #expect(outcome.state == .rejected)
    #expect(outcome.exitStatus == exit)
    #expect(bench.posts == 1)
    #expect(try await bench.state() == .rejected)
    #expect(bench.left == [])
  }

  @Test(arguments: ["PRAGMA query_only = 1", "PRAGMA max_page_count = 1"])
  func nothingIsSentWhenTheLedgerCannotBeWritten(sql: String) async throws {
    let bench = try Bench()
    let archive = try await bench.archive()
    try await archive.ledger.execute(sql)
    let pipeline = try bench.pipeline(archive)
    // Fills the last page, where the database may not grow.
    var status: Int32 = 0
    for value in 0..<200 where status == 0 {
      let posts = bench.posts
      let items = [bench.item(try bench.submission(UInt8(value), name: "\(value).png"))]
      status = await pipeline.run(items).exitStatus
      if status != 0 { #expect(bench.posts == posts) }
    }
    #expect(status == (sql.contains("query_only") ? 40 : 74))
  }

  @Test func nothingIsSentWhenTheIntentCannotBeRecorded() async throws {
    let bench = try Bench()
    let archive = try await bench.archive()
    try await archive.ledger.refuse(.submitting)
    let outcomes = try await bench.pipeline(archive).run([bench.item(try bench.submission())])
    #expect(outcomes.map(\.state) == [.unfinished])
    #expect(outcomes.exitStatus == 40)
    #expect(bench.transport.exchanges.isEmpty)
    #expect(try await archive.entries().map(\.state) == [.claimed])
  }

  @Test func aRequestThatCannotBeRecordedIsToldWithItsId() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    do {
      let archive = try await bench.archive()
      try await archive.ledger.refuse(.submitted)
      let outcomes = try await bench.pipeline(archive).run([bench.item(submission)])
      #expect(outcomes.map(\.state) == [.inDoubt])
      #expect(outcomes.first?.request == "req-1")
      #expect(outcomes.first?.error?.hint?.contains("--request req-1") == true)
      #expect(outcomes.exitStatus == 41)
    }
    #expect(try await bench.run(submission).state == .inDoubt)
    _ = try await bench.archive().resolve(submission.key.rawValue, .request("req-1"))
    #expect(try await bench.run(submission).state == .archived)
    #expect(bench.posts == 1)
  }

  @Test func aResultThatCannotBeRecordedLeavesTheRunSubmitted() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    do {
      let archive = try await bench.archive()
      try await archive.ledger.refuse(.finished)
      let outcomes = try await bench.pipeline(archive).run([bench.item(submission)])
      #expect(outcomes.map(\.state) == [.unfinished])
      #expect(outcomes.first?.request == "req-1")
      #expect(outcomes.exitStatus == 40)
    }
    #expect(try await bench.state() == .submitted)
    #expect(try await bench.run(submission).state == .archived)
    #expect(bench.posts == 1)
  }

  @Test func aBundleThatCannotBeRecordedIsRecordedByTheNextCommand() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    do {
      let archive = try await bench.archive()
      try await archive.ledger.refuse(.archived)
      let outcomes = try await bench.pipeline(archive).run([bench.item(submission)])
      #expect(outcomes.map(\.state) == [.unfinished])
      #expect(outcomes.exitStatus == 40)
    }
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .archived)
    #expect(bench.posts == 1)
    #expect(bench.service.count(.output) == 1)
  }

  @Test func aPhotoThatChangedSinceItWasPlannedIsRefusedUnsent() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    try bench.folder.write(Pictures.png(2), to: "photos/cat.png")
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .rejected)
    #expect(outcome.exitStatus == 10)
    #expect(outcome.error?.reason.contains("changed") == true)
    #expect(bench.transport.exchanges.isEmpty)
    #expect(try await bench.state() == .rejected)
    #expect(bench.left == [])
  }

  @Test func aPhotoThatIsGoneSinceItWasPlannedIsRefusedUnsent() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    bench.folder("photos/cat.png").withPlatformString { _ = unlink($0) }
    let outcome = try await bench.run(submission)
    #expect(outcome.state == .rejected)
    #expect(outcome.exitStatus == 10)
    #expect(bench.transport.exchanges.isEmpty)
    #expect(bench.left == [])
  }

  @Test func theTokenIsNowhereOnDisk() async throws {
    let bench = try Bench()
    _ = try await bench.run(try bench.submission())
    let secret = Array("tok-never-to-be-seen".utf8)
    for name in bench.folder.files() {
      #expect(try bench.folder.read(name).firstRange(of: secret) == nil, "\(name)")
    }
  }
}
