internal import GRDB
public import KeepModel
public import SystemPackage

/// A file of a watched folder as it was looked at.
public struct ArrivalMark: Sendable, Hashable {
  /// Where it lies below the folder.
  public let path: FilePath
  /// What tells this state of it from another.
  public let stamp: String

  /// A file as it was looked at.
  public init(path: FilePath, stamp: String) {
    self.path = path
    self.stamp = stamp
  }
}

extension Ledger {
  /// Those of some files of a watched folder that are not known as they are now.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`, as all that follow.
  public func unknown(_ marks: [ArrivalMark], in folder: FilePath) throws(KeepError) -> [ArrivalMark] {
    try read { database in
      let statement = try database.cachedStatement(
        sql: """
          SELECT CASE state WHEN 'gone' THEN NULL ELSE stamp END FROM arrival
          WHERE folder = ? AND path = ? ORDER BY id DESC LIMIT 1
          """)
      let folder = Blob(folder)
      return try marks.filter { mark in
        try String.fetchOne(statement, arguments: [folder, Blob(mark.path)]) != mark.stamp
      }
    }
  }

  /// Whether anything is known of a watched folder.
  public func knowsArrivals(in folder: FilePath) throws(KeepError) -> Bool {
    try read { database in
      try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM watchFolder WHERE folder = ?)
            OR EXISTS (SELECT 1 FROM arrival WHERE folder = ?)
          """, arguments: [Blob(folder), Blob(folder)]) ?? false
    }
  }

  /// Records that a folder was gone through for the first time: what comes after that is new.
  public func recordWatched(_ folder: FilePath) throws(KeepError) {
    try write {
      try $0.execute(sql: "INSERT OR IGNORE INTO watchFolder (folder) VALUES (?)", arguments: [Blob(folder)])
    }
  }

  /// Whether a file of a watched folder was ever moved to where files go that are over.
  public func hasMoved(in folder: FilePath) throws(KeepError) -> Bool {
    try read { database in
      try Bool.fetchOne(
        database,
        sql:
          "SELECT EXISTS (SELECT 1 FROM arrival WHERE folder = ? AND movedTo IS NOT NULL AND movedTo <> path)",
        arguments: [Blob(folder)]) ?? false
    }
  }

  /// Records a settled file, that waits for its turn. One of the same path that still waits is gone: this took its
  /// place.
  @discardableResult
  public func recordArrival(
    _ mark: ArrivalMark, in folder: FilePath, size: ByteCount, checksum: Checksum?, isUrgent: Bool,
    state: Arrival.State = .waiting, reason: String? = nil
  ) throws(KeepError) -> Arrival? {
    let time = now().milliseconds
    return try write { database in
      try database.execute(
        sql: """
          UPDATE arrival SET state = 'gone', reason = 'was replaced', changedAt = ?
          WHERE folder = ? AND path = ? AND (state = 'waiting' OR state = 'failed' AND movedTo IS NULL)
          """, arguments: [time, Blob(folder), Blob(mark.path)])
      try Self.insert(
        database, mark, in: folder, size: size, checksum: checksum, isUrgent: isUrgent, state: state,
        reason: reason, at: time)
      return try Self.arrival(database, database.lastInsertedRowID)
    }
  }

  /// Records files that were there before the watch and are left as they are.
  public func recordPassedOver(
    _ files: [(mark: ArrivalMark, size: ByteCount)], in folder: FilePath, reason: String
  ) throws(KeepError) {
    let time = now().milliseconds
    try write { database in
      for file in files {
        try Self.insert(
          database, file.mark, in: folder, size: file.size, checksum: nil, isUrgent: false, state: .skipped,
          reason: reason, stays: true, at: time)
      }
    }
  }

  /// Whether a file was left alone at a folder's first watch: by its path where it has the same beginning of a stamp,
  /// or by another path where more of it is the same.
  ///
  /// - Parameters:
  ///   - likeness: What its stamp begins with where the file is the same, whatever its time says.
  ///   - identity: What its stamp begins with where it is the same file in the same state, whatever its name.
  public func wasPassedOver(
    _ path: FilePath, in folder: FilePath, likeness: String, identity: String
  ) throws(KeepError) -> Bool {
    try read { database in
      let latest = try Row.fetchOne(
        database, sql: "SELECT * FROM arrival WHERE folder = ? AND path = ? ORDER BY id DESC LIMIT 1",
        arguments: [Blob(folder), Blob(path)])
      if let latest {
        return Self.isPassedOver(latest) && (latest["stamp"] as String).hasPrefix(likeness + ".")
      }
      // "/" is the character behind ".".
      return try Row.fetchCursor(
        database, sql: "SELECT * FROM arrival WHERE stamp >= ? AND stamp < ? AND folder = ?",
        arguments: [identity + ".", identity + "/", Blob(folder)]
      ).contains { Self.isPassedOver($0) }
    }
  }

  private static func isPassedOver(_ row: Row) -> Bool {
    row["state"] as String == Arrival.State.skipped.rawValue && row["checksum"] as String? == nil
      && (row["movedTo"] as Blob?)?.bytes == (row["path"] as Blob).bytes
  }

  /// SHA-256 of the bytes of an arrival's file, where it was read.
  public func checksum(ofArrival id: Int64) throws(KeepError) -> Checksum? {
    try read { database in
      try String.fetchOne(database, sql: "SELECT checksum FROM arrival WHERE id = ?", arguments: [id])
    }.flatMap { Checksum(hexadecimal: $0) }
  }

  private static func insert(
    _ database: Database, _ mark: ArrivalMark, in folder: FilePath, size: ByteCount, checksum: Checksum?,
    isUrgent: Bool, state: Arrival.State, reason: String?, stays: Bool = false, at time: Int64
  ) throws {
    try database.execute(
      sql: """
        INSERT INTO arrival
          (folder, path, stamp, size, checksum, isUrgent, state, reason, movedTo, arrivedAt, changedAt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        Blob(folder), Blob(mark.path), mark.stamp, Int64(clamping: size.bytes), checksum?.hexadecimal,
        isUrgent,
        state.rawValue, reason, stays ? Blob(mark.path) : nil, time, time,
      ])
  }

  /// The latest arrival of a path, if there is one, with its bytes' checksum.
  public func latestArrival(
    of path: FilePath, in folder: FilePath
  ) throws(KeepError) -> (arrival: Arrival, checksum: Checksum?)? {
    try read { database in
      guard
        let row = try Row.fetchOne(
          database, sql: "SELECT * FROM arrival WHERE folder = ? AND path = ? ORDER BY id DESC LIMIT 1",
          arguments: [Blob(folder), Blob(path)])
      else { return nil }
      let checksum: String? = row["checksum"]
      return (try Self.arrival(database, row), checksum.flatMap { Checksum(hexadecimal: $0) })
    }
  }

  /// Records that a known file looks different and has the bytes that it had.
  public func restamp(_ id: Int64, _ stamp: String) throws(KeepError) {
    try write { try $0.execute(sql: "UPDATE arrival SET stamp = ? WHERE id = ?", arguments: [stamp, id]) }
  }

  /// Those that wait in some folders, urgent ones first, then in order of arrival.
  ///
  /// - Parameter last: Only those behind this one.
  public func waitingArrivals(
    in folders: [FilePath], limit: Int, after last: Arrival? = nil
  ) throws(KeepError) -> [Arrival] {
    let behind =
      last.map {
        " AND (isUrgent < \($0.isUrgent ? 1 : 0) OR isUrgent = \($0.isUrgent ? 1 : 0) AND id > \($0.id))"
      }
    return try read { database in
      try Self.arrivals(
        database, where: "state = 'waiting' AND folder IN (\(Self.places(folders)))\(behind ?? "")",
        order: "isUrgent DESC, id", limit: limit, StatementArguments(folders.map { Blob($0) }))
    }
  }

  /// Those whose runs are under way, or were when the watch was stopped.
  public func runningArrivals(in folders: [FilePath]) throws(KeepError) -> [Arrival] {
    try read { database in
      try Self.arrivals(
        database, where: "state = 'running' AND folder IN (\(Self.places(folders)))", order: "id", limit: -1,
        StatementArguments(folders.map { Blob($0) }))
    }
  }

  /// Those of a state, or all, the ones that came to it last first.
  ///
  /// - Parameter limit: At most so many; all where it is negative.
  public func arrivals(
    _ states: [Arrival.State] = Arrival.State.allCases, limit: Int = -1
  ) throws(KeepError) -> [Arrival] {
    try read { database in
      guard try database.tableExists("arrival") else { return [] }
      let words = states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      return try Self.arrivals(
        database, where: "state IN (\(words))", order: "changedAt DESC, id DESC", limit: limit)
    }
  }

  /// An arrival by its number.
  public func arrival(_ id: Int64) throws(KeepError) -> Arrival? {
    try read { try Self.arrival($0, id) }
  }

  /// Another arrival that has a submission for its own, be it under way or over; the earliest.
  public func arrival(with key: SubmissionKey, besides id: Int64) throws(KeepError) -> Arrival? {
    try read { database in
      let sql = """
        SELECT min(arrivalRun.arrival) FROM arrivalRun JOIN arrival ON arrival.id = arrivalRun.arrival
        WHERE submission = ? AND arrival <> ? AND state <> 'skipped'
        """
      guard let other = try Int64.fetchOne(database, sql: sql, arguments: [key.rawValue, id]) else {
        return nil
      }
      return try Self.arrival(database, other)
    }
  }

  static func places(_ folders: [FilePath]) -> String {
    Array(repeating: "?", count: folders.count).joined(separator: ", ")
  }

  static func arrivals(
    _ database: Database, where condition: String, order: String, limit: Int,
    _ arguments: StatementArguments = StatementArguments()
  ) throws -> [Arrival] {
    try Row.fetchAll(
      database, sql: "SELECT * FROM arrival WHERE \(condition) ORDER BY \(order) LIMIT \(limit)",
      arguments: arguments
    ).map { try arrival(database, $0) }
  }

  static func arrival(_ database: Database, _ id: Int64) throws -> Arrival? {
    try Row.fetchOne(database, sql: "SELECT * FROM arrival WHERE id = ?", arguments: [id])
      .map { try arrival(database, $0) }
  }

  private static func arrival(_ database: Database, _ row: Row) throws -> Arrival {
    let id: Int64 = row["id"]
    let keys = try String.fetchAll(
      database.cachedStatement(
        sql: "SELECT submission FROM arrivalRun WHERE arrival = ? ORDER BY submission"),
      arguments: [id])
    let moved: Blob? = row["movedTo"]
    return Arrival(
      id: id, folder: (row["folder"] as Blob).path, path: (row["path"] as Blob).path, stamp: row["stamp"],
      size: ByteCount(UInt64(row["size"] as Int64)), state: Arrival.State(rawValue: row["state"]) ?? .failed,
      isUrgent: row["isUrgent"], reason: row["reason"], submissions: keys.map { SubmissionKey($0) },
      outputs: row["outputs"], movedTo: moved?.path,
      isRepeated: row["isRepeated"], arrivedAt: Timestamp(milliseconds: row["arrivedAt"]),
      changedAt: Timestamp(milliseconds: row["changedAt"]))
  }
}
