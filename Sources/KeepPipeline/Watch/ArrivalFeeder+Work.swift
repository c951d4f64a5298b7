import KeepFiles
import KeepInput
import KeepLedger
import KeepModel
import SystemPackage

/// One arrival's turn: from the file to what became of its runs.
extension ArrivalFeeder {
  /// How often a file is put back whose upload fails.
  private static let uploadTries = 5

  /// Has the runs of an arrival made, and records what became of them.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  @concurrent func work(_ arrival: Arrival, _ known: ArrivalRecipe?) async throws(KeepError) {
    var recipe = known
    if recipe == nil { recipe = try await prepared(for: arrival) }
    guard let recipe else {
      return try await postpone(arrival, "its recipe cannot be used just now", counts: false)
    }
    guard let asset = try await asset(of: arrival, recipe) else { return }
    let runs: [PlannedRun]
    do throws(KeepError) {
      let filter = try GlobFilter(
        includes: recipe.wish.wish.includes, excludes: recipe.wish.wish.excludes)
      if let reason = filter.reasonToSkip(arrival.path) {
        return try await end(arrival, .skipped, reason, stays: true)
      }
      runs = try recipe.wish.runs(of: asset)
    } catch {
      return try await end(arrival, error.code == .inputRejected ? .skipped : .failed, error.description)
    }
    if let refused = runs.first?.failure, runs.allSatisfy({ $0.failure != nil }) {
      return try await end(arrival, .failed, refused.description)
    }
    let deployment = recipe.wish.deployment
    if try await ledger.isOutput(asset.original ?? asset.checksum, of: deployment) {
      return try await end(arrival, .skipped, "is an output of the deployment itself", stays: true)
    }
    guard let begun = try await begin(arrival, runs, deployment) else { return }
    CrashPoint.arrivalBegun.pass()
    let outcomes = await outcomes(of: arrival, runs, recipe)
    try await judge(arrival, runs, outcomes, begun)
  }

  /// The file of an arrival as it was taken; `nil` where it is another by now, which is recorded.
  private func asset(of arrival: Arrival, _ recipe: ArrivalRecipe) async throws(KeepError) -> Asset? {
    let place = arrival.place
    guard let state = FileState(ofFileAt: place), state.isSameContent(as: arrival.stamp) else {
      return try await lost(arrival, place)
    }
    // The recipe may have changed since it was read: one with something left out is not the file as it is.
    let read = desk.takeAsset(of: arrival.id)
    if let read, !recipe.wish.wish.stripsMetadata, read.path == place, read.original == nil { return read }
    do throws(KeepError) {
      let reader = try FileReader(place, code: .inputRejected)
      return try recipe.wish.reader.read(reader, since: state.stamp)
    } catch {
      guard FileState(ofFileAt: place)?.isSameContent(as: arrival.stamp) == true else {
        return try await lost(arrival, place)
      }
      if error.code == .interrupted || error.code == .localIO {
        try await postpone(arrival, error.reason)
      } else {
        try await end(arrival, .failed, error.description)
      }
      return nil
    }
  }

  /// A file that was taken away or replaced before its turn. Its runs, if there are any, are kept all the same.
  private func lost(_ arrival: Arrival, _ place: FilePath) async throws(KeepError) -> Asset? {
    guard Folder.isFolder(arrival.folder) else {
      try await postpone(arrival, "its folder cannot be looked at just now", counts: false)
      return nil
    }
    let isThere = FileReader.exists(place)
    let states = try await ledger.states(of: arrival.submissions)
    if !arrival.submissions.isEmpty, states.count == arrival.submissions.count {
      try await endFromLedger(arrival, states, "its file is gone")
    } else {
      try await end(
        arrival, .gone, isThere ? "was replaced before its turn" : "was taken away before its turn")
    }
    if isThere { desk.lookAgain(at: place) }
    return nil
  }

  /// What became of an arrival whose file is gone, by what the ledger knows of its runs; the sweep keeps what is open.
  private func endFromLedger(
    _ arrival: Arrival, _ states: [SubmissionKey: SubmissionState], _ why: String
  ) async throws(KeepError) {
    if states.values.allSatisfy({ $0 == .archived || $0 == .partial }) {
      return try await end(arrival, .done)
    }
    if states.values.contains(where: { $0 == .submitting || $0 == .inDoubt }) {
      return try await end(
        arrival, .inDoubt, "the service may have taken it; comfykeep list --state in_doubt")
    }
    if states.values.contains(where: { $0 == .submitted || $0 == .finished }) {
      return try await end(
        arrival, .failed, "\(why), and its run goes on; the sweep keeps what comes of it")
    }
    let word = states.values.first { $0 != .archived && $0 != .partial }?.word ?? "ended"
    try await end(arrival, .failed, "\(why), and its run ended as \(word)")
  }

  // MARK: - Whether it is run

  /// What was begun for an arrival.
  private struct Begun {
    let deployment: DeploymentID
    let day: String
    /// How many of its runs are new ones, and the bytes of those.
    let fresh: Int
    let sending: ByteCount
  }

  /// Records what is run for an arrival; `nil` where nothing is, which is recorded.
  private func begin(
    _ arrival: Arrival, _ runs: [PlannedRun], _ deployment: DeploymentID
  ) async throws(KeepError) -> Begun? {
    let keys = runs.compactMap(\.key)
    let states = try await ledger.states(of: keys)
    let repeats = arrival.isRepeated && arrival.state == .waiting
    let fresh = keys.filter { RunStanding(states[$0], repeatsEnded: repeats) == .submit }
    let isOwn = !arrival.submissions.isEmpty && Set(arrival.submissions) == Set(keys)
    if !arrival.submissions.isEmpty, !isOwn, !repeats, try await isRunOtherwise(arrival) { return nil }
    if let most = setting.maximumRunsPerDay, Set(fresh).count > most {
      try await end(
        arrival, .failed, "makes \(Set(fresh).count) runs, and no more than \(most) are allowed in a day")
      return nil
    }
    if fresh.isEmpty, !isOwn, let key = keys.first {
      try await standAlready(arrival, keys, states, key)
      return nil
    }
    let begun = Begun(
      deployment: deployment, day: base.now().day, fresh: Set(fresh).count, sending: Self.sending(runs, fresh)
    )
    // What was stopped before it was sent counts already.
    let counted = isOwn && arrival.state == .running ? 0 : begun.fresh
    let outcome = try await ledger.beginArrival(
      arrival.id, keys, sending: begun.sending, fresh: counted, day: begun.day,
      limit: (setting.maximumRunsPerDay, setting.maximumBytesPerDay), among: setting.folders)
    switch outcome {
    case .begun: return begun
    case .taken(let other):
      try await postpone(arrival, Self.sameAs(other) + ", which is under way", counts: false)
      return nil
    case .beyondLimit:
      try await wait(arrival)
      return nil
    }
  }

  /// Whether an arrival has a run by a recipe that changed since: that one was paid for, and no other is made.
  private func isRunOtherwise(_ arrival: Arrival) async throws(KeepError) -> Bool {
    let own = try await ledger.states(of: arrival.submissions)
    let standing = own.values.map { RunStanding($0) }
    if standing.contains(.underWay) {
      try await postpone(arrival, "its run by the recipe as it was goes on", wasSent: true)
    } else if standing.contains(where: { $0 != .submit }) {
      try await endFromLedger(arrival, own, "its recipe changed since")
    } else {
      return false
    }
    return true
  }

  /// How many bytes the requests and uploads of some runs have.
  private static func sending(_ runs: [PlannedRun], _ keys: [SubmissionKey]) -> ByteCount {
    let runs = runs.filter { run in run.key.map { keys.contains($0) } == true }
    return ByteCount(
      runs.reduce(UInt64(0)) { sum, run in
        sum + (run.bodySize?.bytes ?? 0)
          + run.placements.filter { $0.way == .upload }.reduce(0) { $0 + ($1.asset?.size.bytes ?? 0) }
      })
  }

  /// Leaves an arrival to the next day.
  private func wait(_ arrival: Arrival) async throws(KeepError) {
    let error = KeepError(
      .unfinished, .none, "the daily limit is reached", hint: "what waits goes on after midnight UTC")
    if holds.hold(error, since: base.now(), until: elapsed() + .seconds(60)) {
      await tell(
        .warning("nothing is submitted: the daily limit is reached; the rest waits for tomorrow", about: nil))
    }
    try await ledger.endArrival(arrival.id, .waiting, reason: error.reason)
  }

  private static func sameAs(_ other: Arrival) -> String {
    "the same bytes with the same recipe as \(other.path.string)"
  }

  /// Says why nothing is run for a file whose submissions are known.
  private func standAlready(
    _ arrival: Arrival, _ keys: [SubmissionKey], _ states: [SubmissionKey: SubmissionState],
    _ key: SubmissionKey
  ) async throws(KeepError) {
    let other = try await ledger.arrival(with: key, besides: arrival.id)
    let same =
      other.map(Self.sameAs) ?? "was submitted before"
    let standing = keys.map { RunStanding(states[$0]) }
    let trouble = standing.first { $0 == .ended || $0 == .inDoubt }
    switch trouble {
    case .ended?:
      let word = states.values.first { RunStanding($0) == .ended }?.word ?? "ended"
      try await ledger.recordSubmissions(keys, of: arrival.id)
      try await end(arrival, .failed, "\(same), which ended as \(word); comfykeep retry takes it again")
    case .inDoubt?:
      try await end(arrival, .skipped, "\(same), of which it is in doubt whether it was submitted")
    default:
      let isUnderWay = standing.contains(.underWay)
      try await end(
        arrival, .skipped,
        "\(same), \(other == nil ? "and" : "which") is \(isUnderWay ? "under way" : "kept")")
    }
  }

  // MARK: - Runs

  private func outcomes(
    of arrival: Arrival, _ runs: [PlannedRun], _ recipe: ArrivalRecipe
  ) async -> [SubmissionOutcome] {
    let beside = setting.exportsBeside ? arrival.place.removingLastComponent() : nil
    var pipeline = recipe.recipe.pipeline(base, export: beside)
    // A stop may have come between the wish for another run and its submit: then the wish is told, not guessed.
    if arrival.isRepeated, arrival.state == .waiting {
      var configuration = pipeline.configuration
      configuration.repeatsEnded = true
      pipeline = await pipeline.configured(configuration).seeing(runs.compactMap(\.key))
    }
    let name = arrival.path.string
    let halt = holds.halt
    return await withTaskGroup(of: SubmissionOutcome?.self) { [pipeline] group in
      var seen: Set<SubmissionKey> = []
      for run in runs {
        guard case .success(let submission) = run.item.submission, seen.insert(submission.key).inserted else {
          continue
        }
        let words =
          run.item.label.split(separator: " [", maxSplits: 1).dropFirst().first.map { " [\($0)" } ?? ""
        group.addTask {
          await pipeline.run(
            submission, index: WatchBoard.index(of: arrival), label: name + words, halt: halt, waits: true)
        }
      }
      return await group.reduce(into: []) { outcomes, outcome in if let outcome { outcomes.append(outcome) } }
    }
  }

  /// Records what became of the runs of an arrival.
  private func judge(
    _ arrival: Arrival, _ runs: [PlannedRun], _ outcomes: [SubmissionOutcome], _ begun: Begun
  ) async throws(KeepError) {
    if let unusable = outcomes.compactMap(\.error).first(where: { $0.code == .ledgerUnusable }) {
      throw unusable
    }
    let outputs = outcomes.reduce(0) { $0 + $1.outputs }
    if outcomes.contains(where: { $0.isKept }) { holds.succeed(begun.deployment) }
    if let doubt = outcomes.first(where: { $0.state == .inDoubt }) {
      return try await end(arrival, .inDoubt, doubt.error?.inFull ?? "in doubt", outputs: outputs)
    }
    if let open = outcomes.first(where: \.isOpen) {
      let isUnsent = outcomes.allSatisfy { $0.request == nil }
      let unsent = isUnsent ? Ledger.Unsent(day: begun.day, runs: begun.fresh, bytes: begun.sending) : nil
      return try await goOnLater(arrival, open, begun.deployment, unsent)
    }
    if let failed = outcomes.first(where: { $0.state != .archived && $0.state != .partial }) {
      let reason = failed.error?.description ?? failed.state.rawValue
      return try await end(arrival, .failed, reason, outputs: outputs)
    }
    if let refused = runs.compactMap(\.failure).first {
      return try await end(arrival, .failed, "some of its runs: \(refused.description)", outputs: outputs)
    }
    let note = outcomes.first { $0.aside == .notExported }?.error?.description
    let kept = outcomes.compactMap(\.bundle).reduce(UInt64(0)) { $0 + (FileStamp(of: $1)?.size ?? 0) }
    try await end(arrival, .done, note, outputs: outputs, kept: ByteCount(kept))
  }

  /// Leaves an arrival to a later turn, by what kept its run from coming to an end.
  private func goOnLater(
    _ arrival: Arrival, _ outcome: SubmissionOutcome, _ deployment: DeploymentID, _ unsent: Ledger.Unsent?
  ) async throws(KeepError) {
    let error = outcome.error ?? KeepError(.unfinished, .none, "is not finished")
    // It is under way in the ledger, and the next start goes on with it.
    guard error.code != .interrupted, !base.interruption.isRaised else { return }
    let wasSent = unsent == nil
    if error.code == .uploadFailed, tries(of: arrival) >= Self.uploadTries {
      return try await end(arrival, .failed, error.description)
    }
    if !wasSent, error.code == .localIO {
      if holds.hold(error, since: base.now(), until: elapsed() + .seconds(60)) {
        await tell(.warning("nothing is submitted: \(error.inFull)", about: nil))
      }
    } else if !wasSent, error.code != .uploadFailed, error.code != .unfinished {
      if holds.learn(error, from: deployment, since: base.now(), at: elapsed()) {
        await tell(.warning("nothing is submitted to \(deployment): \(error.inFull)", about: nil))
      }
    }
    try await postpone(
      arrival, error.reason, counts: wasSent || error.code == .uploadFailed, wasSent: wasSent, unsent: unsent)
  }
}

extension SubmissionOutcome {
  /// Whether it did not come to an end that a person has to look at.
  fileprivate var isOpen: Bool {
    switch state {
    case .unfinished:
      guard aside != .abandoned else { return false }
      switch error?.code {
      case .interrupted?, .unavailable?, .tokenRefused?, .deploymentUnusable?, .localIO?, .uploadFailed?,
        .unfinished?,
        nil:
        return true
      // Others of the deployment failed alike, and this one was held back for that.
      case .remoteFailed?: return error?.delivery == .notDelivered
      default: return false
      }
    // The service refused it for a reason that is not of this run, or the upload target could not be reached.
    case .rejected:
      switch error?.code {
      case .tokenRefused?, .deploymentUnusable?, .uploadFailed?, .unavailable?: return true
      default: return false
      }
    default: return false
    }
  }
}

extension KeepError {
  /// What happened, and what can be done.
  var inFull: String { hint.map { "\(description) (\($0))" } ?? description }
}
