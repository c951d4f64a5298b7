internal import GRDB
public import KeepModel
internal import SystemPackage

extension Ledger {
  /// Every run that the service may still have and that is not kept, those of submissions in doubt among them; the one
  /// whose time ends first comes first.
  ///
  /// The time runs from when a run finished, as the service told, but never from later than when we learned so; while
  /// that is not known, from when it was submitted or taken in.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func openRuns() throws(KeepError) -> [OpenRun] {
    try read { database in
      let requests = try Row.fetchAll(database, sql: Self.openRequests).map { try Self.openRun(database, $0) }
      let doubts = try Row.fetchAll(database, sql: Self.doubts).map { row in
        OpenRun(
          key: SubmissionKey(row["key"]), deployment: DeploymentID(row["deployment"]), request: nil,
          finishedAt: nil, since: Timestamp(milliseconds: row["since"]))
      }
      return (requests + doubts).sorted { left, right in
        (left.since, left.request?.id.rawValue ?? "") < (right.since, right.request?.id.rawValue ?? "")
      }
    }
  }

  /// From when the service's time for a run goes, by the rule of ``openRuns()``; `nil` for an unknown one.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func since(_ id: RequestID) throws(KeepError) -> Timestamp? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT request.*, \(Self.learnedAt) AS learnedAt FROM request WHERE id = ?",
        arguments: [id.rawValue]
      ).map { try Self.openRun(database, $0).since }
    }
  }

  private static let learnedAt =
    "(SELECT min(at) FROM event WHERE event.request = request.id AND event.name = 'finished')"

  /// Requests without a bundle that were not found to be deleted. One of a submission counts as long as it is the one
  /// that the submission waits for.
  private static let openRequests = """
    SELECT request.*, \(learnedAt) AS learnedAt
    FROM request LEFT JOIN submission ON submission.key = request.submission
    WHERE request.bundle IS NULL
      AND (submission.key IS NULL OR submission.state IN ('submitted', 'finished'))
      AND coalesce((SELECT name FROM event WHERE event.request = request.id
        AND event.name IN ('finished', 'expired') ORDER BY event.id DESC LIMIT 1), '') <> 'expired'
    """

  private static let doubts = """
    SELECT key, deployment, coalesce((SELECT max(at) FROM event
      WHERE event.submission = submission.key AND event.name = 'submitting'), updatedAt) AS since
    FROM submission WHERE state IN ('submitting', 'inDoubt')
    """

  private static func openRun(_ database: Database, _ row: Row) throws -> OpenRun {
    let told: Int64? = row["finishedAt"] ?? row["startedAt"]
    let learned: Int64? = row["learnedAt"]
    let taken: Int64 = row["submittedAt"]
    let submission: String? = row["submission"]
    let finished: Int64? = row["finishedAt"]
    func url(_ column: String) -> HTTPURL? { (row[column] as String?).flatMap { HTTPURL($0) } }
    return OpenRun(
      key: submission.map { SubmissionKey($0) }, deployment: DeploymentID(row["deployment"]),
      request: Request(
        id: RequestID(row["id"]), deployment: DeploymentID(row["deployment"]), statusURL: url("statusURL"),
        resultURL: url("resultURL"), cancelURL: url("cancelURL")),
      finishedAt: finished.map(Timestamp.init(milliseconds:)),
      since: Timestamp(milliseconds: min(told ?? taken, learned ?? .max)))
  }

  /// The name of the first file that went into each run, where one did.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func inputNames(of requests: [RequestID]) throws(KeepError) -> [RequestID: String] {
    try read { database in
      let statement = try database.makeStatement(
        sql: """
          SELECT asset.path FROM asset JOIN request ON request.submission = asset.submission
          WHERE request.id = ? ORDER BY asset.node, asset.input LIMIT 1
          """)
      return try requests.reduce(into: [:]) { names, id in
        let path = try Blob.fetchOne(statement, arguments: [id.rawValue])?.path
        names[id] = path?.lastComponent?.string
      }
    }
  }

  /// The requests of a batch's submissions that are not kept.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`, and `usage` for a batch that is not known.
  public func openRequests(of batch: BatchID) throws(KeepError) -> [Request] {
    let keys = try read { database -> Set<String>? in
      guard
        try Int.fetchOne(database, sql: "SELECT 1 FROM batch WHERE id = ?", arguments: [batch.rawValue])
          != nil
      else { return nil }
      return try Set(
        String.fetchAll(
          database, sql: "SELECT key FROM submission WHERE batch = ?", arguments: [batch.rawValue]))
    }
    guard let keys else {
      throw KeepError(
        .usage, .option(batch.rawValue), "the ledger knows no such batch",
        hint: "comfykeep list --json tells each run's batch")
    }
    return try openRuns().compactMap { run in
      run.key.map { keys.contains($0.rawValue) } == true ? run.request : nil
    }
  }

  /// The batch that was begun last.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func latestBatch() throws(KeepError) -> BatchID? {
    try read { database in
      try String.fetchOne(database, sql: "SELECT id FROM batch ORDER BY begunAt DESC, id DESC LIMIT 1")
        .map { BatchID($0) }
    }
  }
}
