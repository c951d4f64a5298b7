import Glibc
import KeepFiles
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// What must not be paid for twice, or at all: outputs taken for inputs, refused batches, exports that cannot be.
@Suite struct RepeatTests {
  private func items(_ bench: Bench, _ range: Range<UInt8>) throws -> [Pipeline.BatchItem] {
    try range.map { bench.item(try bench.submission($0, name: "p\($0).png")) }
  }

  // MARK: Refusals of the account

  @Test(arguments: [
    (401, "{}", 77 as Int32), (403, "{}", 77), (402, "{}", 1), (400, #"{"error_code":10001}"#, 1),
    (200, #"{"error_code":10002}"#, 1), (400, #"{"error_code":10003}"#, 1),
  ])
  func aRefusalOfTheAccountStopsTheBatch(status: Int, body: String, exit: Int32) async throws {
    let bench = try Bench([.submit: { $0 == 0 ? FakeService.json(body, status: status) : nil }])
    let items = try items(bench, 0..<6)
    let outcomes = try await bench.pipeline(try await bench.archive()) { $0.concurrency = 1 }.run(items)
    // Which one is the first to be sent is open: they are made ready side by side.
    #expect(outcomes.count { $0.state == .rejected } == 1)
    #expect(outcomes.count { $0.state == .unfinished } == 5)
    #expect(Set(outcomes.map(\.error?.code)).count == 1)
    #expect(Set(outcomes.map(\.error?.hint)).count == 1)
    #expect(Set(outcomes.map(\.error?.reason)).count == 2)
    #expect(outcomes.exitStatus == exit)
    #expect(bench.posts == 1)
    let states = try await bench.archive(.reading).entries().map(\.state)
    #expect(states.count { $0 == .claimed } == 5)
    let later = try await bench.pipeline(try await bench.archive()).run(items)
    #expect(later.allSatisfy { $0.state == .archived })
    #expect(bench.posts == 7)
  }

  @Test func aRefusalOfOneInputDoesNotStopTheBatch() async throws {
    let bench = try Bench([.submit: { $0 == 0 ? FakeService.json(#"{"detail":"bad"}"#, status: 422) : nil }])
    let outcomes = try await bench.pipeline(try await bench.archive()) { $0.concurrency = 1 }
      .run(try items(bench, 0..<3))
    #expect(outcomes.count { $0.state == .rejected } == 1)
    #expect(outcomes.count { $0.state == .archived } == 2)
  }

  @Test func aRefusedDeploymentLeavesOthersAlone() {
    let halt = SubmitHalt()
    halt.learn(KeepError(.deploymentUnusable, .deployment("d-1"), "is disabled"), from: "d-1")
    halt.learn(KeepError(.inputRejected, .none, "is empty"), from: "d-2")
    #expect(halt.reason(for: "d-1") == KeepError(.deploymentUnusable, .deployment("d-1"), ""))
    #expect(halt.reason(for: "d-2") == nil)
    halt.learn(KeepError(.tokenRefused, .none, "is refused"), from: "d-1")
    #expect(halt.reason(for: "d-2")?.code == .tokenRefused)
  }

  // MARK: Outputs taken for inputs

  private func wish(_ paths: FilePath..., deployment: DeploymentID = "d-1") -> RunWish {
    RunWish(deployment: deployment, paths: paths, isRecursive: true, assets: ["189.image"])
  }

  private func run(_ bench: Bench, _ wish: RunWish, export: FilePath? = nil) async throws
    -> [SubmissionOutcome]
  {
    let pipeline = try bench.pipeline(try await bench.archive()) { $0.exportFolder = export }
    return await pipeline.run(try await pipeline.plan(wish).runs.map(\.item))
  }

  @Test func theSameCommandDoesNotTakeItsOutputsForInputs() async throws {
    let bench = try Bench()
    _ = try bench.asset()
    let wish = wish(bench.folder.path)
    for _ in 0..<3 {
      let outcomes = try await run(bench, wish, export: bench.folder("out"))
      #expect(outcomes.map(\.state) == [.archived])
    }
    #expect(bench.folder.files().contains("out/cat.136.1.png"))
    // Nor do others: without the export, or with another one.
    #expect(try await run(bench, wish).count == 1)
    #expect(try await run(bench, wish, export: bench.folder("other")).count == 1)
    #expect(bench.posts == 1)
    // Another deployment may well go on with them.
    let pipeline = try bench.pipeline(try await bench.archive())
    #expect(try await pipeline.plan(self.wish(bench.folder("out"), deployment: "d-2")).runs.count == 1)
  }

  @Test func aListedFolderIsNotWhereOutputsGo() async throws {
    let bench = try Bench()
    _ = try bench.asset()
    let photos = bench.folder("photos")
    let error = await #expect(throws: KeepError.self) {
      try await run(bench, wish(photos), export: photos.appending("../photos"))
    }
    #expect(error?.code == .usage)
    #expect(error?.hint?.contains("--export") == true)
    #expect(bench.transport.exchanges.isEmpty)
    #expect(bench.folder.files().filter { $0.hasPrefix("photos/") } == ["photos/cat.png"])
  }

  @Test func aNamedOutputIsTakenUnlessItLiesWhereOutputsGo() async throws {
    let bench = try Bench()
    let photos = bench.folder("photos")
    let photo = try bench.asset().path
    #expect(try await run(bench, wish(photo), export: photos).map(\.state) == [.archived])
    let output = photos.appending("cat.136.1.png")
    let refused = try await run(bench, wish(photo, output), export: photos)
    #expect(refused.map(\.state) == [.archived, .rejected])
    #expect(refused[1].error?.code == .inputRejected)
    #expect(bench.posts == 1)
    #expect(try await run(bench, wish(output)).map(\.state) == [.archived])
    #expect(bench.posts == 2)
  }

  @Test func anInputThatComesOutUnchangedStaysAnInput() async throws {
    let bench = try Bench([
      .output: { _ in .response(BufferedResponse(status: 200, body: Pictures.png(1))) }
    ])
    _ = try bench.asset(1)
    for _ in 0..<2 { #expect(try await run(bench, wish(bench.folder("photos"))).count == 1) }
    #expect(bench.posts == 1)
  }

  // MARK: Exports

  @Test func anExportThatCannotBeIsFoundBeforeAnythingIsSent() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let target = try bench.folder.write([1], to: "out")
    let outcome = try await bench.run(submission) { $0.exportFolder = target }
    #expect(outcome.state == .unfinished)
    #expect(outcome.exitStatus == 74)
    #expect(outcome.error?.subject == .path(target))
    await #expect(throws: KeepError(.localIO, .path(target), "")) {
      try await run(bench, wish(bench.folder("photos")), export: target)
    }
    #expect(bench.posts == 0)
    #expect(try await bench.state() == .claimed)
  }

  @Test func whatAKilledExportLeftGoesAndWhatIsBeingWrittenStays() async throws {
    let bench = try Bench()
    let out = bench.folder("out")
    try bench.folder.write([1], to: "out/.comfykeep-a1.part")
    try bench.folder.write([1], to: "out/mine.part")
    let other = try AtomicFile(in: out)
    let name = try #require(other.temporary.lastComponent?.string)
    let items = try items(bench, 1..<2)
    _ = try await bench.pipeline(try await bench.archive()) { $0.exportFolder = out }.run(items)
    #expect(
      bench.folder.files().filter { $0.hasPrefix("out/") }.sorted()
        == ["out/\(name)", "out/mine.part", "out/p1.136.1.png"].sorted())
    #expect(try other.publish(as: "whole"))
  }

  // MARK: Ledgers

  @Test func twoArchivesOnOneLedgerKnowEachOthersBundles() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let ledger = bench.folder("state/ledger.sqlite")
    func run(_ name: String) async throws -> SubmissionOutcome {
      let archive = try await Archive(
        at: bench.folder(name), ledger: ledger, for: .writing, now: { Bench.noon })
      return await (try bench.pipeline(archive)).run(submission, label: "cat.png")
    }
    let first = try await run("one")
    let second = try await run("two")
    #expect(second.wasKeptAlready)
    #expect(second.error == nil)
    #expect(second.bundle == first.bundle)
    #expect(bench.posts == 1)
  }

  @Test func aLedgerElsewhereKnowsBundlesByTheirFullPath() throws {
    let layout = try ArchiveLayout(rootAwayFromLedger: "k")
    let stored = layout.relative("k/2026-09-21/cat/run-1.zip")
    #expect(stored.isAbsolute)
    #expect(stored.ends(with: "k/2026-09-21/cat/run-1.zip"))
    #expect(layout.absolute(stored) == stored)
  }

  @Test func aMissingLedgerBesideBundlesIsNotBegunAnewByARun() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    #expect(try await bench.run(submission).state == .archived)
    for name in bench.folder.files() where name.contains("ledger.sqlite") {
      bench.folder(name).withPlatformString { _ = unlink($0) }
    }
    let error = await #expect(throws: KeepError.self) { try await bench.archive() }
    #expect(error?.code == .ledgerUnusable)
    #expect(error?.code.exitStatus == 40)
    #expect(error?.reason.contains("2026-09-21/cat/run-req-1.zip") == true)
    #expect(error?.hint?.contains("comfykeep ledger rebuild") == true)
    #expect(!bench.folder.files().contains { $0.contains("ledger.sqlite") })
    let keeping = await #expect(throws: KeepError.self) { try await bench.archive(.keeping) }
    #expect(keeping?.code == .ledgerUnusable)
    #expect(bench.posts == 1)
  }
}
