internal import GRDB
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
  let path: FilePath
  private let presence: LedgerPresence

  /// Opens a ledger, making or migrating it as needed.
  ///
  /// - Parameters:
  ///   - joins: Whether other processes work with it now: then it is neither made nor migrated.
  ///   - busyTimeout: How long a change waits for another process that is writing.
  /// - Throws: ``KeepError`` with code `ledger_unusable` when the file is damaged, newer than this program, no ledger,
  ///   or cannot be opened, and where it is to be joined, when it is not there or older than this program; `local_io`
  ///   when the disk is full.
  public init(
    at path: FilePath, joins: Bool = false, busyTimeout: Duration = .seconds(30),
    now: @escaping @Sendable () -> Timestamp
  ) throws(KeepError) {
    self.path = path
    self.now = now
    do {
      let configuration = Self.configuration(busyTimeout)
      if !joins { try Self.make(path, configuration) }
      self.presence = try LedgerPresence(path) {
        try LedgerFile(path).requireUsable()
        try LedgerHealth.requireLedger(at: path)
      }
      self.database = try DatabaseQueue(path: path.string, configuration: configuration)
      try database.read(LedgerHealth.require)
      if joins {
        try database.read(Self.requireSameVersion)
      } else {
        try LedgerSchema.migrator.migrate(database)
      }
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// Makes the file, unless it is there.
  private static func make(_ path: FilePath, _ configuration: Configuration) throws {
    try LedgerFile(path).prepare { draft in
      let database = try DatabaseQueue(path: draft.string, configuration: configuration)
      try LedgerSchema.migrator.migrate(database)
      // Moves everything from the write-ahead log into the file. Closing does so too, but would not tell that
      // the disk is full.
      _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try database.close()
    }
  }

  private static func requireSameVersion(_ database: Database) throws {
    guard try LedgerSchema.migrator.hasCompletedMigrations(database) else {
      throw KeepError(
        .ledgerUnusable, .none, "another process works with it that is of an older version",
        hint: "wait until that process is done, or stop it")
    }
  }

  /// Opens a ledger for looking only: it is neither made nor migrated, since others may work with it. One of an earlier
  /// version is read by a private copy, as it was when it was opened. Where its folder cannot be written it is read as it
  /// lies there, and nothing is made beside it.
  ///
  /// - Throws: ``KeepError`` with code `usage` when it is not there; as ``init(at:joins:busyTimeout:now:)``, and when it
  ///   cannot be read without writing.
  public init(reading path: FilePath, now: @escaping @Sendable () -> Timestamp) throws(KeepError) {
    try self.init(reading: path, LedgerAccess(path), now: now)
  }

  /// Opens a ledger for looking, as far as its folder lets one.
  init(
    reading path: FilePath, _ access: LedgerAccess, now: @escaping @Sendable () -> Timestamp
  ) throws(KeepError) {
    self.path = path
    self.now = now
    do {
      guard try LedgerFile(path).isThere() else {
        throw KeepError(.usage, .path(path), "is not there", hint: "name the archive's ledger with --ledger")
      }
      self.presence = try LedgerPresence(path) {
        // A file that cannot be read says so in its own words.
        try FileDescriptor.open(path, .readOnly, options: .closeOnExec).close()
        try WriteAheadLog.require(besideLedger: path)
        if access == .writable { try LedgerHealth.requireLedger(at: path) }
      }
      let queue =
        access == .writable
        ? try DatabaseQueue(
          path: path.string, configuration: Self.configuration(.seconds(30), makesLog: false))
        : try access.queue(path)
      try queue.read(LedgerHealth.require)
      let isOfToday = try queue.read { try LedgerSchema.migrator.hasCompletedMigrations($0) }
      self.database = isOfToday ? queue : try Self.migratedCopy(of: queue)
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// A copy that nobody else sees, of today's version; it is gone when it is closed.
  private static func migratedCopy(of queue: DatabaseQueue) throws -> DatabaseQueue {
    // Without a name, SQLite keeps it in memory, and what is too much for that in a nameless file.
    let copy = try DatabaseQueue(path: "")
    try queue.backup(to: copy)
    try queue.close()
    try LedgerSchema.migrator.migrate(copy)
    return copy
  }

  static func configuration(_ busyTimeout: Duration, makesLog: Bool = true) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busyTimeout / .seconds(1))
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { database in
      if makesLog { try database.execute(sql: "PRAGMA journal_mode = WAL") }
      try database.execute(sql: "PRAGMA synchronous = FULL")
    }
    return configuration
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
