internal import GRDB
public import KeepModel
public import SystemPackage

/// Whether the runs of an arrival may begin.
public enum ArrivalBegin: Sendable, Hashable {
  /// They do.
  case begun
  /// They would go beyond what is allowed on the day.
  case beyondLimit
  /// All of them are under way for another file.
  case taken(by: Arrival)
}

extension Ledger {
  /// Records, before the first of its submissions is claimed, what is run for an arrival.
  ///
  /// - Parameters:
  ///   - sending: How many bytes its new requests and uploads have.
  ///   - fresh: How many of its runs are new ones, that count for the day.
  ///   - folders: Where another file with the same submissions goes first.
  ///   - day: The day, such as `2026-11-26`.
  ///   - limit: How much may be done on the day; a first file of the day with more bytes than that goes all the same.
  /// - Returns: What came of it; only with ``ArrivalBegin/begun`` anything is changed.
  public func beginArrival(
    _ id: Int64, _ keys: [SubmissionKey], sending: ByteCount, fresh: Int, day: String,
    limit: (runs: Int?, bytes: ByteCount?) = (nil, nil), among folders: [FilePath]
  ) throws(KeepError) -> ArrivalBegin {
    let time = now().milliseconds
    return try write { database in
      // Of two copies that came together only one is run.
      let others = try Set(keys).map { try Self.runningArrival(database, with: $0, besides: id, folders) }
      if let first = others.first, let other = first, !others.contains(nil) { return .taken(by: other) }
      if fresh > 0 {
        let today = try Self.done(database, on: day)
        if let runs = limit.runs, today.runs + fresh > runs { return .beyondLimit }
        if let bytes = limit.bytes, today.runs > 0, today.bytes.bytes + sending.bytes > bytes.bytes {
          return .beyondLimit
        }
      }
      try database.execute(
        sql:
          "UPDATE arrival SET state = 'running', reason = NULL, sending = sending + ?, changedAt = ? WHERE id = ?",
        arguments: [Int64(clamping: sending.bytes), time, id])
      try database.execute(sql: "DELETE FROM arrivalRun WHERE arrival = ?", arguments: [id])
      for key in Set(keys) {
        try database.execute(
          sql: "INSERT INTO arrivalRun (arrival, submission) VALUES (?, ?)", arguments: [id, key.rawValue])
      }
      guard fresh > 0 else { return .begun }
      try database.execute(
        sql: """
          INSERT INTO watchDay (day, runs, bytes) VALUES (?, ?, ?)
          ON CONFLICT (day) DO UPDATE SET runs = runs + excluded.runs, bytes = bytes + excluded.bytes
          """, arguments: [day, fresh, Int64(clamping: sending.bytes)])
      return .begun
    }
  }

  /// Another arrival whose runs are under way, and that has a submission for its own.
  private static func runningArrival(
    _ database: Database, with key: SubmissionKey, besides id: Int64, _ folders: [FilePath]
  ) throws -> Arrival? {
    let other = try Int64.fetchOne(
      database,
      sql: """
        SELECT min(arrivalRun.arrival) FROM arrivalRun JOIN arrival ON arrival.id = arrivalRun.arrival
        WHERE submission = ? AND arrival <> ? AND state = 'running' AND folder IN (\(places(folders)))
        """,
      arguments: StatementArguments([key.rawValue]) + StatementArguments([id])
        + StatementArguments(folders.map { Blob($0) }))
    return try other.flatMap { try Self.arrival(database, $0) }
  }

  /// Records what became of an arrival.
  ///
  /// - Parameters:
  ///   - kept: How many bytes its bundles have.
  ///   - stays: Whether its file is left where it is, whatever becomes of others.
  ///   - endsWish: Whether another run that was asked for is there, or is not wanted any more.
  ///   - unsent: What was counted for a day and was not submitted after all.
  /// - Returns: The arrival as it is now.
  @discardableResult
  public func endArrival(
    _ id: Int64, _ state: Arrival.State, reason: String? = nil, outputs: Int = 0,
    kept: ByteCount = ByteCount(0), stays: Bool = false,
    endsWish: Bool = false, unsent: Unsent? = nil
  ) throws(KeepError) -> Arrival? {
    let time = now().milliseconds
    return try write { database in
      try database.execute(
        sql: """
          UPDATE arrival SET state = ?, reason = ?, outputs = ?, kept = ?, changedAt = ?,
            movedTo = CASE WHEN ? THEN path ELSE movedTo END,
            isRepeated = CASE WHEN ? THEN 0 ELSE isRepeated END
          WHERE id = ?
          """,
        arguments: [state.rawValue, reason, outputs, Int64(clamping: kept.bytes), time, stays, endsWish, id])
      if let unsent, unsent.runs > 0 {
        try database.execute(
          sql: "UPDATE watchDay SET runs = max(0, runs - ?), bytes = max(0, bytes - ?) WHERE day = ?",
          arguments: [unsent.runs, Int64(clamping: unsent.bytes.bytes), unsent.day])
      }
      return try Self.arrival(database, id)
    }
  }

  /// What was counted for a day and was not submitted after all.
  public struct Unsent: Sendable {
    /// The day, such as `2026-11-26`.
    public let day: String
    /// How many runs.
    public let runs: Int
    /// How many bytes.
    public let bytes: ByteCount

    /// What was counted for a day.
    public init(day: String, runs: Int, bytes: ByteCount) {
      self.day = day
      self.runs = runs
      self.bytes = bytes
    }
  }

  /// Records what would be run for an arrival, that stands already, so that what becomes of it is known of both.
  public func recordSubmissions(_ keys: [SubmissionKey], of id: Int64) throws(KeepError) {
    try write { database in
      for key in Set(keys) {
        try database.execute(
          sql: "INSERT OR IGNORE INTO arrivalRun (arrival, submission) VALUES (?, ?)",
          arguments: [id, key.rawValue])
      }
    }
  }

  /// Records where the file of an arrival was moved to below its folder.
  public func recordMoved(_ id: Int64, to path: FilePath) throws(KeepError) {
    try write { database in
      try database.execute(sql: "UPDATE arrival SET movedTo = ? WHERE id = ?", arguments: [Blob(path), id])
    }
  }

  /// Those whose runs are over, in some folders, and whose files were not moved.
  public func unmovedArrivals(in folders: [FilePath]) throws(KeepError) -> [Arrival] {
    try read { database in
      try Self.arrivals(
        database,
        where: """
          movedTo IS NULL AND folder IN (\(Self.places(folders)))
          AND state IN ('done', 'failed', 'skipped')
          """, order: "id", limit: -1, StatementArguments(folders.map { Blob($0) }))
    }
  }

  /// Takes parked arrivals up again, to be run once more. A file that was moved waits where it is now.
  ///
  /// - Returns: Those that now wait.
  @discardableResult
  public func repeatArrivals(_ ids: [Int64]) throws(KeepError) -> [Arrival] {
    let time = now().milliseconds
    return try write { database in
      try ids.compactMap { id in
        try database.execute(
          sql: """
            UPDATE arrival SET state = 'waiting', isRepeated = 1, reason = NULL, changedAt = ?,
              path = coalesce(movedTo, path), movedTo = NULL
            WHERE id = ? AND state = 'failed'
            """, arguments: [time, id])
        return database.changesCount > 0 ? try Self.arrival(database, id) : nil
      }
    }
  }

  /// Takes up what others settled: doubts that are none any more wait again, and what was parked and is kept by now is
  /// done.
  ///
  /// - Returns: Those that changed.
  public func settleArrivals(in folders: [FilePath]) throws(KeepError) -> [Arrival] {
    // Asked again and again, and there is next to never anything to write.
    guard try read({ try !Self.settled($0, folders).isEmpty }) else { return [] }
    let time = now().milliseconds
    return try write { database in
      let changes = try Self.settled(database, folders)
      for (ids, state) in changes {
        for id in ids {
          try database.execute(
            sql: """
              UPDATE arrival SET state = ?, reason = NULL, isRepeated = 0, changedAt = ?,
                path = coalesce(movedTo, path), movedTo = NULL,
                outputs = (SELECT total(request.outputs) FROM request JOIN arrivalRun
                  ON arrivalRun.submission = request.submission WHERE arrivalRun.arrival = arrival.id)
              WHERE id = ?
              """, arguments: [state, time, id])
        }
      }
      return try changes.flatMap(\.ids).compactMap { try Self.arrival(database, $0) }
    }
  }

  /// The arrivals that others settled, and the state that each comes to; nothing where there are none.
  private static func settled(
    _ database: Database, _ folders: [FilePath]
  ) throws -> [(ids: [Int64], state: String)] {
    let settled = try arrivals(
      database, "in_doubt", folders, unless: "submission.state IN ('submitting', 'inDoubt')")
    let kept = try arrivals(
      database, "failed", folders,
      unless: "(submission.state IS NULL OR submission.state NOT IN ('archived', 'partial'))")
    return [(settled, "waiting"), (kept, "done")].filter { !$0.ids.isEmpty }
  }

  /// Those of a state that have submissions, none of which is as told.
  private static func arrivals(
    _ database: Database, _ state: String, _ folders: [FilePath], unless condition: String
  ) throws -> [Int64] {
    try Int64.fetchAll(
      database,
      sql: """
        SELECT id FROM arrival WHERE state = ? AND folder IN (\(places(folders)))
        AND EXISTS (SELECT 1 FROM arrivalRun WHERE arrival = arrival.id)
        AND NOT EXISTS (SELECT 1 FROM arrivalRun LEFT JOIN submission ON submission.key = arrivalRun.submission
          WHERE arrivalRun.arrival = arrival.id AND \(condition))
        """, arguments: StatementArguments([state]) + StatementArguments(folders.map { Blob($0) }))
  }
}
