import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// One run from end to end, and how it can end after it was taken.
@Suite struct RunTests {
  @Test func aRunIsArchivedAndNothingElseStays() async throws {
    let bench = try Bench()
    let outcome = try await bench.run(try bench.submission())
    #expect(outcome.state == .archived)
    #expect(outcome.exitStatus == 0)
    #expect(outcome.request == "req-1")
    #expect(outcome.outputs == 1)
    #expect(outcome.error == nil)
    #expect(!outcome.wasKeptAlready)
    let bundle = "archive/2026-09-21/cat/run-req-1"
    #expect(bench.left == ["\(bundle).receipt.json", "\(bundle).zip", "\(bundle).zip.sha256"])
    #expect(outcome.bundle == bench.folder("\(bundle).zip"))
    let reports = await Verification.reports(of: [bench.folder("\(bundle).zip")])
    #expect(reports.map(\.exitStatus) == [0], "\(reports.flatMap(\.findings))")
    #expect(
      try await bench.story() == [
        "claimed", "submitting", "submitted", "status", "status", "finished", "archived",
      ])
  }

  @Test func aKeptRunIsToldAndNotSubmittedAgain() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let first = try await bench.run(submission)
    let second = try await bench.run(submission) { $0.repeatsEnded = true }
    #expect(second.state == .archived)
    #expect(second.wasKeptAlready)
    #expect(second.bundle == first.bundle)
    #expect(second.bundleChecksum == first.bundleChecksum)
    #expect(bench.posts == 1)
  }

  @Test(arguments: [
    (#"{"status":"failed","error":{"message":"out of memory"}}"#, SubmissionOutcome.State.failed, 20),
    (#"{"status":"canceled"}"#, .canceled, 21),
    (#"{"status":"succeeded","outputs":{}}"#, .empty, 22),
  ])
  func whatEndedWithoutOutputsIsKeptAsItIs(
    result: String, state: SubmissionOutcome.State, status: Int32
  ) async throws {
    let bench = try Bench([.result: { _ in FakeService.json(result) }])
    let submission = try bench.submission()
    for isFirst in [true, false] {
      let outcome = try await bench.run(submission)
      #expect(outcome.state == state)
      #expect(outcome.exitStatus == status)
      #expect(outcome.bundle != nil)
      #expect(outcome.wasKeptAlready == !isFirst)
      #expect(outcome.error?.code.exitStatus == status)
    }
    #expect(try await bench.state()?.rawValue == state.rawValue)
    #expect(bench.posts == 1)
    _ = try await bench.run(submission) { $0.repeatsEnded = true }
    #expect(bench.posts == 2)
  }

  @Test(arguments: [
    (#"{"status":"failed","error":{"message":"out of memory"}}"#, SubmissionOutcome.State.failed),
    (#"{"status":"canceled"}"#, .canceled), (#"{"status":"succeeded","outputs":{}}"#, .empty),
  ])
  func anAdoptedRunIsToldAgainAsItEnded(result: String, state: SubmissionOutcome.State) async throws {
    let bench = try Bench([.result: { _ in FakeService.json(result) }])
    let pipeline = try bench.pipeline(try await bench.archive())
    let request = Request(id: "elsewhere-1", deployment: "d-1")
    for isFirst in [true, false] {
      let outcome = await pipeline.archive(request)
      #expect(outcome.state == state)
      #expect(outcome.error != nil)
      #expect(outcome.wasKeptAlready == !isFirst)
    }
    #expect(bench.posts == 0)
  }

  @Test func anOutputThatIsGoneLeavesTheRunOpenUnlessAPartIsEnough() async throws {
    let bench = try Bench([
      .result: { _ in FakeService.result(of: "req-1", pictures: 2) },
      .output: { number in number > 0 ? FakeService.json("gone", status: 404) : nil },
    ])
    let submission = try bench.submission()
    let open = try await bench.run(submission)
    #expect(open.state == .unfinished)
    #expect(open.exitStatus == 23)
    #expect(try await bench.state() == .finished)
    let partial = try await bench.run(submission) { $0.allowsPartial = true }
    #expect(partial.state == .partial)
    #expect(partial.exitStatus == 3)
    #expect(partial.bundle?.string.hasSuffix(".partial.zip") == true)
    let again = try await bench.run(submission) { $0.repeatsEnded = true }
    #expect(again.state == .partial)
    #expect(again.error?.hint?.contains("--retry-failed") != true)
    #expect(bench.posts == 1)
  }

  @Test func outputsThatAreGoneEarlyLeaveTheRunOpenAndLateOnesExpireIt() async throws {
    let bench = try Bench([.output: { _ in FakeService.json("gone", status: 404) }])
    let submission = try bench.submission()
    let early = try await bench.run(submission)
    #expect(early.state == .unfinished)
    #expect(early.exitStatus == 69)
    #expect(try await bench.state() == .finished)
    bench.time.withLock { $0 = Bench.noon.advanced(by: .seconds(8 * 86_400)) }
    let late = try await bench.run(submission)
    #expect(late.state == .expired)
    #expect(late.exitStatus == 31)
    #expect(try await bench.state() == .expired)
    #expect(bench.left == [])
    let again = try await bench.run(submission)
    #expect(again.state == .expired)
    #expect(again.exitStatus == 31)
    #expect(bench.posts == 1)
  }

  @Test func anOldRunMadeElsewhereExpiresByTheTimeThatTheServiceNames() async throws {
    let bench = try Bench([.output: { _ in FakeService.json("gone", status: 404) }])
    bench.time.withLock { $0 = Bench.noon.advanced(by: .seconds(30 * 86_400)) }
    let pipeline = try bench.pipeline(try await bench.archive())
    let outcome = await pipeline.archive(Request(id: "elsewhere-1", deployment: "d-1"))
    #expect(outcome.state == .expired)
    #expect(outcome.exitStatus == 31)
  }

  @Test func theFirstDrawOfARandomSeedIsTheOneInTheBundle() async throws {
    let bench = try Bench([.result: { number in number == 0 ? FakeService.json("{}", status: 401) : nil }])
    let first = try await bench.run(try bench.submission(seed: 11))
    #expect(first.exitStatus == 77)
    let outcome = try await bench.run(try bench.submission(seed: 22))
    #expect(outcome.state == .archived)
    #expect(bench.posts == 1)
    let bytes = try bench.folder.read("archive/2026-09-21/cat/run-req-1.zip")
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("\"noise_seed\":11") || text.contains("\"noise_seed\": 11"))
    #expect(!text.contains("\"noise_seed\":22") && !text.contains("\"noise_seed\": 22"))
  }

  @Test func oneFileInTwoInputsIsOneCopy() async throws {
    let bench = try Bench()
    let asset = try bench.asset()
    var overrides = Overrides()
    overrides[NodeInput(node: "189", name: "image")] = .asset(.inline(asset))
    overrides[NodeInput(node: "190", name: "image")] = .asset(.inline(asset))
    let outcome = try await bench.run(try bench.submission(overrides))
    #expect(outcome.state == .archived)
    let report = await Verification.reports(of: [try #require(outcome.bundle)])
    #expect(report.map(\.exitStatus) == [0])
    #expect(!bench.left.contains { $0.contains(".comfykeep") })
  }
}
