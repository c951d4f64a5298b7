import KeepArchive
import KeepFiles
import KeepLedger
import KeepModel
import KeepSubmit
import SystemPackage

extension Run {
  /// Downloads, bundles, verifies, publishes and records; then tidies up.
  ///
  /// - Parameter lost: The bundle that was kept before and is gone, where it is to be made again.
  func keep(
    _ request: Request, _ result: RunResult, _ base: SubmissionOutcome, insteadOf lost: LostBundle? = nil
  ) async throws -> SubmissionOutcome {
    let stored: (submission: Submission, usedCoreKey: Bool)? =
      if let key = base.key { try await ledger.submission(key).map { ($0.0, $0.usedCoreKey) } } else { nil }
    let earlier = try await ledger.knownBundleOptions(of: base.key)
    let wish = pipeline.configuration.bundleOptions(else: earlier)
    let record = record(
      request, result, stored?.submission, usedCoreKey: stored?.usedCoreKey ?? false, holding: wish)
    let folder = try await folder(for: record)
    if lost == nil, let standing = try standing(record, in: folder, isComplete: true, base) {
      return try await kept(standing.published, record, base, checksums: standing.outputs)
    }
    let spool = pipeline.archive.layout.spool(request.id)
    let (outputs, unlisted) = try await retrieve(request, result, record, spool)
    let allowsPartial = wish.allowsPartial || lost?.state == .partial
    if !allowsPartial, try await isPastRetention(request),
      let error = KeepError.lastPart(request, outputs, retention: pipeline.configuration.retention)
    {
      return base.ending(.unfinished, error)
    }
    let bundle: (published: PublishedBundle, checksums: [Checksum])
    do {
      bundle = try self.bundle(
        record, outputs, in: folder, allowsPartial: allowsPartial, insteadOf: lost, base)
    } catch let error as KeepError where !unlisted.isEmpty && error.code != .localIO {
      throw error.hinting(atHosts: unlisted)
    }
    return try await kept(
      bundle.published, record, base, checksums: bundle.checksums,
      spooled: bundle.published.wasThere ? [] : outputs, insteadOf: lost?.kept)
  }

  /// The bundle with the checksums of the files in it: made now, or the one that has its name already.
  private func bundle(
    _ record: RunRecord, _ outputs: [RetrievedOutput], in folder: FilePath, allowsPartial: Bool,
    insteadOf lost: LostBundle?, _ base: SubmissionOutcome
  ) throws -> (published: PublishedBundle, checksums: [Checksum]) {
    do {
      let published = try publish(
        record, outputs, into: folder, allowsPartial: allowsPartial, insteadOf: lost)
      return (published, outputs.compactMap(\.checksum))
    } catch {
      guard error.code == .bundleExists, lost == nil else { throw error }
      let isComplete = outputs.allSatisfy { !$0.isMissing }
      let standing = try standing(record, in: folder, isComplete: isComplete, base)
      guard let standing else { throw error }
      return (standing.published, standing.outputs)
    }
  }

  /// Records a bundle that is there; then exports its outputs and tidies up.
  ///
  /// - Parameter outputs: Those that still lie in the spool.
  private func kept(
    _ published: PublishedBundle, _ record: RunRecord, _ base: SubmissionOutcome, checksums: [Checksum],
    spooled outputs: [RetrievedOutput] = [], insteadOf lost: KeptRun? = nil
  ) async throws -> SubmissionOutcome {
    let outcome = try await self.record(published, record, base, checksums: checksums, insteadOf: lost)
    let ended = exported(outcome) { () throws(KeepError) in
      guard let folder = pipeline.configuration.exportFolder else { return }
      try Exporter(to: folder, outputs: outputs).export(published.path)
    }
    CrashPoint.exported.pass()
    do {
      try Folder.removeSpool(pipeline.archive.layout.spool(record.request))
    } catch { await tell(.note("it is kept, but \(error)")) }
    CrashPoint.spoolRemoved.pass()
    if let submission = record.submission { await discardInputs(of: submission) }
    CrashPoint.inputsDiscarded.pass()
    return ended
  }

  private func record(
    _ request: Request, _ result: RunResult, _ submission: Submission?, usedCoreKey: Bool,
    holding wish: BundleOptions
  ) -> RunRecord {
    var options = Manifest.Options()
    options.temp = wish.includesTemporary ? .include : .omit
    options.inputs = wish.includesInputs ? .include : .omit
    let inputs = pipeline.inputs
    let located = submission?.overrides.assets.compactMap { entry in
      inputs.locate(entry.asset).map { (entry.asset.checksum, $0) }
    }
    return RunRecord(
      deployment: request.deployment, request: request.id, result: result, submission: submission,
      usedCoreKey: usedCoreKey,
      keptInputs: Dictionary(located ?? [], uniquingKeysWith: { first, _ in first }),
      options: options)
  }

  /// What became of every output, and the hosts that some of them lie at but may not be fetched from.
  private func retrieve(
    _ request: Request, _ result: RunResult, _ record: RunRecord, _ spool: FilePath
  ) async throws -> (outputs: [RetrievedOutput], unlistedHosts: [String]) {
    let workflow = record.submission?.workflow
    let age = try await age(of: request)
    let collected = OutputCollector.collect(result, workflow: workflow)
    for note in collected.notes { await tell(.note(note.description)) }
    let tally = DownloadTally(collected.outputs)
    let outputs = try await pipeline.downloader.retrieve(
      collected.outputs, options: record.options, into: spool, keptIn: pipeline.archive.layout.root,
      progress: { progress in if let change = tally.change(progress) { await tell(change) } },
      refresh: {
        do {
          let fresh = try await pipeline.client.result(of: request, age: age)
          return OutputCollector.collect(fresh, workflow: workflow).outputs
        } catch let error as KeepError where error.code != .expired && error.httpStatus == 404 {
          // There are no fresh URLs; what is gone stays gone for now.
          return []
        }
      })
    return (outputs, tally.unlistedHosts)
  }

  /// Where the run's bundle is to lie.
  private func folder(for record: RunRecord) async throws(KeepError) -> FilePath {
    let known = try await ledger.record(of: record.request)
    return pipeline.archive.layout.folder(
      for: record.result, stem: stem(of: record.submission),
      fallback: known?.submittedAt ?? pipeline.now())
  }

  private var receipt: Receipt {
    let api = pipeline.configuration.api
    return Receipt(
      tool: "comfykeep", version: Version.current, archivedAt: pipeline.now(),
      secrets: [api.token, api.coreAPIKey].compactMap { $0 })
  }

  /// The run's bundle, where a command wrote it and was stopped before it could record that.
  private func standing(
    _ record: RunRecord, in folder: FilePath, isComplete: Bool, _ base: SubmissionOutcome
  ) throws(KeepError) -> StandingBundle? {
    try StandingBundle.find(of: record, in: folder, isComplete: isComplete, receipt: receipt) {
      path throws(KeepError) in
      if let key = base.key, let told = ReceiptDocument(at: BundleSidecars(of: path).receipt)?.key,
        told != key
      {
        throw KeepError(.bundleExists, .path(path), "is of another submission")
      }
      return try BundleVerifier().confirm(path)
    }
  }

  private func publish(
    _ record: RunRecord, _ outputs: [RetrievedOutput], into folder: FilePath, allowsPartial: Bool,
    insteadOf lost: LostBundle?
  ) throws(KeepError) -> PublishedBundle {
    try Folder.make(folder)
    try DiskSpace.require(ByteCount(outputs.reduce(0) { $0 + $1.size }), at: folder)
    let receipt = receipt
    do {
      return try Self.write(record, outputs, folder, allowsPartial, receipt)
    } catch {
      guard let lost, error.code == .bundleExists else { throw error }
      // What still lies beside the lost bundle tells of other bytes than can be made now.
      try lost.removeSidecars()
      return try Self.write(record, outputs, folder, allowsPartial, receipt)
    }
  }

  private static func write(
    _ record: RunRecord, _ outputs: [RetrievedOutput], _ folder: FilePath, _ allowsPartial: Bool,
    _ receipt: Receipt
  ) throws(KeepError) -> PublishedBundle {
    try BundleWriter().write(
      record, outputs: outputs, into: folder, allowsPartial: allowsPartial, receipt: receipt
    ) { path throws(KeepError) in try BundleVerifier().confirm(path) }
  }

  /// The first asset's name without extension, made safe; `run` without one.
  private func stem(of submission: Submission?) -> String {
    guard let asset = submission?.overrides.assets.first?.asset else { return "run" }
    let name = PayloadName.safe(asset.filename)
    return FilePath.Component(name)?.stem ?? "run"
  }

  private func record(
    _ published: PublishedBundle, _ run: RunRecord, _ base: SubmissionOutcome,
    checksums: [Checksum], insteadOf lost: KeptRun?
  ) async throws(KeepError) -> SubmissionOutcome {
    let (result, request) = (run.result, run.request)
    let state = Self.state(result, published)
    let kept = KeptRun(
      request: request, bundle: pipeline.archive.layout.relative(published.path),
      checksum: published.checksum, outputs: published.outputs)
    let reason = result.failures.first?.message
    CrashPoint.bundlePublished.pass()
    try await ledger.recordKept(
      kept, as: SubmissionState(rawValue: state.rawValue) ?? .archived, reason: reason,
      outputs: checksums, insteadOf: lost, bound: pipeline.depositor?.bound(kept))
    CrashPoint.kept.pass()
    var outcome = base.ending(state, Self.error(state, request, result, published))
    outcome.bundle = published.path
    outcome.bundleChecksum = published.checksum
    outcome.outputs = published.outputs
    return outcome
  }

  private static func state(
    _ result: RunResult, _ published: PublishedBundle
  ) -> SubmissionOutcome.State {
    switch result.verdict {
    case .failed: .failed
    case .canceled: .canceled
    case _ where published.missing > 0: .partial
    case _ where published.outputs == 0: .empty
    default: .archived
    }
  }

  private static func error(
    _ state: SubmissionOutcome.State, _ request: RequestID, _ result: RunResult,
    _ published: PublishedBundle
  ) -> KeepError? {
    let subject = KeepError.Subject.request(request)
    return switch state {
    case .failed:
      KeepError(
        .remoteFailed, subject,
        "the run failed: \(result.failures.map(\.message).joined(separator: "; "))",
        hint: "comfykeep show \(request) tells more; its record is kept")
    case .canceled: KeepError(.remoteCanceled, subject, "the run was canceled; its record is kept")
    case .empty:
      KeepError(
        .emptyResult, subject, "the run succeeded and gave no output",
        hint: "the service may have answered from its cache; a fresh seed gives a new run")
    case .partial:
      KeepError(.partial, subject, "\(published.missing) of its outputs can no longer be had")
    default: nil
    }
  }

  /// Removes the copies of assets that no run needs any more; one that stays is told, and changes nothing.
  func discardInputs(of submission: Submission) async {
    for entry in submission.overrides.assets {
      do {
        try await pipeline.archive.turns.alone("asset \(entry.asset.checksum)") {
          () async throws(KeepError) in
          guard try await !ledger.needsInput(entry.asset.checksum) else { return }
          try pipeline.inputs.discard(entry.asset.checksum)
        }
      } catch {
        await tell(.note("a copy of \(entry.asset.filename) stays behind: \(error.reason)"))
      }
    }
  }
}

extension Ledger {
  /// What the bundle of a run is to hold, as far as the command said that submitted it.
  fileprivate func knownBundleOptions(of key: SubmissionKey?) throws(KeepError) -> BundleOptions {
    guard let key, let options = try bundleOptions(of: key) else { return BundleOptions() }
    return options
  }
}

extension Pipeline.Configuration {
  /// What bundles are to hold: as is said here, where it is, else as it was said before.
  func bundleOptions(else earlier: BundleOptions) -> BundleOptions {
    BundleOptions(
      includesInputs: includesInputs ?? earlier.includesInputs,
      includesTemporary: includesTemporary ?? earlier.includesTemporary,
      allowsPartial: allowsPartial ?? earlier.allowsPartial)
  }
}
