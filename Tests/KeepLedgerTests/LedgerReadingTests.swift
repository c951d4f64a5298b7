import GRDB
import KeepModel
import KeepTestKit
import Testing

@testable import KeepLedger

/// A ledger whose folder cannot be written.
@Suite struct LedgerReadingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aClosedLedgerIsReadAndNothingIsMadeBesideIt() async throws {
    let path = folder("a b?#%.sqlite")
    do {
      let ledger = try Ledger(at: path, now: { Samples.noon })
      _ = try await ledger.claim(Samples.submission())
    }
    let before = folder.files()
    let access = LedgerAccess(frozen: path)
    #expect(access == .frozen)
    let ledger = try Ledger(reading: path, access, now: { Samples.noon })
    #expect(try await ledger.entries().map(\.state) == [.claimed])
    #expect(folder.files() == before)
    await #expect(throws: KeepError.self) { try await ledger.claim(Samples.submission(seed: 9)) }
  }

  @Test func aLedgerWithChangesInItsLogIsNotTakenAsItLies() async throws {
    let path = folder("ledger.sqlite")
    let writer = try Ledger(at: path, now: { Samples.noon })
    _ = try await writer.claim(Samples.submission())
    #expect(LedgerAccess(frozen: path) == .readOnly)
    let reader = try Ledger(reading: path, .readOnly, now: { Samples.noon })
    #expect(try await reader.entries().map(\.state) == [.claimed])
  }

  /// An older process may be at work: only who comes alone to write may migrate it.
  @Test(arguments: [LedgerAccess.writable, .readOnly, .frozen])
  func aLedgerOfAnEarlierVersionIsReadAndStaysSo(access: LedgerAccess) async throws {
    let path = folder("ledger.sqlite")
    try LedgerRows.make(version: 4, at: path)
    let before = try folder.read("ledger.sqlite")
    let applied = try LedgerRows.applied(path)
    do {
      let reader = try Ledger(reading: path, access, now: { Samples.noon })
      let entries = try await reader.entries()
      #expect(entries.count == SubmissionState.allCases.count + 1)
      #expect(entries.first { $0.request == "r-archived" }?.kept?.stores.count == 1)
      #expect(try await reader.openRuns().isEmpty == false)
      #expect(try await reader.latestBatch() == nil)
      #expect(
        try await reader.audit().allSatisfy {
          $0.kind == .event && $0.subject == LedgerRows.key("claimed").rawValue
        })
    }
    #expect(try LedgerRows.applied(path) == applied)
    #expect(applied.count == 4)
    #expect(try folder.read("ledger.sqlite") == before)
    let writer = try Ledger(at: path, now: { Samples.noon })
    #expect(try await writer.entries().count == SubmissionState.allCases.count + 1)
    #expect(try LedgerRows.applied(path).count == LedgerSchema.migrator.migrations.count)
  }

  @Test func whatALivingOlderProcessWroteIsRead() async throws {
    let path = folder("ledger.sqlite")
    try LedgerRows.make(version: 4, at: path)
    let older = try LedgerRows.open(path)
    try await older.write { try $0.execute(sql: "UPDATE submission SET reason = 'just now'") }
    let reader = try Ledger(reading: path, now: { Samples.noon })
    let entries = try await reader.entries()
    #expect(entries.allSatisfy { $0.key == nil || $0.reason == "just now" })
    try await older.write { try $0.execute(sql: "UPDATE submission SET reason = 'and on'") }
    #expect(try LedgerRows.applied(path).count == 4)
  }

  @Test func lookingMakesNoLedger() throws {
    let error = #expect(throws: KeepError.self) {
      try Ledger(reading: folder("ledger.sqlite"), now: { Samples.noon })
    }
    #expect(error?.code == .usage)
    #expect(folder.files() == [])
  }
}
