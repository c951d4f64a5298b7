internal import GRDB
public import KeepModel

/// What webhooks said of a submission: the request that the service made of it. Anybody who knows the address could
/// have said so; it is no more than a place to look at.
public struct SubmissionHint: Sendable, Hashable {
  /// The request that was named.
  public let request: RequestID
  /// When it was first named.
  public let receivedAt: Timestamp
}

extension Ledger {
  /// How many different requests are noted for one submission; a service names one.
  static let hintLimit = 8

  /// Takes note of a request that was named as the run of a submission that is being sent or in doubt.
  ///
  /// - Returns: Whether there is something to be learned: `false` where the submission is not known, or its request is.
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func recordHint(_ request: RequestID, for key: SubmissionKey) throws(KeepError) -> Bool {
    let time = now()
    return try write { database in
      guard let state = try Self.state(database, key), [.submitting, .inDoubt].contains(state),
        try Self.record(database, request) == nil
      else { return false }
      let count =
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM hint WHERE submission = ?", arguments: [key.rawValue]) ?? 0
      guard count < Self.hintLimit else { return true }
      try database.execute(
        sql: "INSERT OR IGNORE INTO hint (submission, request, receivedAt) VALUES (?, ?, ?)",
        arguments: [key.rawValue, request.rawValue, time.milliseconds])
      if database.changesCount > 0 {
        try Self.log(
          database, at: time, "hinted", key: key, detail: "a webhook names \(request), which is to be checked"
        )
      }
      return true
    }
  }

  /// The requests that were named as the run of a submission and not found wrong, the first one first.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func hints(for key: SubmissionKey) throws(KeepError) -> [SubmissionHint] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: "SELECT * FROM hint WHERE submission = ? AND reason IS NULL ORDER BY receivedAt, request",
        arguments: [key.rawValue]
      ).map { row in
        SubmissionHint(
          request: RequestID(row["request"]), receivedAt: Timestamp(milliseconds: row["receivedAt"]))
      }
    }
  }

  /// Takes note that a request that was named is not the run of the submission.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func refuseHint(
    _ request: RequestID, for key: SubmissionKey, reason: String
  ) throws(KeepError) {
    let time = now()
    try write { database in
      try database.execute(
        sql: "UPDATE hint SET reason = ? WHERE submission = ? AND request = ? AND reason IS NULL",
        arguments: [reason, key.rawValue, request.rawValue])
      guard database.changesCount > 0 else { return }
      try Self.log(database, at: time, "hint_refused", key: key, detail: "\(request): \(reason)")
    }
  }

  /// The submissions in doubt, or cut off while they were sent, of which a webhook named a request.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func hintedDoubts() throws(KeepError) -> [SubmissionKey] {
    try read { database in
      try String.fetchAll(
        database,
        sql: """
          SELECT DISTINCT submission.key FROM submission JOIN hint ON hint.submission = submission.key
          WHERE submission.state IN ('submitting', 'inDoubt') AND hint.reason IS NULL ORDER BY submission.key
          """
      ).map { SubmissionKey($0) }
    }
  }

  /// The request of a submission that was recorded last.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func latestRequest(of key: SubmissionKey) throws(KeepError) -> Request? {
    try read { try Self.latestRequest($0, key)?.request }
  }

  /// The request of each submission that was recorded last, where there is one and its run is over: one that is under
  /// way is left out.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func endedRequests(of keys: [SubmissionKey]) throws(KeepError) -> [SubmissionKey: RequestID] {
    try read { database in
      try keys.reduce(into: [:]) { found, key in
        switch try Self.state(database, key) {
        case .submitted, .finished: break
        default: found[key] = try Self.latestRequest(database, key)?.request.id
        }
      }
    }
  }

  /// How often a submission was begun to be sent.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func attempts(of key: SubmissionKey) throws(KeepError) -> Int {
    try read { try Self.attempts($0, key) }
  }

  static func attempts(_ database: Database, _ key: SubmissionKey) throws -> Int {
    try Int.fetchOne(
      database, sql: "SELECT count(*) FROM event WHERE submission = ? AND name = 'submitting'",
      arguments: [key.rawValue]) ?? 0
  }

  /// Where a submission stands, and which deployment it is for; `nil` for an unknown one.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func standing(of key: SubmissionKey) throws(KeepError) -> (
    state: SubmissionState, deployment: DeploymentID
  )? {
    try read { database in
      guard let state = try Self.state(database, key),
        let deployment = try String.fetchOne(
          database, sql: "SELECT deployment FROM submission WHERE key = ?", arguments: [key.rawValue])
      else { return nil }
      return (state, DeploymentID(deployment))
    }
  }
}
