internal import GRDB
package import KeepModel

extension Ledger {
  /// Hands over every row of the ledger, table by table, parents first, each table in the order of its key: the same
  /// ledger gives the same rows in the same order. All of them are read in one transaction.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`, and what `take` throws.
  package func forEachRow(
    _ take: @Sendable (LedgerRow) throws -> Void
  ) throws(KeepError) {
    try read { database in
      for table in LedgerTable.allCases {
        // A ledger of an earlier version that is only read lacks some.
        guard try database.tableExists(table.rawValue) else { continue }
        let rows = try Row.fetchCursor(
          database, sql: "SELECT * FROM \"\(table.rawValue)\" ORDER BY \(table.order(isForward: true))")
        while let row = try rows.next() { try take(LedgerRow(table.rawValue, row)) }
      }
    }
  }
}
