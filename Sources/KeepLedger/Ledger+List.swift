internal import GRDB
public import KeepModel
public import SystemPackage

extension Ledger {
  /// Every submission and adopted request, oldest first.
  public func entries() throws(KeepError) -> [LedgerEntry] {
    try read { database in
      let paths = try Self.inputPaths(database)
      let submissions = try Row.fetchAll(database, sql: "SELECT * FROM submission").map { row in
        let key = SubmissionKey(row["key"])
        return try Self.entry(
          database, row, request: Self.latestRequestRow(database, key), inputs: paths[key] ?? [])
      }
      let adopted = try Row.fetchAll(
        database, sql: "SELECT * FROM request WHERE submission IS NULL"
      ).map { try Self.adoptedEntry(database, $0) }
      return (submissions + adopted).sorted { left, right in
        left.createdAt == right.createdAt
          ? (left.key ?? "") < (right.key ?? "") : left.createdAt < right.createdAt
      }
    }
  }

  /// What happened to a submission or request, oldest first.
  public func events(key: SubmissionKey?, request: RequestID?) throws(KeepError) -> [LedgerEvent] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM event WHERE submission = ? OR request = ? ORDER BY id",
        arguments: [key?.rawValue, request?.rawValue]
      ).map { row in
        LedgerEvent(
          at: Timestamp(milliseconds: row["at"]), name: Self.word(row["name"]), detail: row["detail"])
      }
    }
  }

  /// The name of an event as people and scripts see it; one that names a state is the state's word.
  private static func word(_ name: String) -> String { SubmissionState(rawValue: name)?.word ?? name }

  /// The local files that went into a submission, by node and input.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func inputs(of key: SubmissionKey) throws(KeepError) -> [FilePath] {
    try read { database in
      try Blob.fetchAll(
        database, sql: "SELECT path FROM asset WHERE submission = ? ORDER BY node, input",
        arguments: [key.rawValue]
      ).map(\.path)
    }
  }

  private static func inputPaths(_ database: Database) throws -> [SubmissionKey: [FilePath]] {
    let rows = try Row.fetchAll(
      database, sql: "SELECT submission, path FROM asset ORDER BY submission, node, input")
    return rows.reduce(into: [:]) { paths, row in
      paths[SubmissionKey(row["submission"]), default: []].append((row["path"] as Blob).path)
    }
  }

  private static func entry(
    _ database: Database, _ row: Row, request: Row?, inputs: [FilePath]
  ) throws -> LedgerEntry {
    let key = SubmissionKey(row["key"])
    let finishedAt: Int64? = request?["finishedAt"]
    guard let state = SubmissionState(rawValue: row["state"]) else {
      throw KeepError(.ledgerUnusable, .submission(key), "has an unknown state")
    }
    return LedgerEntry(
      key: key, deployment: DeploymentID(row["deployment"]), state: state, reason: row["reason"],
      request: request.map { RequestID($0["id"]) }, word: request?["word"], inputs: inputs,
      kept: try request.flatMap { try kept(database, $0) },
      standing: try standing(database, key, state)?.1,
      batch: (row["batch"] as String?).map { BatchID($0) },
      createdAt: Timestamp(milliseconds: row["createdAt"]),
      finishedAt: finishedAt.map(Timestamp.init(milliseconds:)))
  }

  private static func adoptedEntry(_ database: Database, _ row: Row) throws -> LedgerEntry {
    let finishedAt: Int64? = row["finishedAt"]
    let state = try lastState(database, RequestID(row["id"])) ?? .submitted
    return LedgerEntry(
      key: nil, deployment: DeploymentID(row["deployment"]), state: state, reason: nil,
      request: RequestID(row["id"]), word: row["word"], inputs: [], kept: try kept(database, row),
      createdAt: Timestamp(milliseconds: row["submittedAt"]),
      finishedAt: finishedAt.map(Timestamp.init(milliseconds:)))
  }
}
