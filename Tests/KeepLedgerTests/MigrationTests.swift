import GRDB
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger

/// Ledgers that earlier versions made, opened by this one.
@Suite struct MigrationTests {
  private static let versions = Array(1..<LedgerSchema.migrator.migrations.count)
  /// The longest of all migrations.
  private static let guarded = 6
  private let folder: TemporaryFolder
  private var path: FilePath { folder("ledger.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func open() throws -> Ledger { try Ledger(at: path, now: { Samples.noon }) }

  @Test(arguments: versions)
  func everyRowIsTheSameAfterwards(version: Int) throws {
    try LedgerRows.make(version: version, at: path)
    let tables = try LedgerRows.tables(path)
    let before = try tables.map { try LedgerRows.dump(path, $0.name, $0.columns) }
    #expect(before.allSatisfy { $0.isEmpty } == false)
    _ = try open()
    for (table, rows) in zip(tables, before) {
      #expect(try LedgerRows.dump(path, table.name, table.columns) == rows, "\(table.name)")
    }
    let applied = try LedgerRows.open(path).read { try LedgerSchema.applied($0) }
    #expect(applied == Set(LedgerSchema.migrator.migrations))
  }

  @Test(arguments: versions)
  func everythingIsToldTheSame(version: Int) async throws {
    try LedgerRows.make(version: version, at: path)
    let ledger = try open()
    let entries = try await ledger.entries()
    #expect(entries.count == SubmissionState.allCases.count + 1)
    for state in SubmissionState.allCases {
      let entry = try #require(entries.first { $0.key == LedgerRows.key(state.rawValue) })
      #expect(entry.state == state)
      #expect(entry.reason == "why")
      #expect(entry.inputs == [FilePath("photos/\(state.rawValue).png")])
      let isSent = LedgerRows.withRequest.contains(state)
      #expect(entry.request == (isSent ? RequestID("r-\(state.rawValue)") : nil))
      #expect((entry.kept != nil) == LedgerRows.kept.contains(state))
      #expect(entry.kept?.stores.count ?? 1 == (version >= 4 ? 1 : entry.kept == nil ? 1 : 0))
      #expect(try await ledger.submission(LedgerRows.key(state.rawValue))?.0.overrides.assets.count == 1)
      #expect(try await ledger.bundleOptions(of: LedgerRows.key(state.rawValue)) == nil)
      let events = try await ledger.events(key: entry.key, request: entry.request)
      #expect(events.map(\.name) == LedgerPath.steps(to: state).map(\.word))
    }
    #expect(entries.first { $0.key == nil }?.request == "adopted")
    let output = try #require(Checksum(hexadecimal: LedgerRows.checksum("output of archived")))
    #expect(try await ledger.isOutput(output, of: "d-1") == (version >= 2))
  }

  @Test(arguments: versions)
  func whatWasUnderWayGoesOn(version: Int) async throws {
    try LedgerRows.make(version: version, at: path)
    let ledger = try open()
    #expect(try await ledger.submissionsBeingSent() == [LedgerRows.key("submitting")])
    #expect(try await ledger.doubtInterrupted(LedgerRows.key("submitting")))
    try await ledger.recordFinished(Samples.result(), of: "r-submitted")
    try await ledger.recordKept(
      KeptRun(request: "r-submitted", bundle: "a/run.zip", checksum: Checksum(of: [7]), outputs: 1),
      as: .archived)
    try await ledger.settle(LedgerRows.key("inDoubt"), resubmit: true)
    try await ledger.beginSubmit(LedgerRows.key("claimed"))
    let states = try await ledger.entries().filter { $0.key != nil }.map(\.state)
    #expect(states.count { $0 == .archived } == 2)
    #expect(states.count { $0 == .inDoubt } == 1)
  }

  @Test func aLedgerOfALaterVersionIsLeftAlone() throws {
    _ = try open()
    try LedgerRows.open(path).write {
      try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99: from the future')")
    }
    let before = try folder.read("ledger.sqlite")
    let error = #expect(throws: KeepError.self) { try open() }
    #expect(error?.code.exitStatus == 40)
    #expect(error?.reason.contains("newer") == true)
    #expect(error?.hint == "use that version")
    #expect(try folder.read("ledger.sqlite") == before)
  }

  @Test(arguments: versions.filter { $0 < guarded })
  func aMigrationThatFailsInTheMiddleChangesNothing(version: Int) throws {
    try LedgerRows.make(version: version, at: path)
    let tables = try LedgerRows.tables(path)
    let queue = try LedgerRows.open(path)
    // Its name is taken: the sixth migration gets as far as this trigger, which is its last but one.
    try queue.write {
      try $0.execute(sql: "CREATE TRIGGER eventStays BEFORE DELETE ON event BEGIN SELECT 1; END")
    }
    let error = #expect(throws: KeepError.self) { try open() }
    #expect(error?.code == .ledgerUnusable)
    // Each migration is a transaction of its own: those before it are there, of it there is nothing.
    let applied = try queue.read { try LedgerSchema.applied($0) }
    #expect(applied == Set(LedgerSchema.migrator.migrations.prefix(Self.guarded - 1)))
    #expect(try queue.read { try !$0.tableExists("transition") })
    #expect(try queue.read { try Int.fetchOne($0, sql: "PRAGMA application_id") } == 0)
    try queue.write { try $0.execute(sql: "DROP TRIGGER eventStays") }
    _ = try open()
    #expect(Set(tables.map(\.name)).isSubset(of: Set(try LedgerRows.tables(path).map(\.name))))
  }

  @Test func aFullDiskInTheMiddleLeavesTheEarlierVersion() throws {
    let last = Self.guarded - 1
    try LedgerRows.make(version: last, at: path)
    let queue = try LedgerRows.open(path)
    let pages = try queue.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
    try queue.writeWithoutTransaction { _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(pages)") }
    let error = #expect(throws: DatabaseError.self) { try LedgerSchema.migrator.migrate(queue) }
    #expect(error?.resultCode == .SQLITE_FULL)
    #expect(try queue.read { try LedgerSchema.applied($0) }.count == last)
    #expect(try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    try queue.close()
    _ = try open()
  }

  /// Another process is killed while the changes of a migration stand in its open transaction.
  @Test func aKillInTheMiddleLeavesTheEarlierVersion() async throws {
    let last = Self.guarded - 1
    try LedgerRows.make(version: last, at: path)
    let script = try folder.write(
      Array("PRAGMA cache_size = 1;\nBEGIN IMMEDIATE;\n\(LedgerSchema.version6)\n".utf8), to: "migrate.sql")
    let writer = try ChildProcess(["sqlite3", path.string])
    try writer.write(Array(".bail on\n.read \(script.string)\n.system echo in the middle\n".utf8))
    #expect(String(decoding: try writer.read(), as: UTF8.self).contains("in the middle"))
    writer.signal(9)
    _ = writer.waitForEnd()
    #expect(try LedgerRows.applied(path).count == last)
    let ledger = try open()
    #expect(try await ledger.entries().count == SubmissionState.allCases.count + 1)
  }

  @Test func aDatabaseOfAnotherProgramIsNotMadeALedger() throws {
    try LedgerRows.open(path).write { try $0.execute(sql: "CREATE TABLE song (name TEXT)") }
    let before = try folder.read("ledger.sqlite")
    let error = #expect(throws: KeepError.self) { try open() }
    #expect(error?.code.exitStatus == 40)
    #expect(error?.reason.contains("no ledger of comfykeep") == true)
    #expect(error?.hint?.contains("--ledger") == true)
    #expect(try LedgerRows.tables(path).map(\.name) == ["song"])
    #expect(try folder.read("ledger.sqlite").count == before.count)
  }

  @Test func aDatabaseWithoutTablesIsNoNewLedger() throws {
    try LedgerRows.open(path).write {
      try $0.execute(sql: "CREATE TABLE a (b); DROP TABLE a")
    }
    let error = #expect(throws: KeepError.self) { try open() }
    #expect(error?.code.exitStatus == 40)
  }
}
