import Foundation
import GRDB
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger

/// Ledgers made anew from what can still be read of damaged ones.
@Suite struct LedgerRebuildTests {
  private static let latest = LedgerSchema.migrator.migrations.count
  private let folder: TemporaryFolder
  private var path: FilePath { folder("ledger.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func salvage(_ bytes: [UInt8]) throws -> LedgerSalvage {
    let scratch = try TemporaryFolder()
    try scratch.write(bytes, to: "copy.sqlite")
    return LedgerSalvage(ofCopy: scratch("copy.sqlite"))
  }

  private func run(_ state: SubmissionState) throws -> ProvenRun {
    let checksum = try #require(Checksum(hexadecimal: LedgerRows.checksum("bundle of \(state.rawValue)")))
    let request = Request(id: RequestID("r-\(state.rawValue)"), deployment: "d-1")
    return ProvenRun(
      request: request, key: LedgerRows.key(state.rawValue), state: state, word: "succeeded",
      archivedAt: Samples.noon,
      kept: KeptRun(
        request: request.id, bundle: FilePath("2026-09-21/\(state.rawValue)/run.zip"), checksum: checksum,
        outputs: 2))
  }

  /// A whole ledger whose log was written back into it.
  private func bytes(version: Int = latest) throws -> [UInt8] {
    let place = try TemporaryFolder()
    try LedgerRows.make(version: version, at: place("ledger.sqlite"))
    return try place.read("ledger.sqlite")
  }

  @Test(arguments: 1...latest)
  func aWholeLedgerComesOutAsItWentInButForWhatIsInDoubt(version: Int) async throws {
    let salvage = try salvage(try bytes(version: version))
    #expect(salvage.losses == [])
    let (report, aside) = try Ledger.rebuild(at: path, from: salvage, [], at: Samples.noon)
    #expect(aside == nil)
    #expect(report.notes == [])
    #expect(report.submissions == SubmissionState.allCases.count)
    #expect(report.kept == 5)
    #expect(report.inDoubt == 2)
    let ledger = try Ledger(at: path, now: { Samples.noon })
    #expect(try await ledger.audit() == [])
    for entry in try await ledger.entries() {
      guard let key = entry.key else { continue }
      let state = try #require(SubmissionState.allCases.first { LedgerRows.key($0.rawValue) == key })
      #expect(entry.state == (state == .submitting ? .inDoubt : state))
      #expect((entry.kept != nil) == LedgerRows.kept.contains(state))
    }
  }

  @Test func withoutALedgerBundlesTellWhatIsKept() async throws {
    let runs = try LedgerRows.kept.map { try run($0) }
    let (report, _) = try Ledger.rebuild(at: path, from: LedgerSalvage(), runs, at: Samples.noon)
    #expect(report.kept == 5)
    #expect(report.fromBundles == 5)
    let ledger = try Ledger(at: path, now: { Samples.noon })
    #expect(try await ledger.audit() == [])
    for entry in try await ledger.entries() {
      #expect(entry.kept != nil)
      #expect(entry.request == RequestID("r-\(entry.state.rawValue)"))
    }
  }

  @Test func theDamagedLedgerIsMovedAsideWithItsLog() async throws {
    let damaged = Array("no ledger any more".utf8)
    try folder.write(damaged, to: "ledger.sqlite")
    try folder.write([1, 2, 3], to: "ledger.sqlite-wal")
    let (_, aside) = try Ledger.rebuild(at: path, from: LedgerSalvage(), [], at: Samples.noon)
    let place = try #require(aside?.lastComponent?.string)
    #expect(place.hasPrefix("ledger.sqlite.damaged-2026"))
    #expect(try folder.read(place) == damaged)
    #expect(try folder.read(place + "-wal") == [1, 2, 3])
    #expect(folder.files().sorted() == ["ledger.sqlite", place, place + "-wal"].sorted())
    // The same second again.
    let (_, second) = try Ledger.rebuild(at: path, from: LedgerSalvage(), [], at: Samples.noon)
    #expect(second?.lastComponent?.string == place + "-2")
  }

  @Test func aRebuildThatWasStoppedAtItsLastStepIsEndedAndNeverOpened() async throws {
    let salvage = try salvage(try bytes())
    _ = try Ledger.rebuild(at: path, from: salvage, [], at: Samples.noon)
    try FileManager.default.moveItem(atPath: path.string, toPath: path.string + ".rebuilt")
    let error = #expect(throws: KeepError.self) { try Ledger(at: path, now: { Samples.noon }) }
    #expect(error?.code.exitStatus == 40)
    #expect(error?.hint?.contains("ledger rebuild") == true)
    #expect(try Ledger.finishRebuild(at: path, at: Samples.noon))
    #expect(try !Ledger.finishRebuild(at: path, at: Samples.noon))
    let ledger = try Ledger(at: path, now: { Samples.noon })
    #expect(try await ledger.entries().count == SubmissionState.allCases.count + 1)
  }

  @Test func changesThatWereLostLeaveWhatWasUnsentInDoubt() async throws {
    let place = try TemporaryFolder()
    let source = try Ledger(at: place("ledger.sqlite"), now: { Samples.noon })
    for number in 0..<20 { _ = try await source.claim(Samples.submission(prompt: "\(number)")) }
    var log = try place.read("ledger.sqlite-wal")
    log[20_000] ^= 1
    let scratch = try TemporaryFolder()
    try scratch.write(try place.read("ledger.sqlite"), to: "copy.sqlite")
    try scratch.write(log, to: "copy.sqlite-wal")
    let salvage = LedgerSalvage(ofCopy: scratch("copy.sqlite"))
    #expect(salvage.isStale)
    let (report, _) = try Ledger.rebuild(at: path, from: salvage, [], at: Samples.noon)
    #expect(report.inDoubt == report.submissions)
    #expect(report.notes.contains { $0.contains("changes would be forgotten") })
  }

  /// 200 submissions, half of them kept and the others open; a page is damaged, another page each time. Nothing crashes,
  /// every row of every other page is read again, and no submission and no request is forgotten or taken for unsent: each
  /// stands in three places, which are pages of their own.
  @Test func damageAtManyPlacesLosesNoKeptRunAndNoReadableRequest() async throws {
    let (bytes, runs) = try large()
    let (whole, roots) = (try salvage(bytes), try roots(bytes))
    var seed: UInt64 = 7
    for page in stride(from: 0, to: bytes.count / 4096, by: 3) {
      var damaged = bytes
      for _ in 0..<40 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        damaged[page * 4096 + Int(seed >> 33) % 4096] ^= UInt8(truncatingIfNeeded: seed >> 20) | 1
      }
      let salvage = try salvage(damaged)
      #expect(!salvage.isUnreadable, "page \(page)")
      let lost = LedgerTable.allCases.compactMap { table in
        let count = Self.lost(whole.rows[table] ?? [], salvage.rows[table] ?? [])
        return count > 0 ? count : nil
      }
      #expect(lost.count <= 1, "page \(page): \(salvage.losses)")
      #expect(lost.allSatisfy { $0 < 64 } || roots.contains(page + 1), "page \(page): \(lost)")
      try await requireNothingForgotten(salvage, runs, "page \(page)")
    }
  }

  /// Each table's first page, which leads to all others, is overwritten, one after the other.
  @Test func aTableThatCannotBeReadAtAllIsMadeFromTheOthers() async throws {
    let (bytes, runs) = try large()
    for root in try roots(bytes).sorted() {
      var damaged = bytes
      for place in 0..<4096 { damaged[(root - 1) * 4096 + place] = 0xA5 }
      try await requireNothingForgotten(try salvage(damaged), runs, "page \(root - 1)")
    }
  }

  /// How many rows of a whole ledger are not among those of a damaged one.
  private static func lost(_ whole: [LedgerRow], _ found: [LedgerRow]) -> Int {
    Set(whole.map { "\($0.columns)" }).subtracting(found.map { "\($0.columns)" }).count
  }

  private func roots(_ bytes: [UInt8]) throws -> Set<Int> {
    let scratch = try TemporaryFolder()
    let queue = try LedgerRows.open(try scratch.write(bytes, to: "whole.sqlite"))
    return try queue.read { database in
      try Set(
        Int.fetchAll(
          database,
          sql: "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0 AND name IN "
            + "('submission', 'request', 'event', 'requestBySubmission', 'submissionByState')"))
    }
  }

  private func requireNothingForgotten(
    _ salvage: LedgerSalvage, _ runs: [ProvenRun], _ place: String
  ) async throws {
    let target = try TemporaryFolder()
    let path = target("ledger.sqlite")
    let (report, _) = try Ledger.rebuild(at: path, from: salvage, runs, at: Samples.noon)
    #expect(report.kept >= runs.count, "\(place)")
    let ledger = try Ledger(at: path, now: { Samples.noon })
    let entries = try await ledger.entries()
    let kept = try await ledger.keptRuns()
    for run in runs {
      // Damage that makes up a second request leaves the submission waiting for that one: it is not sent again either.
      let state = entries.first { $0.key == run.key }?.state
      #expect(state.map { [.archived, .submitted, .inDoubt].contains($0) } == true, "\(place)")
      #expect(kept.contains { $0.request == run.request.id && $0.checksum == run.kept.checksum }, "\(place)")
    }
    for number in 100..<200 {
      let entry = entries.first { $0.key == LedgerRows.key("\(number)") }
      #expect(entry.map { [.submitted, .inDoubt].contains($0.state) } == true, "\(place): \(number)")
      #expect(try await ledger.record(of: RequestID("open-\(number)")) != nil, "\(place): \(number)")
    }
    // What was sent may be damaged itself, which is told and no contradiction.
    let contradictions = try await ledger.audit().filter { $0.kind != .unreadable }
    #expect(contradictions == [], "\(place)")
  }

  @Test func theListOfTablesIsWrittenAnewWhereItIsDamaged() async throws {
    var (bytes, runs) = try large()
    for place in 0..<4096 { bytes[place] = UInt8(truncatingIfNeeded: place) }
    let salvage = try salvage(bytes)
    let (report, _) = try Ledger.rebuild(at: path, from: salvage, runs, at: Samples.noon)
    #expect(report.submissions == 200)
    #expect(report.open == 100)
    #expect(report.fromBundles == 0)
    #expect(report.notes == ["the list of tables is damaged"])
  }

  /// A ledger with 100 kept and 100 open submissions, and the runs that bundles prove.
  private func large() throws -> ([UInt8], [ProvenRun]) {
    let place = try TemporaryFolder()
    let queue = try LedgerRows.open(place("ledger.sqlite"))
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    try LedgerSchema.migrator.migrate(queue)
    var runs: [ProvenRun] = []
    try queue.write { database in
      for number in 0..<200 {
        let isKept = number < 100
        let digits = String(1000 + number).dropFirst()
        let id = RequestID("\(isKept ? "kept" : "open")-\(digits)")
        let key = LedgerRows.key("\(number)")
        try insert(key, id, into: database, isKept: isKept)
        guard isKept else { continue }
        let kept = KeptRun(
          request: id, bundle: FilePath("2026-09-21/\(number)/run.zip"),
          checksum: Checksum(of: [UInt8(number)]),
          outputs: 1)
        runs.append(
          ProvenRun(
            request: Request(id: id, deployment: "d-1"), key: key, state: .archived, word: "succeeded",
            archivedAt: Samples.noon, kept: kept))
      }
    }
    try queue.close()
    return (try place.read("ledger.sqlite"), runs)
  }

  private func insert(
    _ key: SubmissionKey, _ id: RequestID, into database: Database, isKept: Bool
  ) throws {
    try database.execute(
      sql: """
        INSERT INTO submission (key, deployment, mode, overrides, state, createdAt, updatedAt)
        VALUES (?, 'd-1', 'overrides', x'5B5D', 'claimed', 1, 1)
        """, arguments: [key.rawValue])
    try Ledger.log(database, at: Samples.noon, "claimed", key: key)
    try Ledger.insert(database, Request(id: id, deployment: "d-1"), submission: key, at: Samples.noon)
    for step in LedgerPath.steps(to: .submitted) {
      try Ledger.move(
        database, key, from: [.claimed, .submitting], to: step, at: Samples.noon,
        request: step == .submitted ? id : nil)
    }
    guard isKept else { return }
    let checksum = Checksum(of: [UInt8(id.rawValue.suffix(3)) ?? 0])
    try database.execute(
      sql: "UPDATE request SET bundle = x'61', bundleChecksum = ?, archivedAt = 1 WHERE id = ?",
      arguments: [checksum.hexadecimal, id.rawValue])
    try Ledger.move(database, key, from: [.submitted], to: .archived, at: Samples.noon, request: id)
  }
}
