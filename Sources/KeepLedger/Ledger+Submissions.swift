internal import GRDB
public import KeepModel
internal import SystemPackage

extension Ledger {
  /// Claims a submission, or says how far it got before.
  ///
  /// - Parameters:
  ///   - repeatsEnded: Whether a run that failed, was canceled, came out empty, expired or was abandoned is to run
  ///     again.
  ///   - repeatsKept: Whether any run that ended, and one that is kept, is to run again. Whatever becomes of it, an
  ///     earlier one that is kept stays so: it is what later claims are told of.
  ///   - asksForLatest: Whether what became of the latest run is asked for, not of an earlier one that is kept.
  ///   - batch: The name that a fresh claim has in common with others of the same command.
  ///   - options: What the bundle of a fresh claim is to hold; `nil` where nothing is said of that.
  public func claim(
    _ submission: Submission, usesCoreKey: Bool = false, repeatsEnded: Bool = false,
    repeatsKept: Bool = false, asksForLatest: Bool = false, batch: BatchID? = nil,
    holding options: BundleOptions? = nil
  ) throws(KeepError) -> Claim {
    let key = submission.key
    let time = now()
    return try write { database in
      guard let state = try Self.state(database, key) else {
        try Self.claim(
          database, submission, usesCoreKey: usesCoreKey, batch: batch, holding: options, at: time)
        return .fresh
      }
      // A later run that came to nothing takes nothing away from an earlier one that is kept.
      if !repeatsKept, !asksForLatest, let (state, kept) = try Self.standing(database, key, state) {
        return .kept(state, kept, reason: nil)
      }
      switch state {
      case .claimed, .rejected:
        try Self.claim(
          database, submission, usesCoreKey: usesCoreKey, batch: batch, holding: options, at: time)
        return .fresh
      case .submitting, .inDoubt: return .inDoubt
      case .submitted, .finished:
        guard let record = try Self.latestRequest(database, key) else { return .inDoubt }
        return .resume(record.request)
      case .archived, .partial, .failed, .canceled, .empty, .abandoned, .expired:
        let repeats = repeatsKept || repeatsEnded && state != .archived && state != .partial
        if repeats {
          try Self.claim(
            database, submission, usesCoreKey: usesCoreKey, batch: batch, holding: options, at: time)
          return .fresh
        }
        let reason = try Self.reason(database, key)
        // What was given up, or is gone, says nothing of an earlier run that is kept.
        if state != .abandoned, state != .expired, let kept = try Self.latestRequest(database, key)?.kept {
          return .kept(state, kept, reason: reason)
        }
        return .ended(state, reason: reason)
      }
    }
  }

  /// Records, durably and before the first byte is sent, that a submit begins.
  ///
  /// - Returns: How often the submission was begun to be sent, this time included.
  @discardableResult
  public func beginSubmit(_ key: SubmissionKey) throws(KeepError) -> Int {
    let time = now()
    return try write { database in
      try Self.move(database, key, from: [.claimed], to: .submitting, at: time)
      return try Self.attempts(database, key)
    }
  }

  /// Records the URLs that the assets of a claimed submission travel by, now that they are uploaded.
  public func recordPlacement(of submission: Submission) throws(KeepError) {
    let key = submission.key
    let time = now()
    try write { database in
      guard try Self.state(database, key) == .claimed else {
        throw KeepError(
          .ledgerUnusable, .submission(key), "is not claimed, and its assets cannot travel otherwise")
      }
      try database.execute(
        sql: "UPDATE submission SET overrides = ?, updatedAt = ? WHERE key = ?",
        arguments: [Blob(SubmissionCoding.encode(submission.overrides)), time.milliseconds, key.rawValue])
      try Self.log(database, at: time, "uploaded", key: key)
    }
  }

  /// Records that the service certainly did not accept a submit; it may be tried again.
  public func releaseSubmit(_ key: SubmissionKey, reason: String) throws(KeepError) {
    try change(key, from: [.submitting], to: .claimed, reason: reason)
  }

  /// Records that whether the service accepted a submit is not known.
  public func doubt(_ key: SubmissionKey, reason: String) throws(KeepError) {
    try change(key, from: [.submitting], to: .inDoubt, reason: reason)
  }

  /// Records that a submission was refused before any run.
  public func reject(_ key: SubmissionKey, reason: String) throws(KeepError) {
    try change(key, from: [.claimed, .submitting], to: .rejected, reason: reason)
  }

  /// Records the request that the service made of a submission.
  public func recordSubmitted(_ request: Request, for key: SubmissionKey) throws(KeepError) {
    let time = now()
    try write { database in
      try Self.insert(database, request, submission: key, at: time)
      try Self.move(
        database, key, from: [.submitting, .inDoubt], to: .submitted, at: time, request: request.id)
    }
  }

  /// Records the request that a person, or a webhook that the service bore out, says the service made of a submission
  /// in doubt. One that was taken in before goes to the submission, together with all that is recorded of it.
  ///
  /// - Parameter witness: Who says so, for the events.
  /// - Throws: ``KeepError`` with code `usage` when it is known as the run of a submission, or of another
  ///   deployment.
  public func recordNamed(
    _ request: Request, for key: SubmissionKey, by witness: String = "a person"
  ) throws(KeepError) {
    let time = now()
    try write { database in
      let known = try Self.record(database, request.id)
      let end = try Self.lastState(database, request.id)
      if let known {
        try Self.give(database, known, to: key, request)
      } else {
        let begun = try Self.lastSubmit(database, key) ?? time
        try Self.insert(database, request, submission: key, at: min(begun, time))
      }
      try Self.log(database, at: time, "named", key: key, request: request.id, detail: "by \(witness)")
      try Self.move(database, key, from: [.inDoubt], to: .submitted, at: time, request: request.id)
      if known?.result != nil {
        try Self.move(database, key, from: [.submitted], to: .finished, at: time, request: request.id)
      }
      guard let end, end != .finished else { return }
      try Self.move(
        database, key, from: [.submitted, .finished], to: end, at: time, request: request.id)
    }
  }

  /// Takes a request that only a person named away from its submission, which is in doubt again: the service
  /// does not know it.
  ///
  /// - Returns: Whether it was taken away; a request that the service gave, or ever told anything of, stays.
  public func recordUnknown(_ id: RequestID) throws(KeepError) -> Bool {
    let time = now()
    return try write { database in
      guard let record = try Self.record(database, id), record.wasNamed, !record.wasAnswered,
        record.kept == nil, let key = record.submission,
        try Self.latestRequest(database, key)?.request.id == id,
        try Self.state(database, key) == .submitted
      else { return false }
      try database.execute(sql: "DELETE FROM request WHERE id = ?", arguments: [id.rawValue])
      try Self.move(
        database, key, from: [.submitted], to: .inDoubt, at: time, request: id,
        reason: "the service does not know \(id), which was named as its request")
      return true
    }
  }

  /// Gives a request that was taken in to a submission.
  private static func give(
    _ database: Database, _ known: RequestRecord, to key: SubmissionKey, _ request: Request
  ) throws {
    if let other = known.submission {
      let owner = other == key ? "this submission" : "submission \(other.rawValue.prefix(12))"
      throw KeepError(
        .usage, .request(request.id), "is known as a run of \(owner) already",
        hint: "comfykeep show \(request.id) tells of it")
    }
    guard !known.wasAnswered || known.request.deployment == request.deployment else {
      throw KeepError(
        .usage, .request(request.id),
        "ran on deployment \(known.request.deployment), and the submission is for \(request.deployment)")
    }
    try database.execute(
      sql: "UPDATE request SET submission = ?, deployment = ? WHERE id = ?",
      arguments: [key.rawValue, request.deployment.rawValue, request.id.rawValue])
  }

  /// When a submission was last begun to be sent.
  private static func lastSubmit(_ database: Database, _ key: SubmissionKey) throws -> Timestamp? {
    try Int64.fetchOne(
      database,
      sql: "SELECT at FROM event WHERE submission = ? AND name = 'submitting' ORDER BY id DESC LIMIT 1",
      arguments: [key.rawValue]
    ).map(Timestamp.init(milliseconds:))
  }

  /// Settles a submission in doubt by a person's word: it may be submitted again, or never.
  public func settle(_ key: SubmissionKey, resubmit: Bool) throws(KeepError) {
    try change(
      key, from: [.inDoubt], to: resubmit ? .claimed : .abandoned,
      reason: resubmit ? "resubmit was asked for" : "abandoned by a person")
  }

  /// The submission as it was stored, with the values that were really sent.
  public func submission(_ key: SubmissionKey) throws(KeepError) -> (Submission, usedCoreKey: Bool)? {
    try read { database in
      guard
        let row = try Row.fetchOne(
          database, sql: "SELECT * FROM submission WHERE key = ?", arguments: [key.rawValue])
      else { return nil }
      return (try Self.submission(database, row), usedCoreKey: row["usedCoreKey"])
    }
  }

  private func change(
    _ key: SubmissionKey, from: Set<SubmissionState>, to state: SubmissionState,
    reason: String? = nil
  ) throws(KeepError) {
    let time = now()
    try write { database in
      try Self.move(database, key, from: from, to: state, at: time, reason: reason)
    }
  }
}
