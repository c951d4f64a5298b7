internal import GRDB
public import KeepModel

extension Ledger {
  /// Records that a kept bundle is to be put into a store, before it is tried. One of the same bytes that is known
  /// there stays as it is.
  public func recordBound(_ bound: StoredBundle, of request: RequestID) throws(KeepError) {
    let time = now()
    try write { try Self.bind($0, bound, of: request, at: time) }
  }

  /// Records that a bundle was proven to be in a store.
  public func recordStored(_ bound: StoredBundle, of request: RequestID) throws(KeepError) {
    let time = now()
    try write { database in
      try database.execute(
        sql: """
          UPDATE stored SET storedAt = ?, reason = NULL, droppedAt = NULL
          WHERE request = ? AND store = ? AND checksum = ?
          """,
        arguments: [time.milliseconds, request.rawValue, bound.store, bound.checksum.hexadecimal])
      try Self.tell(database, "stored", bound.place, of: request, at: time)
    }
  }

  /// Records that a bundle could not be put into a store, or is no longer there; the same reason is told once.
  public func recordNotStored(
    _ bound: StoredBundle, of request: RequestID, reason: String
  ) throws(KeepError) {
    let time = now()
    try write { database in
      try database.execute(
        sql: """
          UPDATE stored SET reason = ?, storedAt = NULL
          WHERE request = ? AND store = ? AND (reason IS NOT ? OR storedAt IS NOT NULL)
          """,
        arguments: [reason, request.rawValue, bound.store, reason])
      guard database.changesCount > 0 else { return }
      try Self.tell(database, "not_stored", reason, of: request, at: time)
    }
  }

  /// Records that the bundle in the archive's folder was removed, since a store has it. It waits for no other store from
  /// then on: it could not be put there from here.
  public func recordDropped(_ bound: StoredBundle, of request: RequestID) throws(KeepError) {
    let time = now()
    try write { database in
      try database.execute(
        sql: "UPDATE stored SET droppedAt = ? WHERE request = ? AND store = ?",
        arguments: [time.milliseconds, request.rawValue, bound.store])
      try database.execute(
        sql: "DELETE FROM stored WHERE request = ? AND store <> ? AND storedAt IS NULL",
        arguments: [request.rawValue, bound.store])
      try Self.tell(database, "dropped", "it lies in \(bound.store)", of: request, at: time)
    }
  }

  /// How many bundles wait to be put into each store.
  public func waitingByStore() throws(KeepError) -> [String: Int] {
    try read { database in
      guard try database.tableExists("stored") else { return [:] }
      return try Row.fetchAll(
        database, sql: "SELECT store, count(*) AS count FROM stored WHERE storedAt IS NULL GROUP BY store"
      ).reduce(into: [:]) { counts, row in counts[row["store"]] = row["count"] }
    }
  }

  /// The kept runs whose bundles wait to be put into a store, or to be removed from the archive's folder since they are
  /// there; oldest first.
  public func unsettled(in store: String) throws(KeepError) -> [KeptRun] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT request.* FROM stored JOIN request ON request.id = stored.request
          WHERE stored.store = ? AND request.bundleChecksum = stored.checksum
            AND (stored.storedAt IS NULL OR (stored.keepsLocal = 0 AND stored.droppedAt IS NULL))
          ORDER BY stored.boundAt, request.id
          """,
        arguments: [store]
      ).compactMap { try Self.kept(database, $0) }
    }
  }
}

extension Ledger {
  /// Binds a bundle to a store, inside the transaction that records it as kept: from then on it waits to be put there.
  static func bind(
    _ database: Database, _ bound: StoredBundle, of request: RequestID, at time: Timestamp
  ) throws {
    try database.execute(
      sql: """
        INSERT INTO stored (request, store, place, checksum, keepsLocal, boundAt) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (request, store) DO UPDATE SET place = excluded.place, checksum = excluded.checksum,
          keepsLocal = excluded.keepsLocal, boundAt = excluded.boundAt, reason = NULL, storedAt = NULL,
          droppedAt = NULL
        WHERE stored.checksum <> excluded.checksum
        """,
      arguments: [
        request.rawValue, bound.store, bound.place, bound.checksum.hexadecimal, bound.keepsLocal,
        time.milliseconds,
      ])
  }

  /// The places of a kept run's bundle in stores.
  static func stores(_ database: Database, of request: RequestID) throws -> [StoredBundle] {
    // A ledger of an earlier version that is only read has no such table.
    guard try database.tableExists("stored") else { return [] }
    return try Row.fetchAll(
      database, sql: "SELECT * FROM stored WHERE request = ? ORDER BY boundAt, store",
      arguments: [request.rawValue]
    ).compactMap { row in
      let (storedAt, droppedAt): (Int64?, Int64?) = (row["storedAt"], row["droppedAt"])
      return Checksum(hexadecimal: row["checksum"]).map { checksum in
        StoredBundle(
          store: row["store"], place: row["place"], checksum: checksum, keepsLocal: row["keepsLocal"],
          reason: row["reason"], storedAt: storedAt.map(Timestamp.init(milliseconds:)),
          droppedAt: droppedAt.map(Timestamp.init(milliseconds:)))
      }
    }
  }

  private static func tell(
    _ database: Database, _ name: String, _ detail: String, of request: RequestID, at time: Timestamp
  ) throws {
    let key = try submissionKey(database, request)
    try log(database, at: time, name, key: key, request: request, detail: detail)
  }
}
