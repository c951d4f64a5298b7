internal import GRDB
internal import KeepModel
internal import SystemPackage

/// Whether a file is a ledger, one that this program can read, and whole.
enum LedgerHealth {
  /// Refuses what is not.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable` and no subject; what SQLite throws.
  static func require(_ database: Database) throws {
    try requireLedger(database)
    guard try !LedgerSchema.migrator.hasBeenSuperseded(database) else {
      throw KeepError(
        .ledgerUnusable, .none, "it was written by a newer comfykeep", hint: "use that version")
    }
    let check = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
    guard check == "ok" else {
      throw KeepError(
        .ledgerUnusable, .none, "the integrity check says: \(check ?? "nothing")", hint: Ledger.wayOut)
    }
    if let row = try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") {
      let (table, parent): (String, String) = (row["table"], row["parent"])
      throw KeepError(
        .ledgerUnusable, .none, "a row of \(table) names a \(parent) that is not there", hint: Ledger.wayOut)
    }
  }

  /// Refuses a database of another program before it is opened for writing, which would change how it keeps its journal.
  /// A ledger has a write-ahead log; a copy that was made of one need not.
  static func requireLedger(at path: FilePath) throws {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    var header = [UInt8](repeating: 0, count: 20)
    let count = try file.closeAfter { try header.withUnsafeMutableBytes { try file.read(into: $0) } }
    guard count == header.count, header[18] != 2 else { return }
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path.string, configuration: configuration)
    try queue.read(requireLedger)
    try queue.close()
  }

  /// Refuses a database of another program: it is not to be made a ledger. Migration 6 marks the file; before it, the
  /// first migration's name tells.
  static func requireLedger(_ database: Database) throws {
    let mark = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let applied = try database.tableExists("grdb_migrations") ? LedgerSchema.applied(database) : []
    let isBegun = applied.contains(LedgerSchema.first)
    switch mark {
    case LedgerSchema.applicationID where isBegun: return
    case LedgerSchema.applicationID:
      throw KeepError(.ledgerUnusable, .none, "the tables of the ledger are gone", hint: Ledger.wayOut)
    case 0 where isBegun: return
    case _ where isBegun:
      throw KeepError(
        .ledgerUnusable, .none, "the mark in its header is not a ledger's", hint: Ledger.wayOut)
    default:
      throw KeepError(
        .ledgerUnusable, .none, "it is a database, and no ledger of comfykeep",
        hint: "it was not changed; name the ledger with --ledger")
    }
  }
}
