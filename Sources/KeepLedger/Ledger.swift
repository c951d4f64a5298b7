internal import GRDB
public import KeepModel
public import SystemPackage

/// The database of every submission and event: the truth about what was paid for.
///
/// SQLite in WAL mode with `synchronous=FULL`: when a method returns, its change survives a power cut. Every
/// change of state is one transaction with its event. The caller holds the archive's lock while it changes
/// anything.
public actor Ledger {
  let database: DatabaseQueue
  let now: @Sendable () -> Timestamp
  let path: FilePath
  private let presence: LedgerPresence

  /// Opens a ledger, making or migrating it as needed.
  ///
  /// - Parameter busyTimeout: How long a change waits for another process that is writing.
  /// - Throws: ``KeepError`` with code `ledger_unusable` when the file is damaged, newer than this program, no ledger,
  ///   or cannot be opened; `local_io` when the disk is full.
  public init(
    at path: FilePath, busyTimeout: Duration = .seconds(30), now: @escaping @Sendable () -> Timestamp
  ) throws(KeepError) {
    self.path = path
    self.now = now
    do {
      let configuration = Self.configuration(busyTimeout)
      try LedgerFile(path).prepare { draft in
        let database = try DatabaseQueue(path: draft.string, configuration: configuration)
        try LedgerSchema.migrator.migrate(database)
        // Moves everything from the write-ahead log into the file. Closing does so too, but would not tell that
        // the disk is full.
        _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try database.close()
      }
      self.presence = try LedgerPresence(path) {
        try LedgerFile(path).requireUsable()
        try LedgerHealth.requireLedger(at: path)
      }
      self.database = try DatabaseQueue(path: path.string, configuration: configuration)
      try database.read(LedgerHealth.require)
      try LedgerSchema.migrator.migrate(database)
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
      self.presence = try LedgerPresence(path) {
        // A file that cannot be read says so in its own words.
        try FileDescriptor.open(path, .readOnly, options: .closeOnExec).close()
        try WriteAheadLog.require(besideLedger: path)
      }
      self.database = try access.queue(path)
      try database.read(LedgerHealth.require)
    } catch {
      throw Self.failure(error, path)
    }
  }

  static func configuration(_ busyTimeout: Duration) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busyTimeout / .seconds(1))
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA journal_mode = WAL")
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
