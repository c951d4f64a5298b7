internal import GRDB
internal import Glibc
public import KeepModel
public import SystemPackage

/// The database of every submission and event: the truth about what was paid for.
///
/// SQLite in WAL mode with `synchronous=FULL`: when a method returns, its change survives a power cut. Every
/// change of state is one transaction with its event. The caller has the lease of a submission or request while it
/// changes anything of it.
public actor Ledger {
  let database: DatabaseQueue
  let now: @Sendable () -> Timestamp
  private let path: FilePath

  /// Opens a ledger, making or migrating it as needed.
  ///
  /// - Parameter joins: Whether other processes work with it now: then it is neither made nor migrated.
  /// - Throws: ``KeepError`` with code `ledger_unusable` when the file is damaged, newer than this program,
  ///   or cannot be opened; and where it is to be joined, when it is not there or older than this program.
  public init(
    at path: FilePath, joins: Bool = false, now: @escaping @Sendable () -> Timestamp
  ) throws(KeepError) {
    self.path = path
    self.now = now
    do {
      if joins {
        try FileDescriptor.open(path, .readWrite, options: .closeOnExec).close()
        self.database = try DatabaseQueue(path: path.string, configuration: Self.configuration)
        try Self.join(database)
        return
      }
      try LedgerFile(path).prepare { draft in
        let database = try DatabaseQueue(path: draft.string, configuration: Self.configuration)
        try Self.prepare(database)
        // Moves everything from the write-ahead log into the file. Closing does so too, but would not tell that
        // the disk is full.
        _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try database.close()
      }
      self.database = try DatabaseQueue(path: path.string, configuration: Self.configuration)
      try Self.prepare(database)
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// Opens a ledger for looking only. Where its folder cannot be written it is read as it lies there, and nothing
  /// is made beside it.
  ///
  /// - Throws: ``KeepError`` as ``init(at:now:)``, and when it cannot be read without writing.
  public init(reading path: FilePath, now: @escaping @Sendable () -> Timestamp) throws(KeepError) {
    let access = LedgerAccess(path)
    guard access != .writable else {
      try self.init(at: path, now: now)
      return
    }
    try self.init(reading: path, access, now: now)
  }

  /// Opens a ledger without writing to its folder.
  init(
    reading path: FilePath, _ access: LedgerAccess, now: @escaping @Sendable () -> Timestamp
  ) throws(KeepError) {
    self.path = path
    self.now = now
    do {
      self.database = try access.queue(path)
      try Self.check(database)
    } catch {
      throw Self.failure(error, path)
    }
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(30)
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA journal_mode = WAL")
      try database.execute(sql: "PRAGMA synchronous = FULL")
    }
    return configuration
  }

  private static func prepare(_ database: DatabaseQueue) throws {
    try check(database)
    try LedgerSchema.migrator.migrate(database)
  }

  private static func join(_ database: DatabaseQueue) throws {
    try check(database)
    guard try database.read({ try LedgerSchema.migrator.hasCompletedMigrations($0) }) else {
      throw KeepError(
        .ledgerUnusable, .none, "another process works with it that is of an older version",
        hint: "wait until that process is done, or stop it")
    }
  }

  /// Refuses what this program cannot read.
  private static func check(_ database: DatabaseQueue) throws {
    let isNewer = try database.read { try LedgerSchema.migrator.hasBeenSuperseded($0) }
    guard !isNewer else {
      throw KeepError(
        .ledgerUnusable, .none, "it was written by a newer comfykeep", hint: "use that version")
    }
    let check = try database.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    guard check == "ok" else {
      throw KeepError(.ledgerUnusable, .none, "the integrity check says: \(check ?? "nothing")")
    }
  }

  static func failure(_ error: any Error, _ path: FilePath) -> KeepError {
    if let known = error as? KeepError, known.subject != .none { return known }
    let reason =
      switch error {
      case let known as KeepError: known.reason
      case let database as DatabaseError: database.message ?? "\(database.resultCode)"
      case let errno as Errno: errno.description.lowercased()
      default: "\(error)"
      }
    let isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL
    let isForbidden = error as? Errno == .permissionDenied || error as? Errno == .readOnlyFileSystem
    return KeepError(
      isFull ? .localIO : .ledgerUnusable, .path(path), "the ledger cannot be used: \(reason)",
      hint: (error as? KeepError)?.hint
        ?? (isFull
          ? "free some space and run the same command again"
          : isForbidden
            ? "look at who may read and write it; list, show and plan only read it"
            : "move the file aside only after copying it: it knows what was paid for"))
  }

  /// Reads in one transaction.
  func read<Value: Sendable>(
    _ body: @Sendable (Database) throws -> Value
  ) throws(KeepError) -> Value {
    do { return try database.read(body) } catch { throw Self.failure(error, path) }
  }

  /// Changes in one durable transaction.
  func write<Value: Sendable>(
    _ body: @Sendable (Database) throws -> Value
  ) throws(KeepError) -> Value {
    do { return try database.write(body) } catch { throw Self.failure(error, path) }
  }

  /// Appends what happened, inside the transaction that makes it true.
  static func log(
    _ database: Database, at time: Timestamp, _ name: String, key: SubmissionKey? = nil,
    request: RequestID? = nil, detail: String? = nil
  ) throws {
    try database.execute(
      sql: "INSERT INTO event (at, submission, request, name, detail) VALUES (?, ?, ?, ?, ?)",
      arguments: [time.milliseconds, key?.rawValue, request?.rawValue, name, detail])
  }
}

extension Ledger {
  /// The value of a SQLite setting, as text.
  package func pragma(_ name: String) throws(KeepError) -> String? {
    try read { try String.fetchOne($0, sql: "PRAGMA \(name)") }
  }

  /// Moves everything from the write-ahead log into the database file.
  package func checkpoint() throws(KeepError) {
    do {
      _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    } catch {
      throw Self.failure(error, "ledger")
    }
  }
}
