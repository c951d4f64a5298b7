import KeepFiles
public import KeepModel
public import SystemPackage

extension Pipeline {
  /// Checks a plan against what a person allows to be spent and what the archive knows, before anything is sent.
  ///
  /// A run that is kept is run again, since that is what was asked for; one that is under way is followed and one in
  /// doubt stays so.
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
  /// each with its bundle for input. The configuration must repeat what is kept.
  public func rerun(_ plan: RerunPlan) async -> [SubmissionOutcome] {
    let layout = archive.layout
    var items: [BatchItem] = []
    // What cannot be cleared away is in nobody's way: it is checked before it is used.
    try? layout.removeExtracted()
    for (run, extractions) in zip(plan.runs.runs, plan.extractions) {
      do throws(KeepError) {
        if !extractions.isEmpty {
          try Folder.make(layout.extracted, isPrivate: true)
          for extraction in extractions { try extraction.extract() }
        }
        items.append(run.item)
      } catch {
        items.append(
          BatchItem(label: run.item.label, inputs: run.item.inputs, submission: .failure(error)))
      }
    }
    let outcomes = await run(items)
    try? layout.removeExtracted()
    return zip(outcomes, plan.bundles).map { outcome, bundle in outcome.about(bundle) }
  }
}

extension RerunPlan {
  /// What would become of each run in an archive, which is only looked at; `nil` for a refused one.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func outlooks(in archive: Archive?) async throws(KeepError) -> [RunOutlook?] {
    try await runs.outlooks(in: archive, repeatsEnded: true, repeatsKept: true)
  }
}

extension SubmissionOutcome {
  /// This outcome with the bundle that was run again for its input, in place of what was taken out of it.
  fileprivate func about(_ bundle: FilePath) -> SubmissionOutcome {
    var outcome = self
    outcome.inputs = [bundle]
    return outcome
  }
}

extension PipelineEvent {
  /// This event of a rerun, whose input is the bundle.
  public func about(_ bundles: [FilePath]) -> PipelineEvent {
    guard case .ended(let outcome) = change, bundles.indices.contains(index) else { return self }
    return PipelineEvent(index: index, label: label, change: .ended(outcome.about(bundles[index])))
  }
}
