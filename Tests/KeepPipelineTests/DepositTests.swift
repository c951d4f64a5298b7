import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// Bundles that are put into a store of objects once they are kept in the archive's folder.
@Suite struct DepositTests {
  let bench: Bench
  let bucket = FakeBucket()
  let transport: ScriptedTransport

  init() throws { try self.init([:]) }

  /// One whose service answers otherwise.
  private init(_ scripts: [FakeService.Kind: FakeService.Script]) throws {
    let bench = try Bench(scripts)
    let bucket = bucket
    self.bench = bench
    self.transport = ScriptedTransport { exchange, _ in
      exchange.request.url.origin.host == FakeBucket.host
        ? try bucket.answer(exchange) : try bench.service.answer(exchange)
    }
  }

  private func depositor(
    _ archive: Archive, keepsLocal: Bool = false, interruption: Interruption? = nil
  ) throws -> Depositor {
    let bench = bench
    return try Depositor(
      DepositTarget(FakeBucket.target, keepsLocal: keepsLocal), archive: archive, transport: transport,
      clock: bench.clock, now: { bench.time.withLock { $0 } },
      interruption: interruption ?? bench.interruption,
      report: { event in bench.events.withLock { $0.append(event) } })
  }

  private func pipeline(
    _ archive: Archive, keepsLocal: Bool = false, storing: Bool = true, export: FilePath? = nil
  ) throws -> Pipeline {
    let bench = bench
    var configuration = Pipeline.Configuration(api: try Bench.api())
    configuration.exportFolder = export
    return Pipeline(
      configuration, archive: archive, transport: transport, clock: bench.clock,
      now: { bench.time.withLock { $0 } }, interruption: bench.interruption,
      depositor: storing ? try depositor(archive, keepsLocal: keepsLocal) : nil,
      report: { event in bench.events.withLock { $0.append(event) } })
  }

  private func run(
    _ submission: Submission? = nil, keepsLocal: Bool = false, storing: Bool = true, export: FilePath? = nil
  ) async throws -> SubmissionOutcome {
    try await pipeline(try await bench.archive(), keepsLocal: keepsLocal, storing: storing, export: export)
      .run(try submission ?? bench.submission(), label: "cat.png")
  }

  private func depositWaiting() async throws -> [Deposit] {
    try await depositor(try await bench.archive(.keeping)).depositWaiting()
  }

  private func whereabouts() async throws -> BundleWhereabouts {
    let archive = try await bench.archive(.reading)
    return try archive.whereabouts(of: try #require(try await archive.entries().first?.kept))
  }

  private static let folder = "2026-09-21/cat"
  private static let place = "s3://kept-runs/runs/\(folder)/run-req-1.zip"
  private static let sidecars = [
    "archive/\(folder)/run-req-1.receipt.json", "archive/\(folder)/run-req-1.zip.sha256",
  ]

  @Test func aBundleIsPutWithWhatLiesBesideItAndLeavesTheFolder() async throws {
    let outcome = try await run()
    #expect(outcome.state == .archived)
    #expect(outcome.exitStatus == 0, "\(outcome.storeError?.description ?? "")")
    #expect(outcome.bundle == nil)
    #expect(outcome.stored == Self.place)
    #expect(
      bucket.names == [
        "runs/\(Self.folder)/run-req-1.receipt.json", "runs/\(Self.folder)/run-req-1.zip",
        "runs/\(Self.folder)/run-req-1.zip.sha256",
      ])
    #expect(bucket.puts.first == "/kept-runs/runs/\(Self.folder)/run-req-1.zip", "the bundle goes first")
    let bytes = bucket.objects.withLock { $0["/kept-runs/runs/\(Self.folder)/run-req-1.zip"] }
    #expect(Checksum(of: try #require(bytes)) == outcome.bundleChecksum)
    #expect(bench.left.sorted() == Self.sidecars)
    let whereabouts = try await whereabouts()
    #expect(!whereabouts.isHere && !whereabouts.isLost && whereabouts.waiting.isEmpty)
    #expect(whereabouts.stored.map(\.place) == [Self.place])
    #expect(try await bench.story().suffix(3) == ["archived", "stored", "dropped"])
    let sent = bucket.requests.filter { $0.method == .put }
    #expect(sent.allSatisfy { $0.headers["If-None-Match"] == "*" && $0.headers["x-amz-meta-sha256"] != nil })
  }

  @Test func theNextCommandKnowsThatItIsKept() async throws {
    _ = try await run()
    let asked = bucket.requests.count
    for storing in [true, false] {
      let again = try await run(storing: storing)
      #expect(again.state == .archived && again.wasKeptAlready && again.exitStatus == 0)
      #expect(again.stored == Self.place && again.bundle == nil)
    }
    let archived = await (try pipeline(try await bench.archive())).archive(
      Request(id: "req-1", deployment: "d-1"))
    #expect(archived.state == .archived && archived.stored == Self.place)
    #expect(bench.posts == 1 && bench.service.count(.output) == 1)
    #expect(bucket.requests.count == asked)
    #expect(bench.left.sorted() == Self.sidecars)
  }

  @Test func itStaysInTheFolderWhereItIsToStay() async throws {
    let outcome = try await run(keepsLocal: true)
    #expect(outcome.bundle != nil && outcome.stored == Self.place)
    #expect(try await depositWaiting().isEmpty)
    #expect(try await run().bundle == outcome.bundle)
    let holdings = try await bench.archive(.reading).holdings()
    #expect(holdings.stored.isEmpty && holdings.kept.map(\.path) == [outcome.bundle])
  }

  @Test(arguments: [true, false])
  func oneThatWasToStayAndIsGoneIsMissedAndFetchedAgain(_ storing: Bool) async throws {
    let first = try await run(keepsLocal: true)
    first.bundle?.withPlatformString { _ = unlink($0) }
    let holdings = try await bench.archive(.reading).holdings()
    #expect(holdings.stored.isEmpty && holdings.kept.map(\.path) == [first.bundle])
    #expect(await Verification.reports(of: holdings.kept.map(\.path)).map(\.exitStatus) != [0])
    let again = try await run(keepsLocal: storing, storing: storing)
    #expect(again.state == .archived && again.bundle == first.bundle)
    #expect(again.bundleChecksum == first.bundleChecksum)
    #expect(bench.left.contains("archive/\(Self.folder)/run-req-1.zip"))
    #expect(bench.posts == 1 && bench.service.count(.output) == 2)
    #expect(bucket.puts.count == 3, "the store has it still")
  }

  @Test func oneThatWasToStayAndCannotBeHadAgainIsToldWithItsPlaceInTheStore() async throws {
    let tests = try DepositTests([.output: { $0 > 0 ? FakeService.json("gone", status: 404) : nil }])
    let first = try await tests.run(keepsLocal: true)
    first.bundle?.withPlatformString { _ = unlink($0) }
    let again = try await tests.run(keepsLocal: true)
    #expect(again.exitStatus == 30)
    #expect(again.error?.hint?.hasSuffix("\(Self.place) has it") == true)
    #expect(tests.bench.posts == 1)
  }

  @Test func aCopyThatAPersonBroughtBackStays() async throws {
    _ = try await run()
    let name = "archive/\(Self.folder)/run-req-1.zip"
    let bytes = bucket.objects.withLock { $0["/kept-runs/runs/\(Self.folder)/run-req-1.zip"] }
    try bench.folder.write(try #require(bytes), to: name)
    let outcome = try await run()
    #expect(outcome.bundle == bench.folder(name) && outcome.stored == Self.place)
    #expect(try await depositWaiting().isEmpty)
    #expect(bench.left.contains(name))
  }

  @Test func aRemovalThatWasNotRecordedIsRecordedLaterAndACopyBroughtBackStays() async throws {
    _ = try await run()
    let archive = try await bench.archive()
    // As a kill between the removal and the ledger's word of it leaves it.
    try await archive.ledger.execute("UPDATE stored SET droppedAt = NULL")
    let holdings = try await archive.holdings()
    #expect(holdings.kept.isEmpty && holdings.stored.map(\.place) == [Self.place])
    let again = await (try pipeline(archive, storing: false)).run(try bench.submission(), label: "cat.png")
    #expect(again.wasKeptAlready && again.stored == Self.place && again.bundle == nil)
    let (asked, told) = (bucket.requests.count, bench.events.withLock { $0.count })
    #expect(try await depositor(archive).depositWaiting().isEmpty, "it is not put there now")
    #expect(bucket.requests.count == asked && bench.events.withLock { $0.count } == told)
    #expect(try await archive.ledger.unsettled(in: FakeBucket.name).isEmpty)
    let name = "archive/\(Self.folder)/run-req-1.zip"
    let bytes = bucket.objects.withLock { $0["/kept-runs/runs/\(Self.folder)/run-req-1.zip"] }
    try bench.folder.write(try #require(bytes), to: name)
    #expect(try await depositor(archive).depositWaiting().isEmpty)
    #expect(bench.left.contains(name))
  }

  @Test func aStoreThatDoesNotKnowTheConditionIsToldOfOnce() async throws {
    bucket.script.withLock { script in
      script = { request in
        request.method == .put && request.headers["If-None-Match"] != nil
          ? FakeBucket.refusal(501, "NotImplemented") : nil
      }
    }
    let archive = try await bench.archive()
    let items = try (1...2).map { bench.item(try bench.submission(UInt8($0), name: "p\($0).png")) }
    let outcomes = await (try pipeline(archive)).run(items)
    #expect(outcomes.map(\.exitStatus) == [0, 0])
    #expect(bench.notes.count { $0.contains("does not know If-None-Match") } == 1)
  }

  @Test func otherBytesUnderTheNameStayAndSoDoesTheBundle() async throws {
    bucket.objects.withLock { $0["/kept-runs/runs/\(Self.folder)/run-req-1.zip"] = [1, 2, 3] }
    let outcome = try await run()
    #expect(outcome.state == .archived && outcome.exitStatus == 12)
    #expect(outcome.bundle != nil && outcome.stored == nil)
    #expect(bucket.puts.isEmpty)
    let whereabouts = try await whereabouts()
    #expect(whereabouts.isHere && whereabouts.stored.isEmpty && whereabouts.waiting.count == 1)
    #expect(try await depositWaiting().exitStatus == 12)
    bucket.objects.withLock { $0 = [:] }
    #expect(try await depositWaiting().map(\.place) == [Self.place])
    #expect(bench.left.sorted() == Self.sidecars)
  }

  @Test func theSameBytesAreNotSentAgain() async throws {
    let first = try await run(storing: false)
    let bytes = try bench.folder.read("archive/\(Self.folder)/run-req-1.zip")
    #expect(Checksum(of: bytes) == first.bundleChecksum)
    bucket.objects.withLock { $0["/kept-runs/runs/\(Self.folder)/run-req-1.zip"] = bytes }
    let outcome = try await run()
    #expect(outcome.wasKeptAlready && outcome.stored == Self.place && outcome.bundle == nil)
    #expect(!bucket.puts.contains { $0.hasSuffix(".zip") })
  }

  @Test(arguments: [
    (403, "AccessDenied", Int32(11)), (507, "QuotaExceeded", 11), (404, "NoSuchBucket", 11),
    (503, "SlowDown", 69),
  ])
  func whatCannotBePutWaitsAndIsPutLater(_ status: Int, _ code: String, _ exit: Int32) async throws {
    bucket.script.withLock { script in
      script = { $0.method == .put ? FakeBucket.refusal(status, code) : nil }
    }
    let outcome = try await run()
    #expect(outcome.state == .archived && outcome.error == nil)
    #expect(outcome.exitStatus == exit, "\(outcome.storeError?.description ?? "")")
    #expect(outcome.bundle != nil && outcome.stored == nil)
    let story = try await bench.story()
    #expect(story.last == "not_stored")
    _ = try await depositWaiting()
    #expect(try await bench.story() == story, "the same reason is told once")
    bucket.script.withLock { $0 = nil }
    #expect(try await depositWaiting().map(\.place) == [Self.place])
    #expect(try await depositWaiting().isEmpty)
    #expect(bench.left.sorted() == Self.sidecars)
    #expect(bench.posts == 1 && bench.service.count(.output) == 1)
    let told = "\(outcome.storeError.map { "\($0) \($0.hint ?? "")" } ?? "")"
    #expect(!told.contains("never-to-be-seen"))
  }

  @Test func aStoreThatIsAwayIsAskedOncePerCommand() async throws {
    bucket.script.withLock { script in
      script = { _ in
        .failure(KeepError(.unavailable, .address("store"), "connection refused", retry: .backOff))
      }
    }
    let archive = try await bench.archive()
    let pipeline = try pipeline(archive)
    let items = try (1...3).map { bench.item(try bench.submission(UInt8($0), name: "p\($0).png")) }
    let outcomes = await pipeline.run(items)
    #expect(outcomes.map(\.state) == [.archived, .archived, .archived])
    #expect(outcomes.exitStatus == 69)
    // Six tries at most for each that began before the first one gave up.
    #expect(bucket.requests.count <= 18)
    let asked = bucket.requests.count
    let more = bench.item(try bench.submission(9, name: "p9.png"))
    #expect(await pipeline.run([more]).map(\.exitStatus) == [69])
    #expect(bucket.requests.count == asked)
    bucket.script.withLock { $0 = nil }
    #expect(try await depositor(archive).depositWaiting().count == 4)
    #expect(bucket.names.count == 12)
  }

  @Test func oneThatIsInTheStoreAndStillHereIsLookedForAgainBeforeItGoes() async throws {
    _ = try await run(keepsLocal: true)
    // As a kill between the store's word and the removal leaves it.
    let archive = try await bench.archive()
    try await archive.ledger.execute("UPDATE stored SET keepsLocal = 0")
    bucket.script.withLock { $0 = { _ in FakeBucket.answer(500) } }
    let away = try await depositor(archive).depositWaiting()
    #expect(away.map(\.error?.code) == [.unavailable])
    #expect(away.map(\.place) == [Self.place], "what was proven stays proven")
    #expect(bench.left.contains("archive/\(Self.folder)/run-req-1.zip"))
    bucket.script.withLock { $0 = nil }
    let asked = bucket.requests.count
    #expect(try await depositor(archive).depositWaiting().map(\.bundle) == [nil])
    #expect(bucket.requests.count > asked)
    #expect(bench.left.sorted() == Self.sidecars)
  }

  @Test func oneThatTheStoreHasLostIsPutAgainBeforeItGoes() async throws {
    _ = try await run(keepsLocal: true)
    let archive = try await bench.archive()
    try await archive.ledger.execute("UPDATE stored SET keepsLocal = 0")
    bucket.objects.withLock { $0 = [:] }
    #expect(try await depositor(archive).depositWaiting().map(\.place) == [Self.place])
    #expect(bucket.names.count == 3)
    #expect(bench.left.sorted() == Self.sidecars)
  }

  @Test func aBundleThatChangedIsNotPut() async throws {
    bucket.script.withLock { $0 = { _ in FakeBucket.answer(500) } }
    let outcome = try await run()
    bucket.script.withLock { $0 = nil }
    var bytes = try bench.folder.read("archive/\(Self.folder)/run-req-1.zip")
    bytes[bytes.count / 2] ^= 1
    try bench.folder.write(bytes, to: "archive/\(Self.folder)/run-req-1.zip")
    let deposits = try await depositWaiting()
    #expect(deposits.map(\.error?.code) == [.fixity])
    #expect(bucket.names.isEmpty)
    #expect(outcome.bundle != nil && bench.left.contains("archive/\(Self.folder)/run-req-1.zip"))
  }

  @Test func aPersonMayStopWhileItIsPut() async throws {
    let interruption = bench.interruption
    bucket.script.withLock { script in
      script = { request in
        guard request.method == .put else { return nil }
        interruption.raise()
        throw KeepError(.interrupted, .none, "stopped")
      }
    }
    let outcome = try await run()
    #expect(outcome.state == .archived && outcome.bundle != nil)
    #expect([outcome].exitStatus == 130)
    bucket.script.withLock { $0 = nil }
    let archive = try await bench.archive(.keeping)
    let deposits = try await depositor(archive, interruption: Interruption()).depositWaiting()
    #expect(deposits.map(\.place) == [Self.place])
  }

  @Test func whatLiesInTheStoreAloneIsNotExportedAgainAndThatIsTold() async throws {
    let out = bench.folder("out")
    #expect(try await run(export: out).exitStatus == 0)
    #expect(bench.folder.files().filter { $0.hasPrefix("out/") } == ["out/cat.136.1.png"])
    #expect(try await run(export: out).exitStatus == 0)
    #expect(bench.notes.contains { $0.contains("not exported again") })
  }

  @Test func whatCouldNotBeExportedStaysHereUntilItIs() async throws {
    // Where the output is to go there is a folder.
    try bench.folder.write([1], to: "out/cat.136.1.png/file")
    let failed = try await run(export: bench.folder("out"))
    #expect(failed.aside == .notExported && failed.bundle != nil)
    #expect(bucket.names.isEmpty)
    let again = try await run(export: bench.folder("else"))
    #expect(again.exitStatus == 0 && again.stored == Self.place && again.bundle == nil)
    #expect(bench.folder.files().contains("else/cat.136.1.png"))
  }

  @Test func runsOfTheSameCommandHaveHadTheirTurn() async throws {
    bucket.objects.withLock { $0["/kept-runs/runs/\(Self.folder)/run-req-1.zip"] = [1, 2, 3] }
    let outcome = try await run()
    let asked = bucket.requests.count
    let archive = try await bench.archive()
    let others = Set([try #require(outcome.request)])
    #expect(try await depositor(archive).depositWaiting(but: others).isEmpty)
    #expect(bucket.requests.count == asked)
  }

  @Test func aLostLedgerIsMissedThoughNoBundleLiesHere() async throws {
    _ = try await run()
    for suffix in ["", "-wal", "-shm"] {
      _ = bench.folder("archive/.comfykeep/ledger.sqlite\(suffix)").withPlatformString { unlink($0) }
    }
    let error = await #expect(throws: KeepError.self) { try await run() }
    #expect(error?.code == .ledgerUnusable)
    #expect(bench.posts == 1)
  }

  @Test func noSecretIsInTheLedger() async throws {
    _ = try await run()
    let bytes = try bench.folder.read("archive/.comfykeep/ledger.sqlite")
    let log = (try? bench.folder.read("archive/.comfykeep/ledger.sqlite-wal")) ?? []
    let text = String(decoding: bytes + log, as: UTF8.self)
    #expect(text.contains("s3://kept-runs/runs"))
    #expect(!text.contains("never-to-be-seen"))
  }
}
