internal import GRDB
public import KeepModel

extension Ledger {
  /// Every run whose bundle is kept, those too that a later run of the same submission followed; oldest first.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func keptRuns() throws(KeepError) -> [KeptRun] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM request WHERE bundle IS NOT NULL ORDER BY submittedAt, id"
      ).compactMap { try Self.kept(database, $0) }
    }
  }
}
