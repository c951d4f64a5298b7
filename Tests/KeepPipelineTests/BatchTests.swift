import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// Many runs at once.
@Suite struct BatchTests {
  @Test func outcomesComeInTheOrderOfTheItems() async throws {
    let bench = try Bench()
    let items = try (0..<6).map { bench.item(try bench.submission(UInt8($0), name: "p\($0).png")) }
    let refusal = KeepError(.inputRejected, .path("x.png"), "the file is empty")
    let refused = Pipeline.BatchItem(label: "x.png", inputs: ["x.png"], submission: .failure(refusal))
    let outcomes = try await bench.pipeline(try await bench.archive()).run(items + [refused])
    #expect(outcomes.map(\.inputs) == items.map(\.inputs) + [["x.png"]])
    #expect(outcomes.map(\.state) == Array(repeating: .archived, count: 6) + [.rejected])
    #expect(outcomes.exitStatus == 3)
    #expect(bench.posts == 6)
    let ended = bench.events.withLock { $0.filter { if case .ended = $0.change { true } else { false } } }
    #expect(ended.map(\.index).sorted() == Array(0...6))
  }

  @Test(arguments: [1, 4])
  func twoPhotosWithTheSameBytesAreOneSubmission(concurrency: Int) async throws {
    let bench = try Bench()
    let items = [
      bench.item(try bench.submission(1, name: "a.png")), bench.item(try bench.submission(2, name: "b.png")),
      bench.item(try bench.submission(1, name: "c.png")), bench.item(try bench.submission(1, name: "a.png")),
    ]
    let outcomes = try await bench.pipeline(try await bench.archive()) { $0.concurrency = concurrency }.run(
      items)
    #expect(outcomes.map(\.state) == [.archived, .archived, .archived, .archived])
    #expect(outcomes.map(\.inputs) == items.map(\.inputs))
    #expect(outcomes.map(\.wasKeptAlready) == [false, false, true, true])
    #expect(outcomes[2].bundle == outcomes[0].bundle)
    #expect(bench.posts == 2)
    #expect(bench.service.count(.output) == 2)
    let told = bench.events.withLock { events in
      events.filter { if case .note = $0.change { $0.index == 2 } else { false } }
    }
    #expect(told.count == 1)
  }

  @Test func aCopyIsToldAsSoonAsItsFirstHasEnded() async throws {
    let bench = try Bench()
    let items = [
      bench.item(try bench.submission(1, name: "a.png")), bench.item(try bench.submission(1, name: "b.png")),
      bench.item(try bench.submission(2, name: "c.png")),
    ]
    let outcomes = try await bench.pipeline(try await bench.archive()) { $0.concurrency = 1 }.run(items)
    #expect(outcomes.map(\.sameAs) == [nil, "a.png", nil])
    let ended = bench.events.withLock { $0.filter { if case .ended = $0.change { true } else { false } } }
    #expect(ended.map(\.index) == [0, 1, 2])
  }

  @Test func aRepeatedFailureIsRepeatedOnceForTwoPhotosWithTheSameBytes() async throws {
    let bench = try Bench([.result: { _ in FakeService.json(#"{"status":"failed","error":"no"}"#) }])
    let items = ["a.png", "b.png"].map { name in try? bench.item(bench.submission(1, name: name)) }
      .compactMap(\.self)
    for posts in [1, 2] {
      let pipeline = try bench.pipeline(try await bench.archive()) {
        $0.repeatsEnded = true
        $0.concurrency = 1
      }
      #expect(await pipeline.run(items).map(\.state) == [.failed, .failed])
      #expect(bench.posts == posts)
    }
  }

  @Test func theSameSubmissionFromTwoTasksIsSubmittedOnce() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let pipeline = try bench.pipeline(try await bench.archive())
    let outcomes = await withTaskGroup(of: SubmissionOutcome.self) { group in
      for _ in 0..<8 { group.addTask { await pipeline.run(submission, label: "cat.png") } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.allSatisfy { $0.state == .archived })
    #expect(outcomes.count(where: \.wasKeptAlready) == 7)
    #expect(bench.posts == 1)
    #expect(bench.service.count(.output) == 1)
  }

  @Test func aFileThatGoesIntoEveryRunIsCopiedOnceWithoutTroubleBetweenThem() async throws {
    let bench = try Bench()
    let mask = try bench.asset(200, name: "mask.png")
    let items = try (0..<12).map { value in
      var overrides = try bench.submission(UInt8(value), name: "p\(value).png").overrides
      overrides[NodeInput(node: "190", name: "image")] = .asset(.inline(mask))
      return bench.item(try bench.submission(overrides))
    }
    let outcomes = try await bench.pipeline(try await bench.archive()) { $0.concurrency = 8 }.run(items)
    #expect(
      outcomes.map(\.state) == Array(repeating: .archived, count: 12), "\(outcomes.compactMap(\.error))")
    #expect(!bench.left.contains { $0.contains(".comfykeep") })
  }

  @Test func oneRunThatCannotBeRecordedLeavesTheOthersAlone() async throws {
    let bench = try Bench()
    let items = try (0..<4).map { bench.item(try bench.submission(UInt8($0), name: "p\($0).png")) }
    guard case .success(let second) = items[1].submission else { return }
    let archive = try await bench.archive()
    try await archive.ledger.execute(
      """
      CREATE TEMP TRIGGER refused BEFORE UPDATE ON main.submission
      WHEN NEW.state = 'submitting' AND NEW.key = '\(second.key)'
      BEGIN SELECT RAISE(ABORT, 'the disk says no'); END
      """)
    let outcomes = try await bench.pipeline(archive).run(items)
    #expect(outcomes.map(\.state) == [.archived, .unfinished, .archived, .archived])
    #expect(outcomes[1].error?.code == .ledgerUnusable)
    #expect(outcomes[1].inputs == items[1].inputs)
    #expect(outcomes.exitStatus == 40)
    #expect(bench.posts == 3)
  }

  @Test func oneRequestNamedTwiceIsKeptOnce() async throws {
    let bench = try Bench()
    let request = Request(id: "elsewhere-1", deployment: "d-1")
    let outcomes = try await bench.pipeline(try await bench.archive()).archive([request, request])
    #expect(outcomes.map(\.state) == [.archived, .archived])
    #expect(outcomes.map(\.wasKeptAlready) == [false, true])
    #expect(bench.service.count(.output) == 1)
  }

  @Test(
    arguments: [
      ([], 0), ([.archived], 0), ([.archived, .archived], 0), ([.failed, .failed], 20), ([.failed], 20),
      ([.archived, .failed], 3), ([.partial], 3), ([.inDoubt, .archived], 41), ([.expired], 31),
      ([.canceled, .canceled], 21), ([.empty], 22), ([.rejected], 10), ([.unfinished], 23),
      ([.failed, .canceled], 3),
    ] as [([SubmissionOutcome.State], Int32)])
  func aBatchHasOneStatus(states: [SubmissionOutcome.State], status: Int32) {
    #expect(states.map { SubmissionOutcome($0) }.exitStatus == status)
  }

  @Test(
    arguments: [
      ([.interrupted, .inDoubt], 130), ([.interrupted, .ledgerUnusable], 130),
      ([.ledgerUnusable, .fixity], 40),
      ([.unavailable, .unavailable], 69), ([.unavailable, .localIO], 3), ([.localIO], 74),
      ([.tokenRefused], 77),
    ] as [([KeepError.Code], Int32)])
  func aPersonIsNeededFirst(codes: [KeepError.Code], status: Int32) {
    let outcomes = codes.map { SubmissionOutcome(.unfinished, error: KeepError($0, .none, "x")) }
    #expect(outcomes.exitStatus == status)
  }
}
