internal import GRDB
internal import KeepModel

/// Fills a new ledger with what could be read of a damaged one and what bundles prove. Every row passes the guards of the
/// new one: each submission begins as claimed and goes the allowed way to where it stood.
///
/// What may have cost money is never taken for unsent: a submission that was being sent, or of which the damage leaves
/// open whether it was, is in doubt.
struct LedgerRebuild {
  let database: Database
  let salvage: LedgerSalvage
  let runs: [ProvenRun]
  let time: Timestamp
  private(set) var report = LedgerRebuildReport()
  /// The requests that the damaged ledger told of.
  private var known: Set<String> = []

  init(_ database: Database, _ salvage: LedgerSalvage, _ runs: [ProvenRun], at time: Timestamp) {
    self.database = database
    self.salvage = salvage
    self.runs = runs
    self.time = time
    report.notes = salvage.losses
  }

  /// Fills the tables, parents first.
  mutating func fill() throws {
    for table in [LedgerTable.workflow, .batch] { copy(table) }
    for row in salvage.rows[.submission] ?? [] { insertSubmission(row) }
    copy(.asset)
    for row in salvage.rows[.request] ?? [] { insertRequest(row) }
    insertUnreadRequests()
    known = Set(try String.fetchAll(database, sql: "SELECT id FROM request"))
    insertUnreadSubmissions()
    for table in [LedgerTable.event, .output, .stored, .upload, .hint] { copy(table) }
    for run in runs { try insert(run) }
    try settle()
    try count()
  }

  // MARK: - Rows as they lay there

  /// Inserts a row; one that the guards refuse is told and left out.
  @discardableResult
  private mutating func insert(_ row: LedgerRow, changing changes: [String: LedgerRow.Value] = [:]) -> Bool {
    var columns = row.columns
    for index in columns.indices {
      columns[index].value = changes[columns[index].name] ?? columns[index].value
    }
    let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    do {
      try database.execute(
        sql: "INSERT OR IGNORE INTO \"\(row.table)\" (\(names)) VALUES (\(marks))",
        arguments: StatementArguments(columns.map(\.value.databaseValue)))
      return database.changesCount > 0
    } catch {
      let reason = (error as? DatabaseError)?.message ?? "\(error)"
      report.notes.append("a row of the table \(row.table) makes no sense and was left out: \(reason)")
      return false
    }
  }

  private mutating func copy(_ table: LedgerTable) {
    // In the order of their keys, so that the same file gives the same ledger.
    for row in LedgerRebuild.sorted(salvage.rows[table] ?? [], by: table) { insertIfWhole(row, table) }
  }

  private static func sorted(_ rows: [LedgerRow], by table: LedgerTable) -> [LedgerRow] {
    guard table == .event else { return rows }
    return rows.sorted { $0.integer("id") ?? 0 < $1.integer("id") ?? 0 }
  }

  private mutating func insertIfWhole(_ row: LedgerRow, _ table: LedgerTable) {
    switch table {
    case .workflow:
      guard let bytes = row.bytes("document"), let document = try? JSONDocument(parsing: bytes).value,
        (try? Workflow(document: document))?.checksum.hexadecimal == row.text("checksum")
      else { return }
    case .asset, .hint: guard isThere("submission", "key", row.text("submission")) else { return }
    case .output, .stored: guard isThere("request", "id", row.text("request")) else { return }
    case .event: guard row.text("name").map({ $0.utf8.allSatisfy { $0 > 0x20 } }) == true else { return }
    case .batch, .upload, .submission, .request: break
    }
    insert(row)
  }

  private func isThere(_ table: String, _ column: String, _ value: String?) -> Bool {
    guard let value else { return false }
    let found = try? Int.fetchOne(
      database, sql: "SELECT 1 FROM \"\(table)\" WHERE \"\(column)\" = ?", arguments: [value])
    return found ?? nil != nil
  }

  private mutating func insertSubmission(_ row: LedgerRow) {
    guard let key = row.text("key"), Checksum(hexadecimal: key) != nil,
      row.text("state").flatMap(SubmissionState.init) != nil
    else {
      report.notes.append("a submission makes no sense and was left out")
      return
    }
    var changes: [String: LedgerRow.Value] = ["state": .text("claimed")]
    if !isThere("workflow", "checksum", row.text("workflow")) { changes["workflow"] = .null }
    if !isThere("batch", "id", row.text("batch")) { changes["batch"] = .null }
    insert(row, changing: changes)
  }

  private mutating func insertRequest(_ row: LedgerRow) {
    let id = row.text("id") ?? ""
    if let owner = row.text("submission"), !isThere("submission", "key", owner) {
      insertStub(owner, deployment: row.text("deployment"))
    }
    let owner = row.text("submission")
    insert(row, changing: isThere("submission", "key", owner) ? [:] : ["submission": .null])
    if row.text("submission") == nil, let told = salvage.owners[id], isThere("submission", "key", told) {
      report.notes.append("request \(id) may be the run of submission \(told.prefix(12))")
    }
  }

  /// Requests whose rows cannot be read, and which an index or the events tell of.
  private mutating func insertUnreadRequests() {
    for (id, owner) in salvage.owners.sorted(by: { $0.key < $1.key }) where !isThere("request", "id", id) {
      guard !salvage.wasTakenAway(id), isThere("submission", "key", owner),
        let deployment = try? String.fetchOne(
          database, sql: "SELECT deployment FROM submission WHERE key = ?", arguments: [owner])
      else { continue }
      insert(
        LedgerRow(
          "request",
          [
            ("id", .text(id)), ("deployment", .text(deployment)), ("submission", .text(owner)),
            ("submittedAt", .integer(salvage.submittedAt(id) ?? time.milliseconds)),
          ]))
      report.notes.append("request \(id): its row cannot be read; that it was made is known")
    }
  }

  /// Submissions whose rows cannot be read: that they were sent is what counts.
  private mutating func insertUnreadSubmissions() {
    let sent = ["submitting", "inDoubt", "submitted", "finished"]
    for (key, state) in salvage.states.sorted(by: { $0.key < $1.key }) where sent.contains(state) {
      guard !isThere("submission", "key", key) else { continue }
      insertStub(key, deployment: nil)
    }
  }

  /// A submission of which only the key is known: it is not sent again.
  private mutating func insertStub(_ key: String, deployment: String?) {
    guard Checksum(hexadecimal: key) != nil else { return }
    let isInserted = insert(
      LedgerRow(
        "submission",
        [
          ("key", .text(key)), ("deployment", .text(deployment ?? "unknown")), ("mode", .text("overrides")),
          ("overrides", .bytes(Array("[]".utf8))), ("state", .text("claimed")),
          ("createdAt", .integer(time.milliseconds)), ("updatedAt", .integer(time.milliseconds)),
        ]))
    if isInserted {
      report.notes.append("submission \(key.prefix(12)): what was sent is not known any more")
    }
  }

  // MARK: - What bundles prove

  private mutating func insert(_ run: ProvenRun) throws {
    let id = run.request.id.rawValue
    if let key = run.key, !isThere("submission", "key", key.rawValue) {
      if let submission = run.submission {
        try Ledger.claim(
          database, submission, usesCoreKey: run.usedCoreKey, batch: nil, at: run.createdAt ?? time)
      } else {
        insertStub(key.rawValue, deployment: run.request.deployment.rawValue)
      }
    }
    if !isThere("request", "id", id) {
      try Ledger.insert(
        database, run.request, submission: run.key, at: run.createdAt ?? run.finishedAt ?? run.archivedAt)
    }
    try database.execute(
      sql: """
        UPDATE request SET word = coalesce(word, ?), verdict = coalesce(verdict, ?),
          result = coalesce(result, ?), startedAt = coalesce(startedAt, ?),
          finishedAt = coalesce(finishedAt, ?), bundle = ?, bundleChecksum = ?, outputs = ?,
          archivedAt = coalesce(archivedAt, ?), submission = coalesce(submission, ?) WHERE id = ?
        """,
      arguments: [
        run.word, run.verdict.rawValue, run.result.map(Blob.init), run.createdAt?.milliseconds,
        run.finishedAt?.milliseconds, Blob(run.kept.bundle), run.kept.checksum.hexadecimal,
        run.kept.outputs, run.archivedAt.milliseconds, run.key?.rawValue, id,
      ])
    for output in run.outputs {
      try database.execute(
        sql: "INSERT OR IGNORE INTO output (request, checksum) VALUES (?, ?)",
        arguments: [id, output.hexadecimal])
    }
    if try Ledger.lastState(database, run.request.id) != run.state {
      try Ledger.log(
        database, at: run.archivedAt, run.state.rawValue, request: run.request.id,
        detail: "rebuilt from its bundle")
    }
  }
}

// MARK: - Where each submission stands

extension LedgerRebuild {
  /// Moves every submission to where it stood, along the allowed ways.
  private mutating func settle() throws {
    let rows = Dictionary(
      (salvage.rows[.submission] ?? []).compactMap { row in row.text("key").map { ($0, row) } },
      uniquingKeysWith: { first, _ in first })
    for key in try String.fetchAll(database, sql: "SELECT key FROM submission ORDER BY key") {
      let word = rows[key]?.text("state") ?? salvage.states[key]
      let told = word.flatMap(SubmissionState.init)
      let (state, reason) = try standing(key, told)
      for step in LedgerPath.steps(to: state) {
        try database.execute(
          sql: "UPDATE submission SET state = ? WHERE key = ?", arguments: [step.rawValue, key])
      }
      let why = reason ?? rows[key]?.text("reason")
      try database.execute(
        sql: "UPDATE submission SET reason = ? WHERE key = ?", arguments: [why, key])
      try tell(SubmissionKey(key), state, reason)
    }
  }

  /// The state that a submission is given, with why where it is not the one that it had.
  private func standing(
    _ key: String, _ told: SubmissionState?
  ) throws -> (SubmissionState, reason: String?) {
    let isSent = isThere("request", "submission", key)
    let isKept = try keptRequest(key) != nil
    let open = try openRequest(key)
    switch told {
    case .submitting?, .inDoubt?:
      return (.inDoubt, "the ledger was damaged: whether it was taken is not known")
    case .rejected?, .abandoned?: return told.map { ($0, nil) } ?? (.claimed, nil)
    case .submitted?, .finished?:
      if let open, known.contains(open) { return (told == .finished ? .finished : .submitted, nil) }
      return isKept
        ? (try keptState(key), "its bundle is there") : (.inDoubt, "its request could not be read any more")
    case .expired? where isSent: return (.expired, nil)
    case .archived?, .partial?, .failed?, .canceled?, .empty?:
      if isKept { return (try keptState(key), nil) }
      return isSent
        ? (.submitted, "its bundle is not known any more")
        : (.inDoubt, "its request could not be read any more")
    case .claimed?, .expired?, nil:
      if isKept, try told != .claimed || !known.contains(keptRequest(key) ?? "") {
        return (try keptState(key), "its bundle is there")
      }
      if open != nil, told != .claimed { return (.submitted, "only its request could be read") }
      return salvage.isStale || told == nil
        ? (.inDoubt, "the ledger was damaged: whether it was sent is not known") : (.claimed, nil)
    }
  }

  /// The request of a submission that was kept last.
  private func keptRequest(_ key: String) throws -> String? {
    try String.fetchOne(
      database,
      sql: """
        SELECT id FROM request WHERE submission = ? AND bundle IS NOT NULL
        ORDER BY archivedAt DESC, submittedAt DESC, id LIMIT 1
        """, arguments: [key])
  }

  /// The request of a submission that was made last and is not kept.
  private func openRequest(_ key: String) throws -> String? {
    try String.fetchOne(
      database,
      sql: """
        SELECT id FROM request WHERE submission = ? AND bundle IS NULL
        ORDER BY (SELECT max(event.id) FROM event WHERE event.request = request.id AND name = 'submitted') DESC,
          submittedAt DESC, id LIMIT 1
        """, arguments: [key])
  }

  private func keptState(_ key: String) throws -> SubmissionState {
    guard let id = try keptRequest(key) else { return .archived }
    return try Ledger.lastState(database, RequestID(id)).flatMap { state in
      LedgerSchema.kept.contains(state.rawValue) ? state : nil
    } ?? .archived
  }

  /// Adds to the story what leads to the state; the request that the state is about counts as the latest one.
  private func tell(_ key: SubmissionKey, _ state: SubmissionState, _ reason: String?) throws {
    let id =
      switch state {
      case .claimed, .submitting, .inDoubt, .rejected, .abandoned: String?.none
      case .submitted, .finished, .expired: try openRequest(key.rawValue) ?? keptRequest(key.rawValue)
      case .archived, .partial, .failed, .canceled, .empty: try keptRequest(key.rawValue)
      }
    let request = id.map { RequestID($0) }
    let detail = reason.map { "rebuilt: \($0)" } ?? "rebuilt"
    if request != nil, state != .submitted {
      try Ledger.log(database, at: time, "submitted", key: key, request: request, detail: "rebuilt")
    }
    try Ledger.log(database, at: time, state.rawValue, key: key, request: request, detail: detail)
  }

  private mutating func count() throws {
    func count(_ sql: String) throws -> Int {
      try Int.fetchOne(database, sql: "SELECT count(*) FROM \(sql)") ?? 0
    }
    report.submissions = try count("submission")
    report.requests = try count("request")
    report.kept = try count("request WHERE bundle IS NOT NULL")
    report.open = try count(
      "request WHERE bundle IS NULL AND (submission IS NULL OR submission IN "
        + "(SELECT key FROM submission WHERE state IN ('submitted', 'finished')))")
    report.inDoubt = try count("submission WHERE state = 'inDoubt'")
    report.fromBundles = runs.count { !known.contains($0.request.id.rawValue) }
  }
}

extension LedgerSalvage {
  /// Whether a request was taken away from its submission again, since the service does not know it.
  fileprivate func wasTakenAway(_ id: String) -> Bool {
    let events = (rows[.event] ?? []).filter { $0.text("request") == id }
    let last = events.max { $0.integer("id") ?? 0 < $1.integer("id") ?? 0 }
    return last?.text("name") == "inDoubt" || last?.text("name") == "disowned"
  }

  fileprivate func submittedAt(_ id: String) -> Int64? {
    (rows[.event] ?? []).filter { $0.text("request") == id }.compactMap { $0.integer("at") }.min()
  }
}
