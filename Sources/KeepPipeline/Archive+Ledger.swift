import KeepLedger
public import KeepModel
import KeepSubmit
import KeepTransport

extension Archive {
  /// A person's word on a submission in doubt.
  public enum Resolution: Sendable {
    /// The service made this request of it.
    case request(RequestID)
    /// The service did not take it; it may be submitted again.
    case resubmit
    /// It shall not run.
    case abandon
  }

  /// Every submission and adopted request, oldest first.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func entries() async throws(KeepError) -> [LedgerEntry] { try await ledger.entries() }

  /// Every run that the service may still have and that is not kept, those in doubt among them; the one whose time
  /// ends first comes first.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func openRuns() async throws(KeepError) -> [OpenRun] { try await ledger.openRuns() }

  /// The batch that was begun last.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func latestBatch() async throws(KeepError) -> BatchID? { try await ledger.latestBatch() }

  /// The requests of a batch that are not kept; `last` names the batch that was begun last.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`, and `usage` for a batch that is not known.
  public func openRequests(ofBatch name: String) async throws(KeepError) -> [Request] {
    let latest = name == "last" ? try await ledger.latestBatch() : nil
    return try await ledger.openRequests(of: latest ?? BatchID(name))
  }

  /// What was put into the node inputs of an entry's run, by node and input: values as JSON, drawn seeds as they were
  /// drawn; files by their paths and addresses without a signature are among its inputs.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func values(of entry: LedgerEntry) async throws(KeepError) -> [(input: NodeInput, value: JSONValue)]
  {
    guard let key = entry.key, let stored = try await ledger.submission(key)?.0 else { return [] }
    return stored.overrides.sorted.compactMap { input, value in
      switch value {
      case .json(let json): (input, json)
      case .randomSeed(let seed, _): (input, .integer(seed))
      case .asset: nil
      }
    }
  }

  /// The errors that the service gave for an entry's run, in full; none where it did not fail, or nothing is recorded.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func failures(of entry: LedgerEntry) async throws(KeepError) -> [RunFailure] {
    guard let id = entry.request, let bytes = try await ledger.record(of: id)?.result else { return [] }
    return RunAnswer.result(ServiceAnswer(BufferedResponse(status: 200, body: bytes)))?.failures ?? []
  }

  /// Every asset that was uploaded, oldest first.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func uploads() async throws(KeepError) -> [UploadRecord] { try await ledger.uploads() }

  /// What happened to an entry, oldest first.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func events(of entry: LedgerEntry) async throws(KeepError) -> [LedgerEvent] {
    try await ledger.events(key: entry.key, request: entry.request)
  }

  /// The one entry with a request id, or with a key that starts so.
  ///
  /// - Throws: ``KeepError`` with code `usage` when none or several fit.
  public func entry(named name: String) async throws(KeepError) -> LedgerEntry {
    let entries = try await entries()
    if let entry = entries.first(where: { $0.request == RequestID(name) }) { return entry }
    // An earlier run of a submission that was run again.
    let record = try await ledger.record(of: RequestID(name))
    if let key = record?.submission, let entry = entries.first(where: { $0.key == key }) { return entry }
    guard let entry = try Self.entry(keyed: name, among: entries) else {
      throw KeepError(
        .usage, .option(name), "the ledger knows no such request or submission",
        hint: "comfykeep list shows what it knows; four digits of a key are enough")
    }
    return entry
  }

  /// The one submission whose key starts with at least four digits.
  ///
  /// - Throws: ``KeepError`` with code `usage` when several do.
  static func entry(
    keyed digits: String, among entries: [LedgerEntry]
  ) throws(KeepError) -> LedgerEntry? {
    guard digits.utf8.count >= 4 else { return nil }
    let fitting = entries.filter {
      $0.key?.rawValue.utf8.starts(with: digits.lowercased().utf8) == true
    }
    guard fitting.count <= 1 else {
      throw KeepError(
        .usage, .option(digits), "is the beginning of \(fitting.count) submissions' keys",
        hint: "give more digits")
    }
    return fitting.first
  }

  /// Writes down that the service was asked to cancel a run. It adds to the run's story and changes no state, so
  /// it needs no lock; the cancel stands whether or not it can be written down.
  func recordCancel(of id: RequestID, _ answer: String) async {
    try? await ledger.recordCancel(of: id, answer)
  }

  /// Settles a submission in doubt by a person's word; sends nothing.
  ///
  /// - Throws: ``KeepError`` with `usage` when it is unknown or not in doubt, or the request is known as another
  ///   run; `ledger_unusable`.
  public func resolve(
    _ name: String, _ resolution: Resolution
  ) async throws(KeepError) -> LedgerEntry {
    let entry = try await entry(named: name)
    guard entry.state == .inDoubt, let key = entry.key else {
      throw KeepError(.usage, .option(name), "is \(entry.state.word), not in doubt")
    }
    switch resolution {
    case .resubmit: try await ledger.settle(key, resubmit: true)
    case .abandon: try await ledger.settle(key, resubmit: false)
    case .request(let id):
      try await ledger.recordNamed(
        Request(id: try RequestNaming.checked(id), deployment: entry.deployment), for: key)
    }
    if let stored = try await ledger.submission(key) {
      for asset in stored.0.overrides.assets.map(\.asset) {
        try await turns.alone("asset \(asset.checksum)") { () async throws(KeepError) in
          guard try await !ledger.needsInput(asset.checksum) else { return }
          try KeptInputs(layout.inputs).discard(asset.checksum)
        }
      }
    }
    return try await self.entry(named: key.rawValue)
  }
}
