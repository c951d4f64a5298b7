import KeepLedger
public import KeepModel

/// Keeps everything that is finished and not kept yet, nearest deadline first: what this archive submitted, and what it
/// was told of.
public struct ArchiveSweep: Sendable {
  private let pipeline: Pipeline

  /// A sweep of the pipeline's archive.
  public init(_ pipeline: Pipeline) { self.pipeline = pipeline }

  /// Looks once at every run that is not kept, and keeps those that have ended. What another process is at is left to
  /// it.
  ///
  /// - Returns: What became of each that was looked at, in the order of their deadlines.
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func once() async throws(KeepError) -> [SubmissionOutcome] {
    var configuration = pipeline.configuration
    configuration.maximumWait = .zero
    let once = pipeline.configured(configuration)
    pipeline.clearExport()
    await settleDoubts()
    let requests = try await pipeline.archive.openRuns().compactMap(\.request)
    let labels = try await pipeline.ledger.inputNames(of: requests.map(\.id))
    return await withTaskGroup(of: (Int, SubmissionOutcome?).self) { group in
      var outcomes: [Int: SubmissionOutcome] = [:]
      for (index, request) in requests.enumerated() {
        if index >= RunLanes.followers, let (ended, outcome) = await group.next() {
          outcomes[ended] = outcome
        }
        let label = labels[request.id]
        group.addTask { (index, await once.archive(request, index: index, label: label, waits: false)) }
      }
      for await (index, outcome) in group { outcomes[index] = outcome }
      return requests.indices.compactMap { outcomes[$0] }
    }
  }

  /// Follows every run that is not kept, and keeps each once it has ended, until a person wants to stop; looks for new
  /// ones, and again for those that could not be kept, every so often.
  ///
  /// - Parameters:
  ///   - interval: How long between two looks into the ledger.
  ///   - onRound: Called after each look, such as to put into the archive's store what waits for it.
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func run(
    every interval: Duration, onRound: @escaping @Sendable () async -> Void = {}
  ) async throws(KeepError) {
    pipeline.clearExport()
    do {
      try await withThrowingTaskGroup(of: RequestID?.self) { group in
        var followed: Set<RequestID> = []
        var number = 0
        while !pipeline.interruption.isRaised, !Task.isCancelled {
          let requests = try await pipeline.archive.openRuns().compactMap(\.request)
          let room = max(0, RunLanes.followers - followed.count)
          let fresh = requests.filter { !followed.contains($0.id) }.prefix(room)
          followed.formUnion(fresh.map(\.id))
          let labels = try await pipeline.ledger.inputNames(of: fresh.map(\.id))
          for request in fresh {
            let index = number
            number += 1
            let label = labels[request.id]
            group.addTask {
              _ = await pipeline.archive(request, index: index, label: label, waits: false)
              return request.id
            }
          }
          await settleDoubts()
          await onRound()
          group.addTask {
            await pause(interval)
            return nil
          }
          // The pause is over once a member of the group ends without a request.
          while let ended = try await group.next(), let id = ended { followed.remove(id) }
        }
        try await group.waitForAll()
      }
    } catch {
      throw .foreign(error)
    }
  }

  /// Settles what is in doubt and webhooks told of; what cannot be checked now is left to the next round.
  private func settleDoubts() async {
    // A ledger that cannot be used says so where it is read next.
    try? await pipeline.settler.settleAll { key, error in
      let note = "what a webhook said cannot be checked yet: \(error.reason)"
      await pipeline.report(
        PipelineEvent(index: -1, label: String(key.rawValue.prefix(12)), change: .note(note)))
    }
  }

  /// Waits, unless a person wants to stop or a webhook brings news.
  private func pause(_ interval: Duration) async {
    let clock = pipeline.clock
    let hints = pipeline.hearing?.hints
    _ = try? await pipeline.interruption.orValue {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { try? await clock.sleep(for: interval) }
        if let hints { group.addTask { await hints.nextNews() } }
        await group.next()
        group.cancelAll()
      }
      return true
    }
  }
}

extension [SubmissionOutcome] {
  /// The exit status of a sweep: what goes on running, and the end of what failed, was canceled or came to nothing,
  /// once its record is kept, are no failures of a sweep; what was lost or could not be kept is.
  public var sweepStatus: Int32 {
    if contains(where: { $0.error?.code == .interrupted }) { return KeepError.Code.interrupted.exitStatus }
    let troubles = filter { outcome in
      switch outcome.state {
      case .failed, .canceled, .empty: outcome.storeError != nil
      case .unfinished: outcome.error?.code != .unfinished
      default: outcome.exitStatus != 0
      }
    }
    if troubles.contains(where: { $0.state == .expired }) { return KeepError.Code.expired.exitStatus }
    return troubles.exitStatus
  }
}
