import Foundation
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// An archive whose ledger is damaged or gone, and made anew.
@Suite struct RebuildTests {
  private func rebuild(_ bench: Bench, isForced: Bool = false) async throws -> LedgerRebuilding.Outcome {
    try await LedgerRebuilding(of: bench.root, now: { Bench.noon }).run(isForced: isForced)
  }

  private func removeLedger(_ bench: Bench) throws {
    for name in bench.folder.files() where name.contains("ledger.sqlite") {
      try FileManager.default.removeItem(atPath: bench.folder(name).string)
    }
  }

  @Test(arguments: [nil, UInt64(7)])
  func whatBundlesProveIsNotSubmittedAgain(seed: UInt64?) async throws {
    let bench = try Bench()
    let submission = try bench.submission(seed: seed)
    let first = try await bench.run(submission)
    try #require(first.state == .archived)
    try removeLedger(bench)
    let outcome = try await rebuild(bench)
    #expect(outcome.report.kept == 1)
    #expect(outcome.report.fromBundles == 1)
    #expect(outcome.aside == nil)
    #expect(outcome.report.notes == [])
    let again = try await bench.run(submission)
    #expect(again.state == .archived)
    #expect(again.wasKeptAlready)
    #expect(again.bundleChecksum == first.bundleChecksum)
    #expect(bench.posts == 1)
    let archive = try await bench.archive(.reading)
    #expect(try await archive.checkLedger(isFull: true) == [])
    let key = try #require(first.key)
    let stored = try await archive.ledger.submission(key)?.0
    #expect(stored?.key == key)
  }

  @Test func withoutReceiptsPlainValuesAreStillKnown() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    try #require(try await bench.run(submission).state == .archived)
    try removeLedger(bench)
    for name in bench.folder.files() where name.hasSuffix(".receipt.json") {
      try FileManager.default.removeItem(atPath: bench.folder(name).string)
    }
    let outcome = try await rebuild(bench)
    #expect(outcome.report.notes.contains { $0.contains("none of them drawn at random") })
    #expect(try await bench.run(submission).wasKeptAlready)
    #expect(bench.posts == 1)
  }

  @Test func aDamagedLedgerGivesItsOpenRequestAndItsDoubt() async throws {
    let bench = try Bench()
    let (open, doubtful) = (try bench.submission(1), try bench.submission(2, name: "dog.png"))
    do {
      let archive = try await bench.archive()
      for submission in [open, doubtful] {
        _ = try await archive.ledger.claim(submission)
        try await archive.ledger.beginSubmit(submission.key)
      }
      try await archive.ledger.recordSubmitted(Request(id: "r-open", deployment: "d-1"), for: open.key)
      try await archive.ledger.checkpoint()
    }
    let path = "archive/.comfykeep/ledger.sqlite"
    var bytes = try bench.folder.read(path)
    for place in 0..<16 { bytes[place] ^= 0xFF }
    try bench.folder.write(bytes, to: path)
    let refusal = await #expect(throws: KeepError.self) { try await bench.archive() }
    #expect(refusal?.hint?.contains("comfykeep ledger rebuild") == true)

    let outcome = try await rebuild(bench)
    #expect(outcome.report.open == 1)
    #expect(outcome.report.inDoubt == 1)
    let aside = try #require(outcome.aside)
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: aside.string))) == bytes)
    let archive = try await bench.archive()
    guard case .resume(let request) = try await archive.ledger.claim(open) else {
      return #expect(Bool(false))
    }
    #expect(request.id == "r-open")
    guard case .inDoubt = try await archive.ledger.claim(doubtful) else { return #expect(Bool(false)) }
    #expect(bench.folder.files().allSatisfy { !$0.contains("/salvage/") })
  }

  /// Nobody knows any more what is open: a new ledger would have it submitted again.
  @Test func aLedgerOfWhichNothingCanBeReadIsNotReplacedUnasked() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    try #require(try await bench.run(submission).state == .archived)
    let path = "archive/.comfykeep/ledger.sqlite"
    try removeLedger(bench)
    let bytes = [UInt8](repeating: 0xA5, count: 40_960)
    try bench.folder.write(bytes, to: path)
    let error = await #expect(throws: KeepError.self) { try await rebuild(bench) }
    #expect(error?.code.exitStatus == 40)
    #expect(error?.reason.contains("1 runs that bundles prove") == true)
    #expect(error?.hint?.contains("--anyway") == true)
    #expect(try bench.folder.read(path) == bytes)
    let outcome = try await rebuild(bench, isForced: true)
    #expect(outcome.report.kept == 1)
    #expect(outcome.report.notes.contains { $0.contains("no table can be read") })
    #expect(try await bench.run(submission).wasKeptAlready)
    // One without bytes tells nothing either, and never will.
    try removeLedger(bench)
    try bench.folder.write([], to: path)
    #expect(try await rebuild(bench).report.kept == 1)
    #expect(bench.posts == 1)
  }

  @Test func aWholeLedgerIsLeftAlone() async throws {
    let bench = try Bench()
    try #require(try await bench.run(try bench.submission()).state == .archived)
    let error = await #expect(throws: KeepError.self) { try await rebuild(bench) }
    #expect(error?.code == .usage)
    #expect(error?.hint?.contains("--anyway") == true)
    let outcome = try await rebuild(bench, isForced: true)
    #expect(outcome.report.kept == 1)
    #expect(try await bench.run(try bench.submission()).wasKeptAlready)
    #expect(bench.posts == 1)
  }

  /// A newer version's ledger, and a database of another program.
  @Test(arguments: [
    "INSERT INTO grdb_migrations (identifier) VALUES ('99: from the future')",
    "DROP TABLE grdb_migrations; PRAGMA application_id = 7",
  ])
  func whatIsNoDamagedLedgerIsLeftAlone(change: String) async throws {
    let bench = try Bench()
    do {
      let archive = try await bench.archive()
      try await archive.ledger.execute(change)
      try await archive.ledger.checkpoint()
    }
    let before = try bench.folder.read("archive/.comfykeep/ledger.sqlite")
    let error = await #expect(throws: KeepError.self) { try await rebuild(bench, isForced: true) }
    #expect(error?.code == .ledgerUnusable)
    #expect(try bench.folder.read("archive/.comfykeep/ledger.sqlite") == before)
    #expect(!bench.folder.files().contains { $0.contains("damaged") })
  }

  @Test func anArchiveThatIsInUseIsNotRebuilt() async throws {
    let bench = try Bench()
    let archive = try await bench.archive()
    let error = await #expect(throws: KeepError.self) { try await rebuild(bench, isForced: true) }
    #expect(error?.code == .ledgerUnusable)
    #expect(try await archive.entries().isEmpty)
  }

  @Test func aDamagedBundleIsKnownByItsReceiptAndSaidToBeDamaged() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let outcome = try await bench.run(submission)
    let bundle = try #require(outcome.bundle)
    var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: bundle.string)))
    bytes[bytes.count / 2] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: bundle.string))
    try removeLedger(bench)
    let rebuilt = try await rebuild(bench)
    #expect(rebuilt.report.notes.contains { $0.contains("damaged") || $0.contains("tells nothing") })
    let archive = try await bench.archive(.reading)
    let findings = try await archive.checkLedger(isFull: true)
    #expect(findings.map(\.kind) == [.bundleDamaged])
  }
}
