internal import GRDB
internal import KeepModel
internal import SystemPackage

/// How submissions and assets lie in their tables.
extension Ledger {
  static func state(_ database: Database, _ key: SubmissionKey) throws -> SubmissionState? {
    try String.fetchOne(
      database, sql: "SELECT state FROM submission WHERE key = ?", arguments: [key.rawValue]
    ).flatMap(SubmissionState.init)
  }

  static func reason(_ database: Database, _ key: SubmissionKey) throws -> String? {
    try String.fetchOne(
      database, sql: "SELECT reason FROM submission WHERE key = ?", arguments: [key.rawValue])
  }

  /// The earlier run of a submission that is kept with what it gave, where a later one was refused, was never sent or
  /// came to nothing; `nil` where the state speaks for itself.
  static func standing(
    _ database: Database, _ key: SubmissionKey, _ state: SubmissionState
  ) throws -> (SubmissionState, KeptRun)? {
    switch state {
    case .submitting, .inDoubt, .submitted, .finished, .archived, .partial: return nil
    case .claimed, .rejected, .failed, .canceled, .empty, .abandoned, .expired: break
    }
    let rows = try Row.fetchAll(
      database,
      sql: "SELECT * FROM request WHERE submission = ? AND bundle IS NOT NULL ORDER BY archivedAt DESC, id",
      arguments: [key.rawValue])
    for row in rows {
      guard let kept = try kept(database, row) else { continue }
      switch try lastState(database, kept.request) {
      case .archived?: return (.archived, kept)
      case .partial?: return (.partial, kept)
      default: continue
      }
    }
    return nil
  }

  /// Moves a submission on; a state that it cannot come from is a fault of the program or the file.
  static func move(
    _ database: Database, _ key: SubmissionKey, from: Set<SubmissionState>,
    to state: SubmissionState, at time: Timestamp, request: RequestID? = nil, reason: String? = nil
  ) throws {
    let current = try Self.state(database, key)
    guard let current, from.contains(current) else {
      throw KeepError(
        .ledgerUnusable, .submission(key),
        "is \(current?.rawValue ?? "unknown") and cannot become \(state.rawValue)")
    }
    try database.execute(
      sql: "UPDATE submission SET state = ?, reason = ?, updatedAt = ? WHERE key = ?",
      arguments: [state.rawValue, reason, time.milliseconds, key.rawValue])
    try log(database, at: time, state.rawValue, key: key, request: request, detail: reason)
  }

  /// Claims a submission, new or again, with the values and file paths of today.
  static func claim(
    _ database: Database, _ submission: Submission, usesCoreKey: Bool, batch: BatchID?,
    holding options: BundleOptions? = nil, at time: Timestamp
  ) throws {
    let key = submission.key
    if let batch {
      try database.execute(
        sql: "INSERT OR IGNORE INTO batch (id, begunAt) VALUES (?, ?)",
        arguments: [batch.rawValue, time.milliseconds])
    }
    if let workflow = submission.workflow {
      try database.execute(
        sql: "INSERT OR IGNORE INTO workflow (checksum, document) VALUES (?, ?)",
        arguments: [
          workflow.checksum.hexadecimal, Blob(CanonicalJSON.compact(workflow.document)),
        ])
    }
    try database.execute(
      sql: """
        INSERT INTO submission
          (key, deployment, mode, overrides, workflow, usedCoreKey, batch, includesInputs, includesTemporary,
            allowsPartial, state, createdAt, updatedAt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'claimed', ?, ?)
        ON CONFLICT (key) DO UPDATE SET overrides = excluded.overrides,
          workflow = excluded.workflow, usedCoreKey = excluded.usedCoreKey, batch = excluded.batch,
          includesInputs = excluded.includesInputs, includesTemporary = excluded.includesTemporary,
          allowsPartial = excluded.allowsPartial, state = excluded.state,
          reason = NULL, updatedAt = excluded.updatedAt
        """,
      arguments: [
        key.rawValue, submission.deployment.rawValue,
        submission.mode == .overrides ? "overrides" : "inlineWorkflow",
        Blob(SubmissionCoding.encode(submission.overrides)),
        submission.workflow?.checksum.hexadecimal, usesCoreKey, batch?.rawValue,
        options?.includesInputs, options?.includesTemporary, options?.allowsPartial, time.milliseconds,
        time.milliseconds,
      ])
    try database.execute(sql: "DELETE FROM asset WHERE submission = ?", arguments: [key.rawValue])
    try insertAssets(database, submission)
    try log(database, at: time, "claimed", key: key)
  }

  private static func insertAssets(_ database: Database, _ submission: Submission) throws {
    for (input, asset) in submission.overrides.assets {
      try database.execute(
        sql: """
          INSERT INTO asset
            (submission, node, input, path, size, checksum, mediaType, width, height, original)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          submission.key.rawValue, input.node.rawValue, input.name.rawValue, Blob(asset.path),
          Int64(asset.size.bytes), asset.checksum.hexadecimal, asset.mediaType.rawValue,
          asset.dimensions?.width, asset.dimensions?.height, asset.original?.hexadecimal,
        ])
    }
  }

  static func submission(_ database: Database, _ row: Row) throws -> Submission {
    let key: String = row["key"]
    let stored: Blob = row["overrides"]
    let assets = try assets(database, SubmissionKey(key))
    guard let overrides = SubmissionCoding.decode(stored.bytes, assets: assets) else {
      throw KeepError(.ledgerUnusable, .submission(SubmissionKey(key)), "its overrides cannot be read")
    }
    let mode: String = row["mode"]
    return Submission(
      deployment: DeploymentID(row["deployment"]),
      mode: mode == "overrides" ? .overrides : .inlineWorkflow,
      workflow: try workflow(database, row["workflow"]), overrides: overrides)
  }

  private static func workflow(_ database: Database, _ checksum: String?) throws -> Workflow? {
    guard let checksum,
      let bytes = try Blob.fetchOne(
        database, sql: "SELECT document FROM workflow WHERE checksum = ?", arguments: [checksum])
    else { return nil }
    return try Workflow(document: JSONDocument(parsing: bytes.bytes).value)
  }

  private static func assets(
    _ database: Database, _ key: SubmissionKey
  ) throws -> [NodeInput: Asset] {
    var assets: [NodeInput: Asset] = [:]
    let rows = try Row.fetchAll(
      database, sql: "SELECT * FROM asset WHERE submission = ?", arguments: [key.rawValue])
    for row in rows {
      let input = NodeInput(node: NodeID(row["node"]), name: InputName(row["input"]))
      guard let checksum = Checksum(hexadecimal: row["checksum"]) else { continue }
      let width: Int? = row["width"]
      let height: Int? = row["height"]
      let size: Int64 = row["size"]
      let original: String? = row["original"]
      assets[input] = Asset(
        path: (row["path"] as Blob).path, size: ByteCount(UInt64(size)), checksum: checksum,
        mediaType: MediaType(row["mediaType"]),
        dimensions: width.flatMap { width in height.map { PixelSize(width: width, height: $0) } },
        original: original.flatMap(Checksum.init(hexadecimal:)))
    }
    return assets
  }
}
