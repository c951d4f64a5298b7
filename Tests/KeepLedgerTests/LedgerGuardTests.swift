import GRDB
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepLedger

/// What SQLite itself refuses, whoever asks.
@Suite struct LedgerGuardTests {
  /// A change by SQL alone, and the words that refuse it.
  struct Attempt: Sendable, CustomTestStringConvertible {
    var sql: String
    var words: String
    var testDescription: String { sql }

    init(_ sql: String, _ words: String) {
      self.sql = sql
      self.words = words
    }
  }

  let folder: TemporaryFolder
  let queue: DatabaseQueue

  init() throws {
    folder = try TemporaryFolder()
    let path = folder("ledger.sqlite")
    try LedgerRows.make(version: LedgerSchema.migrator.migrations.count, at: path)
    queue = try LedgerRows.open(path)
  }

  private static func key(_ state: SubmissionState) -> String {
    "'\(LedgerRows.key(state.rawValue).rawValue)'"
  }

  private static let attempts = [
    Attempt(
      """
      INSERT INTO submission (key, deployment, mode, overrides, state, createdAt, updatedAt)
      VALUES ('\(LedgerRows.checksum("new"))', 'd', 'overrides', x'5B5D', 'archived', 1, 1)
      """, "begins as claimed"),
    Attempt("UPDATE submission SET key = '\(LedgerRows.checksum("new"))'", "does not change"),
    Attempt("UPDATE submission SET deployment = 'd-2'", "does not change"),
    Attempt("UPDATE submission SET mode = 'inlineWorkflow'", "does not change"),
    Attempt("UPDATE submission SET createdAt = 77", "does not change"),
    Attempt("DELETE FROM submission WHERE state = 'claimed'", "is not removed"),
    Attempt(
      "UPDATE submission SET state = 'submitted' WHERE key = \(key(.submitting))", "has a request"),
    Attempt("UPDATE submission SET state = 'archived' WHERE key = \(key(.submitted))", "has a kept request"),
    Attempt("UPDATE request SET id = 'other' WHERE id = 'adopted'", "keeps its id"),
    Attempt("UPDATE request SET submission = NULL WHERE id = 'r-submitted'", "keeps its submission"),
    Attempt(
      "UPDATE request SET submission = \(key(.finished)) WHERE id = 'r-submitted'", "keeps its submission"),
    Attempt("UPDATE request SET deployment = 'd-2' WHERE id = 'r-submitted'", "keeps its deployment"),
    Attempt("UPDATE request SET deployment = 'd-2' WHERE id = 'adopted'", "keeps its deployment"),
    Attempt(
      """
      UPDATE request SET result = x'7B7D' WHERE id = 'adopted';
      UPDATE request SET result = NULL WHERE id = 'adopted'
      """, "is not forgotten"),
    Attempt(
      "UPDATE request SET bundle = NULL, bundleChecksum = NULL, archivedAt = NULL WHERE id = 'r-archived'",
      "stays kept"),
    Attempt("DELETE FROM request WHERE id = 'adopted'", "is not removed"),
    Attempt(
      """
      INSERT INTO workflow VALUES ('\(LedgerRows.checksum("w"))', x'7B7D');
      UPDATE workflow SET document = x'5B5D'
      """, "what its checksum says"),
    Attempt("UPDATE event SET name = 'archived'", "is not changed"),
    Attempt("DELETE FROM event", "is not removed"),
    Attempt("UPDATE transition SET \"to\" = 'archived' WHERE \"from\" = 'claimed'", "are not changed"),
    Attempt("DELETE FROM transition", "are not changed"),
    // Guards of the earlier versions.
    Attempt("UPDATE submission SET state = 'lost' WHERE key = \(key(.claimed))", "no way between"),
    Attempt("INSERT INTO output VALUES ('nobody', '\(LedgerRows.checksum("o"))')", "FOREIGN KEY"),
    Attempt("UPDATE request SET bundle = x'61' WHERE id = 'r-submitted'", "CHECK constraint"),
    Attempt("INSERT INTO request (id, deployment, submittedAt) VALUES ('adopted', 'd', 1)", "UNIQUE"),
  ]

  @Test(arguments: attempts)
  func whatCannotBeIsRefused(attempt: Attempt) throws {
    let before = try dump()
    let error = #expect(throws: DatabaseError.self) {
      try queue.write { try $0.execute(sql: attempt.sql) }
    }
    #expect(error?.resultCode == .SQLITE_CONSTRAINT)
    #expect(error?.message?.contains(attempt.words) == true, "\(error?.message ?? "")")
    #expect(try dump() == before)
  }

  /// Every pair of states: the ones in the table can be gone, the others cannot.
  @Test func onlyTheWaysInTheTableCanBeGone() throws {
    let ways = Set(LedgerSchema.transitions.flatMap { from, to in to.map { "\(from) \($0)" } })
    #expect(ways.count == 52)
    let states = SubmissionState.allCases
    for from in states {
      for to in states where from != to {
        let isAllowed = ways.contains("\(from.rawValue) \(to.rawValue)")
        // What a request could be missing for is not asked here.
        let move = "UPDATE submission SET state = '\(to.rawValue)' WHERE key = \(Self.key(from))"
        var refusal: String?
        try queue.writeWithoutTransaction { database in
          try database.execute(
            sql: "BEGIN; DROP TRIGGER submissionHasRequest; DROP TRIGGER submissionIsKept")
          do { try database.execute(sql: move) } catch let error as DatabaseError { refusal = error.message }
          try database.execute(sql: "ROLLBACK")
        }
        #expect((refusal == nil) == isAllowed, "\(from) \(to)")
        #expect(refusal?.contains("no way between") != false)
      }
    }
  }

  @Test func thePathToEachStateGoesAlongTheTable() {
    let ways = Set(LedgerSchema.transitions.flatMap { from, to in to.map { "\(from) \($0)" } })
    for state in SubmissionState.allCases {
      var from = SubmissionState.claimed
      for step in LedgerPath.steps(to: state) {
        #expect(ways.contains("\(from.rawValue) \(step.rawValue)"))
        from = step
      }
      #expect(from == state)
    }
  }

  @Test func theFileBearsTheMarkOfALedger() throws {
    let mark = try queue.read { try Int32.fetchOne($0, sql: "PRAGMA application_id") }
    #expect(mark == LedgerSchema.applicationID)
    #expect(Array(try folder.read("ledger.sqlite")[68..<72]) == Array("CKLG".utf8))
  }

  private func dump() throws -> [String] {
    try LedgerRows.tables(folder("ledger.sqlite")).flatMap { table in
      try LedgerRows.dump(folder("ledger.sqlite"), table.name, table.columns)
    }
  }
}
