internal import GRDB
package import KeepModel
package import SystemPackage

extension Ledger {
  /// Copies the ledger as it is at one moment into an empty file, while others go on writing; then checks every page of
  /// the copy. The copy is one file without a write-ahead log. Syncing and naming it is for the caller.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable` where the ledger, or what was copied, is damaged; `local_io`
  ///   where the disk is full.
  package func copy(to target: FilePath) throws(KeepError) {
    do {
      let copy = try DatabaseQueue(path: target.string)
      try database.backup(to: copy)
      let check = try copy.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA journal_mode = DELETE")
        return try String.fetchOne(database, sql: "PRAGMA integrity_check(1)")
      }
      try copy.close()
      guard check == "ok" else {
        throw KeepError(
          .ledgerUnusable, .none, "the integrity check of the copy says: \(check ?? "nothing")",
          hint: Self.wayOut)
      }
    } catch {
      throw Self.failure(error, path)
    }
  }
}
