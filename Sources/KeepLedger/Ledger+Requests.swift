internal import GRDB
public import KeepModel
internal import SystemPackage

extension Ledger {
  /// Takes a run that was made elsewhere into the ledger; a known one stays as it is. Only the deployment of
  /// one that the service has told nothing of yet is no more than what a person said, and follows their last
  /// word.
  public func adopt(_ request: Request) throws(KeepError) { try adopt([request]) }

  /// Takes runs into the ledger at once, all or none of them.
  public func adopt(_ requests: [Request]) throws(KeepError) {
    let time = now()
    try write { database in for request in requests { try Self.adopt(database, request, at: time) } }
  }

  private static func adopt(_ database: Database, _ request: Request, at time: Timestamp) throws {
    guard let known = try record(database, request.id) else {
      try insert(database, request, submission: nil, at: time)
      return try log(database, at: time, "adopted", request: request.id)
    }
    guard known.submission == nil, !known.wasAnswered, known.kept == nil,
      known.request.deployment != request.deployment
    else { return }
    try database.execute(
      sql: "UPDATE request SET deployment = ?, statusURL = ?, resultURL = ?, cancelURL = ? WHERE id = ?",
      arguments: [
        request.deployment.rawValue, request.statusURL?.description, request.resultURL?.description,
        request.cancelURL?.description, request.id.rawValue,
      ])
    try log(
      database, at: time, "adopted", request: request.id,
      detail: "from deployment \(request.deployment), not \(known.request.deployment)")
  }

  /// Records that the service was asked to cancel a run, and what came of it. It changes no state: only the
  /// run's own end tells whether it was canceled.
  public func recordCancel(of id: RequestID, _ answer: String) throws(KeepError) {
    let time = now()
    try write { database in
      guard try Self.record(database, id) != nil else { return }
      let key = try Self.submissionKey(database, id)
      try Self.log(database, at: time, "cancel_requested", key: key, request: id, detail: answer)
    }
  }

  /// Forgets a run that was taken in by mistake: one that the service does not know. One of ours, and one that
  /// anything is recorded of, stays.
  public func disown(_ id: RequestID) throws(KeepError) {
    let time = now()
    try write { database in
      try database.execute(
        sql: "DELETE FROM request WHERE id = ? AND submission IS NULL AND word IS NULL AND result IS NULL",
        arguments: [id.rawValue])
      guard database.changesCount > 0 else { return }
      try Self.log(database, at: time, "disowned", request: id)
    }
  }

  /// What is recorded of a request.
  public func record(of id: RequestID) throws(KeepError) -> RequestRecord? {
    try read { try Self.record($0, id) }
  }

  /// Records what a status call said, where it says something new.
  public func recordStatus(_ status: RequestStatus, of id: RequestID) throws(KeepError) {
    let time = now()
    try write { database in
      let old = try String.fetchOne(
        database, sql: "SELECT word FROM request WHERE id = ?", arguments: [id.rawValue])
      try database.execute(
        sql: "UPDATE request SET word = ?, queuePosition = ? WHERE id = ?",
        arguments: [status.word, status.queuePosition, id.rawValue])
      guard old?.utf8.elementsEqual(status.word.utf8) != true else { return }
      let key = try Self.submissionKey(database, id)
      try Self.log(database, at: time, "status", key: key, request: id, detail: status.word)
    }
  }

  /// Records the result of a finished run.
  public func recordFinished(_ result: RunResult, of id: RequestID) throws(KeepError) {
    let time = now()
    try write { database in
      try database.execute(
        sql: """
          UPDATE request SET word = ?, verdict = ?, result = ?, startedAt = ?, finishedAt = ?,
            queuePosition = NULL WHERE id = ?
          """,
        arguments: [
          result.word, result.verdict.rawValue, Blob(result.raw),
          result.createdAt?.milliseconds, result.finishedAt?.milliseconds, id.rawValue,
        ])
      guard let key = try Self.movedSubmission(database, id) else {
        return try Self.log(database, at: time, "finished", request: id, detail: result.word)
      }
      try Self.move(
        database, key, from: [.submitted, .finished, .expired], to: .finished, at: time,
        request: id)
    }
  }

  /// Records that a run is kept; `state` is one of archived, partial, failed, canceled, empty. One that was found to be
  /// deleted and is kept after all was finished.
  ///
  /// - Parameters:
  ///   - outputs: The checksums of the files in the bundle that the run put out.
  ///   - lost: The bundle that was kept before and is gone, where this one is made in its place.
  ///   - bound: The place in a store that it is to be put to.
  public func recordKept(
    _ kept: KeptRun, as state: SubmissionState, reason: String? = nil, outputs: [Checksum] = [],
    insteadOf lost: KeptRun? = nil, bound: StoredBundle? = nil
  ) throws(KeepError) {
    let time = now()
    let notExpired = "was called expired, and is there after all"
    try write { database in
      for output in outputs {
        try database.execute(
          sql: "INSERT OR IGNORE INTO output (request, checksum) VALUES (?, ?)",
          arguments: [kept.request.rawValue, output.hexadecimal])
      }
      if let lost {
        let key = try Self.submissionKey(database, kept.request)
        let bytes = lost.checksum == kept.checksum ? "the same bytes" : "other bytes than \(lost.checksum)"
        try Self.log(database, at: time, "restored", key: key, request: kept.request, detail: bytes)
      }
      try database.execute(
        sql: """
          UPDATE request SET bundle = ?, bundleChecksum = ?, outputs = ?, archivedAt = ? WHERE id = ?
          """,
        arguments: [
          Blob(kept.bundle), kept.checksum.hexadecimal, kept.outputs, time.milliseconds,
          kept.request.rawValue,
        ])
      if let bound { try Self.bind(database, bound, of: kept.request, at: time) }
      guard let key = try Self.movedSubmission(database, kept.request) else {
        if try Self.lastState(database, kept.request) == .expired {
          try Self.log(database, at: time, "finished", request: kept.request, detail: notExpired)
        }
        return try Self.log(database, at: time, state.rawValue, request: kept.request)
      }
      if try Self.state(database, key) == .expired {
        try Self.move(
          database, key, from: [.expired], to: .finished, at: time, request: kept.request, reason: notExpired)
      }
      try Self.move(
        database, key, from: [.submitted, .finished, .archived, .partial, .failed, .canceled, .empty],
        to: state, at: time, request: kept.request, reason: reason)
    }
  }

  /// Records that the service has deleted a run that was not kept.
  public func recordExpired(_ id: RequestID) throws(KeepError) {
    let time = now()
    try write { database in
      guard let key = try Self.movedSubmission(database, id) else {
        return try Self.log(database, at: time, "expired", request: id)
      }
      try Self.move(
        database, key, from: [.submitted, .finished, .expired], to: .expired, at: time, request: id)
    }
  }

  /// Whether bytes are known as what a kept run of a deployment put out, and never as what went into one.
  public func isOutput(_ checksum: Checksum, of deployment: DeploymentID) throws(KeepError) -> Bool {
    try read { database in
      try Int.fetchOne(
        database,
        sql: """
          SELECT 1 FROM output JOIN request ON request.id = output.request
          WHERE output.checksum = ? AND request.deployment = ?
            AND NOT EXISTS (
              SELECT 1 FROM asset WHERE coalesce(asset.original, asset.checksum) = output.checksum) LIMIT 1
          """,
        arguments: [checksum.hexadecimal, deployment.rawValue]) != nil
    }
  }

  /// Whether a submission that is not kept yet needs the bytes of an asset.
  public func needsInput(_ checksum: Checksum) throws(KeepError) -> Bool {
    try read { database in
      try Int.fetchOne(
        database,
        sql: """
          SELECT 1 FROM asset JOIN submission ON submission.key = asset.submission
          WHERE asset.checksum = ? AND submission.state IN
            ('claimed', 'submitting', 'inDoubt', 'submitted', 'finished') LIMIT 1
          """,
        arguments: [checksum.hexadecimal]) != nil
    }
  }
}

extension Ledger {
  static func insert(
    _ database: Database, _ request: Request, submission: SubmissionKey?, at time: Timestamp
  ) throws {
    try database.execute(
      sql: """
        INSERT INTO request (id, deployment, submission, statusURL, resultURL, cancelURL, submittedAt)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        request.id.rawValue, request.deployment.rawValue, submission?.rawValue,
        request.statusURL?.description, request.resultURL?.description,
        request.cancelURL?.description, time.milliseconds,
      ])
  }

  static func submissionKey(_ database: Database, _ id: RequestID) throws -> SubmissionKey? {
    try String.fetchOne(
      database, sql: "SELECT submission FROM request WHERE id = ?", arguments: [id.rawValue]
    ).map { SubmissionKey($0) }
  }

  /// The submission whose state follows a request: its own, unless a later run of it was made or begun.
  private static func movedSubmission(
    _ database: Database, _ id: RequestID
  ) throws -> SubmissionKey? {
    guard let key = try submissionKey(database, id),
      try latestRequest(database, key)?.request.id == id,
      let state = try state(database, key)
    else { return nil }
    let isBegunAnew = [.claimed, .submitting, .inDoubt, .rejected, .abandoned].contains(state)
    return isBegunAnew ? nil : key
  }

  static func record(_ database: Database, _ id: RequestID) throws -> RequestRecord? {
    try Row.fetchOne(
      database, sql: "SELECT * FROM request WHERE id = ?", arguments: [id.rawValue]
    ).map { try record(database, $0) }
  }

  static func latestRequest(_ database: Database, _ key: SubmissionKey) throws -> RequestRecord? {
    try latestRequestRow(database, key).map { try record(database, $0) }
  }

  /// The request that was recorded last, by the order of events: clocks jump.
  static func latestRequestRow(_ database: Database, _ key: SubmissionKey) throws -> Row? {
    try Row.fetchOne(
      database,
      sql: """
        SELECT * FROM request WHERE submission = ?
        ORDER BY (SELECT max(event.id) FROM event
          WHERE event.request = request.id AND event.name = 'submitted') DESC LIMIT 1
        """,
      arguments: [key.rawValue])
  }

  /// The last state that a request's events name.
  static func lastState(_ database: Database, _ id: RequestID) throws -> SubmissionState? {
    try String.fetchOne(
      database,
      sql: """
        SELECT name FROM event WHERE request = ? AND name IN
          ('finished', 'archived', 'partial', 'failed', 'canceled', 'empty', 'expired')
        ORDER BY id DESC LIMIT 1
        """,
      arguments: [id.rawValue]
    ).flatMap(SubmissionState.init)
  }

  private static func record(_ database: Database, _ row: Row) throws -> RequestRecord {
    func url(_ column: String) -> HTTPURL? { (row[column] as String?).flatMap { HTTPURL($0) } }
    let submission: String? = row["submission"]
    let result: Blob? = row["result"]
    let word: String? = row["word"]
    let kept = try kept(database, row)
    return RequestRecord(
      request: Request(
        id: RequestID(row["id"]), deployment: DeploymentID(row["deployment"]),
        statusURL: url("statusURL"), resultURL: url("resultURL"), cancelURL: url("cancelURL")),
      submission: submission.map { SubmissionKey($0) }, result: result?.bytes,
      submittedAt: Timestamp(milliseconds: row["submittedAt"]), kept: kept,
      keptAs: kept == nil ? nil : try lastState(database, RequestID(row["id"])),
      wasAnswered: word != nil || result != nil,
      wasNamed: try wasNamed(database, RequestID(row["id"]), submission))
  }

  private static func wasNamed(
    _ database: Database, _ id: RequestID, _ submission: String?
  ) throws -> Bool {
    try Int.fetchOne(
      database, sql: "SELECT 1 FROM event WHERE request = ? AND submission = ? AND name = 'named' LIMIT 1",
      arguments: [id.rawValue, submission]) != nil
  }

  static func kept(_ database: Database, _ row: Row) throws -> KeptRun? {
    guard let bundle: Blob = row["bundle"], let checksum: String = row["bundleChecksum"],
      let checksum = Checksum(hexadecimal: checksum)
    else { return nil }
    let request = RequestID(row["id"])
    return KeptRun(
      request: request, bundle: bundle.path, checksum: checksum, outputs: row["outputs"] ?? 0,
      stores: try stores(database, of: request))
  }
}
