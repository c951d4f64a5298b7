import KeepFiles
public import KeepModel
public import SystemPackage

extension Pipeline {
  /// Checks a plan against what a person allows to be spent and what the archive knows, before anything is sent.
  ///
  /// A run that is kept is run again, since that is what was asked for; one that is under way is followed, one in doubt
  /// stays so, and what the same command made before it was stopped is not made again.
  ///
  /// - Returns: What becomes of each run; `nil` for a refused one.
  /// - Throws: ``KeepError`` with `ledger_unusable`; `usage` for more runs or bytes than the wish allows; `local_io`
  ///   when nothing can be exported.
  public func ready(_ plan: RerunPlan, for wish: RerunWish) async throws(KeepError) -> [RunOutlook?] {
    let outlooks = try await plan.outlooks(in: archive)
    try plan.runs.check(wish.changes.budget, outlooks, uploaded: await archive.uploads())
    if let folder = configuration.exportFolder { try Exporter(to: folder).prepare() }
    return outlooks
  }

  /// Takes the files out of the bundles and every run as far as it goes; outcomes come back in the bundles' order,
  /// each with its bundle for input.
  ///
  /// - Throws: ``KeepError`` with `ledger_unusable`, also where another process runs bundles again in this archive;
  ///   `local_io`: nothing was sent then.
  ///
  /// - Parameter repeatsKept: Whether a run whose bundle is kept is made again; else only one that came to nothing, and
  ///   whose latest run is still that of the bundle.
  public func rerun(
    _ plan: RerunPlan, repeatsKept: Bool = true
  ) async throws(KeepError) -> [SubmissionOutcome] {
    let outcomes = try await archive.turns.alone("rerun", patience: .none) { () async throws(KeepError) in
      try await rerunAlone(plan, repeatsKept: repeatsKept)
    }
    guard let outcomes else { throw .rerunElsewhere(archive.layout.root) }
    return outcomes
  }

  private func rerunAlone(
    _ plan: RerunPlan, repeatsKept: Bool
  ) async throws(KeepError) -> [SubmissionOutcome] {
    let mark = RerunMark(of: plan, in: archive.layout)
    let known = try await archive.submissions()
    var pipeline = self
    pipeline.configuration.repeatsKept = repeatsKept
    if !repeatsKept {
      pipeline.configuration.repeatsEnded = true
      pipeline.configuration.seen = plan.latest
    }
    let spared = try mark.ended(among: known)
    pipeline.configuration.spared = spared
    try mark.begin(known)
    let givenUp = spared.filter { known[$0]?.state == .abandoned }
    let outcomes = await pipeline.run(extracted(plan, except: givenUp))
    // What cannot be cleared away is in nobody's way: it is checked before it is used.
    try? archive.layout.removeExtracted()
    let areOver = zip(plan.runs.runs, outcomes).allSatisfy { run, outcome in
      run.key.map { givenUp.contains($0) } == true || outcome.isOver
    }
    if areOver { mark.end() }
    return zip(outcomes, plan.bundles).map { outcome, bundle in outcome.about(bundle) }
  }

  /// The runs of a plan, once their files lie where they are to be read; those whose files could not be had are
  /// refused, as are those that a person gave up.
  private func extracted(_ plan: RerunPlan, except givenUp: Set<SubmissionKey>) -> [BatchItem] {
    try? archive.layout.removeExtracted()
    return zip(plan.runs.runs, plan.extractions).map { run, extractions in
      do throws(KeepError) {
        if let key = run.key, givenUp.contains(key) { throw .givenUp(key) }
        if !extractions.isEmpty { try Folder.make(archive.layout.extracted, isPrivate: true) }
        for extraction in extractions { try extraction.extract() }
        return run.item
      } catch {
        return BatchItem(label: run.item.label, inputs: run.item.inputs, submission: .failure(error))
      }
    }
  }
}

extension RerunPlan {
  /// The request of each submission's bundle.
  fileprivate var latest: [SubmissionKey: RequestID] {
    zip(runs.runs, requests).reduce(into: [:]) { latest, pair in
      if let key = pair.0.key { latest[key] = pair.1 }
    }
  }

  /// What would become of each run in an archive, which is only looked at; `nil` for a refused one.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`, `local_io`.
  public func outlooks(in archive: Archive?) async throws(KeepError) -> [RunOutlook?] {
    let again = try await runs.outlooks(in: archive, repeatsEnded: true, repeatsKept: true)
    guard let archive else { return again }
    let spared = try RerunMark(of: self, in: archive.layout).ended(among: await archive.submissions())
    guard !spared.isEmpty else { return again }
    let once = try await runs.outlooks(in: archive)
    return runs.runs.indices.map { index in
      runs.runs[index].key.map { spared.contains($0) } == true ? once[index] : again[index]
    }
  }
}

extension SubmissionOutcome {
  /// This outcome with the bundle that was run again for its input, in place of what was taken out of it.
  fileprivate func about(_ bundle: FilePath) -> SubmissionOutcome {
    var outcome = self
    outcome.inputs = [bundle]
    return outcome
  }

  /// Whether the same command would have nothing left to do for it. What was refused may not be the next time.
  fileprivate var isOver: Bool { ![.unfinished, .inDoubt, .rejected].contains(state) }
}

extension PipelineEvent {
  /// This event of a rerun, whose input is the bundle.
  public func about(_ bundles: [FilePath]) -> PipelineEvent {
    guard case .ended(let outcome) = change, bundles.indices.contains(index) else { return self }
    return PipelineEvent(index: index, label: label, change: .ended(outcome.about(bundles[index])))
  }
}

extension KeepError {
  fileprivate static func rerunElsewhere(_ archive: FilePath) -> KeepError {
    KeepError(
      .ledgerUnusable, .path(archive), "another process runs bundles again in this archive",
      hint: "wait until it is done, or stop it")
  }

  fileprivate static func givenUp(_ key: SubmissionKey) -> KeepError {
    KeepError(
      .unfinished, .submission(key),
      "was given up while it was in doubt, and is not submitted again by itself",
      hint: "once all else of this command is done, the same command submits it again, which costs a run")
  }
}
