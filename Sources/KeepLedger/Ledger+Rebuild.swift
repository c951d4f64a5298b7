internal import GRDB
package import KeepModel
package import SystemPackage

extension Ledger {
  /// Makes a ledger anew in the place of one that is damaged, empty or gone. The caller has the archive for itself, and
  /// no ledger open.
  ///
  /// - Returns: What the new one holds, and where the damaged one lies now.
  /// - Throws: ``KeepError`` with code `ledger_unusable`, `local_io` when the disk is full; then the damaged one is
  ///   where it was.
  package static func rebuild(
    at path: FilePath, from salvage: LedgerSalvage, _ runs: [ProvenRun], at time: Timestamp
  ) throws(KeepError) -> (report: LedgerRebuildReport, aside: FilePath?) {
    do {
      var report = LedgerRebuildReport()
      let aside = try LedgerFile(path).replace(stamp(time)) { draft in
        let database = try DatabaseQueue(path: draft.string, configuration: configuration(.zero))
        try LedgerSchema.migrator.migrate(database)
        report = try database.write { database in
          var rebuild = LedgerRebuild(database, salvage, runs, at: time)
          try rebuild.fill()
          return rebuild.report
        }
        try database.read(LedgerHealth.require)
        _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try database.close()
      }
      return (report, aside)
    } catch {
      throw failure(error, path)
    }
  }

  /// Ends a rebuild that was stopped at its last step.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  package static func finishRebuild(at path: FilePath, at time: Timestamp) throws(KeepError) -> Bool {
    do {
      guard try LedgerFile(path).isAlmostReplaced() else { return false }
      _ = try LedgerFile(path).finishReplacing(stamp(time))
      return true
    } catch {
      throw failure(error, path)
    }
  }

  /// `20261123T121314Z`.
  private static func stamp(_ time: Timestamp) -> String {
    let digits = time.description.prefix(19).filter { $0 != "-" && $0 != ":" }
    return "\(digits)Z"
  }
}
