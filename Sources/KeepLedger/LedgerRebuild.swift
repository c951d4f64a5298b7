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
  /// The deployments of submissions, as their runs tell them.
  private var deployments: [String: String] = [:]

  init(_ database: Database, _ salvage: LedgerSalvage, _ runs: [ProvenRun], at time: Timestamp) {
    self.database = database
    self.salvage = salvage
    self.runs = runs
    self.time = time
    report.notes = salvage.losses
    for row in salvage.rows[.request] ?? [] {
      guard let owner = row.text("submission") ?? salvage.owners[row.text("id") ?? ""] else { continue }
      deployments[owner] = row.text("deployment")
    }
    for run in runs {
      if let key = run.key { deployments[key.rawValue] = run.request.deployment.rawValue }
    }
  }

  /// Fills the tables, parents first.
  mutating func fill() throws {
    for table in [LedgerTable.workflow, .batch] { copy(table) }
    for row in salvage.rows[.submission] ?? [] { insertSubmission(row) }
    try insertUnreadSubmissions()
    copy(.asset)
    for row in salvage.rows[.request] ?? [] { insertRequest(row) }
    insertUnreadRequests()
    known = Set(try String.fetchAll(database, sql: "SELECT id FROM request"))
    for table in [
      LedgerTable.event, .output, .stored, .upload, .hint, .arrival, .arrivalRun, .watchFolder, .watchDay,
      .watchPause,
    ] {
      copy(table)
    }
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
    case .arrivalRun:
      guard isThere("arrival", "id", row.integer("arrival").map(String.init)) else { return }
    case .batch, .upload, .submission, .request, .arrival, .watchFolder, .watchDay, .watchPause: break
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
    var owner = row.text("submission")
    if owner.map({ Checksum(hexadecimal: $0) == nil }) == true { owner = salvage.owners[id] }
    if let owner, !isThere("submission", "key", owner) { insertStub(owner) }
    let isOwned = isThere("submission", "key", owner)
    insert(row, changing: ["submission": isOwned ? owner.map { .text($0) } ?? .null : .null])
    if row.text("submission") == nil, let told = salvage.owners[id], isThere("submission", "key", told) {
      report.notes.append("request \(id) may be the run of submission \(told.prefix(12))")
    }
  }

  /// Requests whose rows cannot be read, and which an index or the events tell of. One whose deployment is not known
  /// belongs to no submission, so that a person may still say where it ran.
  private mutating func insertUnreadRequests() {
    for (id, owner) in salvage.owners.sorted(by: { $0.key < $1.key }) where !isThere("request", "id", id) {
      guard !salvage.wasTakenAway(id), isThere("submission", "key", owner) else { continue }
      let stored = try? String.fetchOne(
        database, sql: "SELECT deployment FROM submission WHERE key = ?", arguments: [owner])
      let deployment = stored ?? Self.unknown
      let isOwned = deployment != Self.unknown
      insert(
        LedgerRow(
          "request",
          [
            ("id", .text(id)), ("deployment", .text(deployment)),
            ("submission", isOwned ? .text(owner) : .null),
            ("submittedAt", .integer(salvage.submittedAt(id) ?? time.milliseconds)),
          ]))
      report.notes.append(
        isOwned
          ? "request \(id): its row cannot be read; that it was made is known"
          : "request \(id): its row cannot be read; that it was made for submission \(owner.prefix(12)) is known, and "
            + "not on which deployment: comfykeep archive \(id) --deployment ID keeps it")
    }
  }

  /// Submissions whose rows cannot be read: that they may have been sent is what counts. One that was certainly not sent
  /// is as good as new.
  private mutating func insertUnreadSubmissions() throws {
    let unsent = salvage.isStale ? [] : ["claimed", "rejected"]
    let proven = Dictionary(
      runs.compactMap { run in run.key.map { ($0.rawValue, run) } }, uniquingKeysWith: { first, _ in first })
    let told = salvage.states.filter { !unsent.contains($0.value) }.keys
    for key in Set(told).union(salvage.owners.values).union(salvage.sentSubmissions).sorted() {
      guard !isThere("submission", "key", key) else { continue }
      if let run = proven[key], run.submission != nil { try claim(run) } else { insertStub(key) }
    }
  }

  /// Where nothing tells which deployment a submission is for.
  private static let unknown = "unknown"

  /// The deployment of a submission whose row cannot be read: its runs tell, and where there is only one, that is it.
  private func deployment(of key: String) -> String {
    if let told = deployments[key] { return told }
    let rows = (salvage.rows[.request] ?? []) + (salvage.rows[.submission] ?? [])
    let all = Set(rows.compactMap { $0.text("deployment") } + runs.map(\.request.deployment.rawValue))
    return all.count == 1 ? all.first ?? Self.unknown : Self.unknown
  }

  /// A submission of which only the key is known: it is not sent again.
  private mutating func insertStub(_ key: String) {
    guard Checksum(hexadecimal: key) != nil else { return }
    let isInserted = insert(
      LedgerRow(
        "submission",
        [
          ("key", .text(key)), ("deployment", .text(deployment(of: key))), ("mode", .text("overrides")),
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
      if run.submission != nil { try claim(run) } else { insertStub(key.rawValue) }
    }
    // Of one that only its id is known of, its bundle tells where it ran.
    try database.execute(
      sql: "UPDATE request SET deployment = ? WHERE id = ? AND deployment = ? AND submission IS NULL",
      arguments: [run.request.deployment.rawValue, id, Self.unknown])
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

extension LedgerRebuild {
  /// Claims what a bundle tells was submitted.
  private func claim(_ run: ProvenRun) throws {
    guard let submission = run.submission else { return }
    try Ledger.claim(
      database, submission, usesCoreKey: run.usedCoreKey, batch: nil, at: run.createdAt ?? time)
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
  ///
  /// Where changes of the ledger are lost, a later run may be among them, of whatever came to nothing: only what is kept
  /// with what it gave, and a request that is there, still speak for themselves.
  private func standing(
    _ key: String, _ told: SubmissionState?
  ) throws -> (SubmissionState, reason: String?) {
    let place = try placed(key, told)
    guard salvage.isStale else { return place }
    switch place.0 {
    case .submitted, .finished, .archived, .partial, .submitting, .inDoubt: return place
    case .claimed, .rejected, .abandoned, .expired, .failed, .canceled, .empty:
      return (.inDoubt, "changes of the ledger are lost: whether it was sent since is not known")
    }
  }

  /// Where a submission stands by what is told of it.
  private func placed(
    _ key: String, _ told: SubmissionState?
  ) throws -> (SubmissionState, reason: String?) {
    let (kept, open) = (try keptRequest(key), try openRequest(key))
    let lost = (SubmissionState.inDoubt, "its request could not be read any more")
    switch told {
    case .submitting?, .inDoubt?:
      return (.inDoubt, "the ledger was damaged: whether it was taken is not known")
    case .rejected?: return (.rejected, nil)
    case .abandoned?: return (.abandoned, nil)
    case .submitted?, .finished?:
      if open != nil { return (told == .finished ? .finished : .submitted, nil) }
      // One that the damaged ledger said to be kept was kept before, and is not the one that is open.
      guard let kept, !salvage.wasKept(kept) else { return lost }
      return (try keptState(key), "its bundle is there")
    case .expired?:
      if open != nil { return (.expired, nil) }
      guard let kept, !salvage.wasKept(kept) else { return lost }
      return (try keptState(key), "its bundle is there")
    case .archived?, .partial?, .failed?, .canceled?, .empty?:
      if kept != nil { return (try keptState(key), nil) }
      return open != nil ? (.submitted, "its bundle is not known any more") : lost
    case .claimed?:
      guard let kept, !known.contains(kept) else { return (.claimed, nil) }
      return (try keptState(key), "its bundle is there")
    case nil:
      if open != nil { return (.submitted, "only its request could be read") }
      if kept != nil { return (try keptState(key), "its bundle is there") }
      return (.inDoubt, "the ledger was damaged: whether it was sent is not known")
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
