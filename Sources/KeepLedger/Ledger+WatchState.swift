internal import GRDB
public import KeepModel
public import SystemPackage

/// How much the watches of an archive did on a day.
public struct WatchDay: Sendable, Hashable {
  /// How many runs were submitted.
  public var runs = 0
  /// How many bytes of requests and uploads.
  public var bytes = ByteCount(0)

  /// Nothing.
  public init() {}
}

extension Ledger {
  /// Whether, and why, watches submit nothing.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`, as all that follow.
  public func watchPause() throws(KeepError) -> WatchPause? {
    try read { database in
      guard try database.tableExists("watchPause"),
        let row = try Row.fetchOne(database, sql: "SELECT since, reason FROM watchPause")
      else { return nil }
      return WatchPause(since: Timestamp(milliseconds: row["since"]), reason: row["reason"])
    }
  }

  /// Keeps watches from submitting; a pause that there is gets the new reason.
  public func pauseWatches(reason: String?) throws(KeepError) {
    let time = now().milliseconds
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO watchPause (id, since, reason) VALUES (1, ?, ?)
          ON CONFLICT (id) DO UPDATE SET reason = excluded.reason
          """, arguments: [time, reason])
    }
  }

  /// Lets watches submit again.
  ///
  /// - Returns: Whether they were paused.
  public func resumeWatches() throws(KeepError) -> Bool {
    try write { database in
      try database.execute(sql: "DELETE FROM watchPause")
      return database.changesCount > 0
    }
  }

  /// What was done on a day, such as `2026-11-26`.
  public func watchDay(_ day: String) throws(KeepError) -> WatchDay {
    try read { try Self.done($0, on: day) }
  }

  static func done(_ database: Database, on day: String) throws -> WatchDay {
    var result = WatchDay()
    let row = try Row.fetchOne(
      database, sql: "SELECT runs, bytes FROM watchDay WHERE day = ?", arguments: [day])
    guard let row else { return result }
    result.runs = row["runs"]
    result.bytes = ByteCount(UInt64(row["bytes"] as Int64))
    return result
  }

  /// How many arrivals there are in each state.
  public func arrivalCounts() throws(KeepError) -> [Arrival.State: Int] {
    try read { database in
      guard try database.tableExists("arrival") else { return [:] }
      return try Row.fetchAll(database, sql: "SELECT state, count(*) AS count FROM arrival GROUP BY state")
        .reduce(into: [:]) { counts, row in
          if let state = Arrival.State(rawValue: row["state"]) { counts[state] = row["count"] }
        }
    }
  }

  /// The latest request of each of some arrivals, and where its bundle lies.
  public func requests(
    of arrivals: [Int64]
  ) throws(KeepError) -> [Int64: (request: RequestID, bundle: FilePath?)] {
    try read { database in
      let statement = try database.cachedStatement(
        sql: """
          SELECT request.id, request.bundle FROM arrivalRun JOIN request ON request.submission = arrivalRun.submission
          WHERE arrivalRun.arrival = ? ORDER BY request.submittedAt DESC LIMIT 1
          """)
      return try arrivals.reduce(into: [:]) { found, id in
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { return }
        found[id] = (RequestID(row["id"] as String), (row["bundle"] as Blob?)?.path)
      }
    }
  }

  /// When arrivals were done or failed since a moment, oldest first.
  public func arrivalEnds(since: Timestamp) throws(KeepError) -> [(at: Timestamp, isDone: Bool)] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT changedAt, state = 'done' AS isDone FROM arrival
          WHERE changedAt >= ? AND state IN ('done', 'failed') ORDER BY changedAt
          """, arguments: [since.milliseconds]
      ).map { (Timestamp(milliseconds: $0["changedAt"]), $0["isDone"]) }
    }
  }

  /// How many runs and bytes watches ever sent, and what the arrivals gave.
  public func watchTotals() throws(KeepError) -> (sent: WatchDay, files: Int, outputs: Int, kept: ByteCount) {
    try read { database in
      var total = WatchDay()
      let row = try Row.fetchOne(
        database, sql: "SELECT total(runs) AS runs, total(bytes) AS bytes FROM watchDay")
      total.runs = Int(row?["runs"] as Double? ?? 0)
      total.bytes = ByteCount(UInt64(row?["bytes"] as Double? ?? 0))
      let sums = try Row.fetchOne(
        database,
        sql:
          "SELECT count(*) AS files, total(outputs) AS outputs, total(kept) AS kept FROM arrival WHERE checksum IS NOT NULL"
      )
      return (
        total, sums?["files"] ?? 0, Int(sums?["outputs"] as Double? ?? 0),
        ByteCount(UInt64(sums?["kept"] as Double? ?? 0))
      )
    }
  }

  /// How far some submissions have come, where they are known.
  public func states(of keys: [SubmissionKey]) throws(KeepError) -> [SubmissionKey: SubmissionState] {
    try read { database in
      try keys.reduce(into: [:]) { states, key in
        // A later run that came to nothing takes nothing away from an earlier one that is kept.
        guard let state = try Self.state(database, key) else { return }
        states[key] = try Self.standing(database, key, state)?.0 ?? state
      }
    }
  }
}
