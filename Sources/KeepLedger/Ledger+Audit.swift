internal import GRDB
package import KeepModel

extension Ledger {
  /// Everything about the ledger itself that is not as it must be: every page, every reference, every guard held against
  /// every row, and whether what happened leads to where each submission stands.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable` where it cannot be looked at.
  package func audit() throws(KeepError) -> [LedgerFinding] {
    let expected: Set<String>
    do {
      let pristine = try DatabaseQueue()
      try LedgerSchema.migrator.migrate(pristine)
      expected = try pristine.read(LedgerAudit.schema)
    } catch {
      throw Self.failure(error, path)
    }
    return try read { database in
      let audit = LedgerAudit(database: database)
      let pages = try audit.pages()
      // What a damaged page says is not worth telling.
      guard pages.isEmpty else { return pages }
      return try audit.schema(expected) + audit.references() + audit.states() + audit.events()
        + audit.unreadable()
    }
  }
}

/// The questions that ``Ledger/audit()`` asks.
private struct LedgerAudit {
  let database: Database

  private static let look =
    "comfykeep show tells what happened; put the ledger back from a copy, or rebuild it"

  func pages() throws -> [LedgerFinding] {
    try String.fetchAll(database, sql: "PRAGMA integrity_check(50)").filter { $0 != "ok" }.map {
      LedgerFinding(.integrity, "ledger", $0, advice: Ledger.wayOut)
    }
  }

  /// Every table, index and guard, with its text.
  static func schema(_ database: Database) throws -> Set<String> {
    Set(
      try String.fetchAll(
        database,
        sql: """
          SELECT type || ' ' || name || ': ' || sql FROM sqlite_schema
          WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
          """))
  }

  func schema(_ expected: Set<String>) throws -> [LedgerFinding] {
    expected.subtracting(try Self.schema(database)).sorted().map { text in
      let name = String(text.prefix { $0 != ":" })
      return LedgerFinding(
        .schema, name, "is missing, or not as comfykeep makes it",
        advice: "somebody changed the file; put it back from a copy, or comfykeep ledger rebuild")
    }
  }

  func references() throws -> [LedgerFinding] {
    try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").map { row in
      let (table, parent): (String, String) = (row["table"], row["parent"])
      return LedgerFinding(
        .reference, table, "a row names a \(parent) that is not there", advice: Ledger.wayOut)
    }
  }

  /// The guards of migration 6, asked of all rows.
  func states() throws -> [LedgerFinding] {
    let kept = LedgerSchema.kept.map { "'\($0)'" }.joined(separator: ", ")
    let bare = try Row.fetchAll(
      database,
      sql: """
        SELECT key, state FROM submission WHERE state IN ('submitted', 'finished', 'expired', \(kept))
          AND NOT EXISTS (SELECT 1 FROM request WHERE submission = key) ORDER BY key
        """
    ).map { row in finding(row, "and no request of it is known") }
    let lost = try Row.fetchAll(
      database,
      sql: """
        SELECT key, state FROM submission WHERE state IN (\(kept))
          AND EXISTS (SELECT 1 FROM request WHERE submission = key)
          AND NOT EXISTS (SELECT 1 FROM request WHERE submission = key AND bundle IS NOT NULL) ORDER BY key
        """
    ).map { row in finding(row, "and no request of it is kept") }
    return bare + lost
  }

  private func finding(_ row: Row, _ words: String) -> LedgerFinding {
    let (key, state): (String, String) = (row["key"], row["state"])
    return LedgerFinding(.state, key, "is \(state), \(words)", advice: Self.look)
  }

  /// The last event of a submission that names a state names the one that it is in.
  func events() throws -> [LedgerFinding] {
    let states = SubmissionState.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    return try Row.fetchAll(
      database,
      sql: """
        SELECT key, state, (SELECT name FROM event WHERE event.submission = key AND name IN (\(states))
          ORDER BY id DESC LIMIT 1) AS last
        FROM submission WHERE last IS NOT state ORDER BY key
        """
    ).map { row in
      let (key, state, last): (String, String, String?) = (row["key"], row["state"], row["last"])
      return LedgerFinding(
        .event, key, "is \(state), and the last thing that happened to it is \(last ?? "unknown")",
        advice: Self.look)
    }
  }

  func unreadable() throws -> [LedgerFinding] {
    try Row.fetchAll(database, sql: "SELECT * FROM submission ORDER BY key").compactMap { row in
      do {
        _ = try Ledger.submission(database, row)
        return nil
      } catch let error as KeepError {
        return LedgerFinding(.unreadable, row["key"], error.reason, advice: Self.look)
      }
    }
  }
}
