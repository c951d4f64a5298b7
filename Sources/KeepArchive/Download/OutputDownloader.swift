import KeepFiles
package import KeepModel
package import KeepTransport
package import SystemPackage

/// Brings the files of node outputs into a spool, many at once, each hashed in the one pass that writes it.
package struct OutputDownloader: Sendable {
  private let transport: any Transport
  private let clock: any Clock<Duration>
  private let limiter: DownloadLimiter
  private let policy: DownloadPolicy
  private let room: @Sendable (FilePath) -> ByteCount?
  private let jitter: @Sendable () -> Double

  /// A downloader.
  ///
  /// - Parameters:
  ///   - limiter: Share one between all runs that are archived together.
  ///   - room: How much can still be written at a path, `nil` where that is not known.
  ///   - jitter: A number from 0 to 1, which spreads waits.
  package init(
    transport: any Transport, clock: any Clock<Duration>, limiter: DownloadLimiter,
    policy: DownloadPolicy,
    room: @escaping @Sendable (FilePath) -> ByteCount? = { DiskSpace.available(at: $0) },
    jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) }
  ) {
    self.transport = transport
    self.clock = clock
    self.limiter = limiter
    self.policy = policy
    self.room = room
    self.jitter = jitter
  }

  /// Downloads what can be had.
  ///
  /// A file lies in the spool under its final name only when it is whole. Texts, outputs of type `input`,
  /// and temporary ones where the options say so, are not downloaded. The same URL is downloaded once.
  /// Files that an earlier call left in the spool are used again if their bytes are still the same.
  ///
  /// - Parameters:
  ///   - outputs: In the order of ``OutputCollector``: their position names them in the spool.
  ///   - spool: A folder of this run alone; made if it is not there.
  ///   - destination: Where the bundle will go, which has to fit there too; `nil` where none is made.
  ///   - refresh: Asks the service once for fresh URLs, when some are gone.
  /// - Returns: Every output in the given order, with what became of it.
  /// - Throws: ``KeepError`` with code `unavailable` when a file could not be had after retries but may be
  ///   later, `localIO` when the spool could not be written or has too little room for what is announced,
  ///   `failure` when the outputs are larger or more than the policy takes, `interrupted` when cancelled; and what
  ///   `refresh` throws, except `expired`. What is in the spool by then stays there for the next call.
  package func retrieve(
    _ outputs: [NodeOutput], options: Manifest.Options, into spool: FilePath,
    keptIn destination: FilePath? = nil,
    progress: @escaping @Sendable (DownloadProgress) async -> Void = { _ in },
    refresh: (@Sendable () async throws -> [NodeOutput])? = nil
  ) async throws -> [RetrievedOutput] {
    try Folder.make(spool, isPrivate: true)
    let spool = Spool(folder: spool)
    var plan = RetrievalPlan(outputs, options: options, policy: policy)
    try plan.check()
    for (output, note) in plan.unusable {
      await progress(DownloadProgress(output: output, event: .note(note)))
    }
    let session = Session(
      spool: spool,
      volume: SpoolVolume(spool: spool.folder, destination: destination, policy: policy, room: room),
      permits: limiter.lane(), progress: progress)
    let finished = spool.finished()
    let tasks = plan.jobs.map { Pending(job: $0, partial: PartialFile(), finished: finished[$0.name]) }
    var gone = try await transfer(tasks, session, &plan)
    if !gone.isEmpty, let refresh {
      gone = try await retry(gone, refresh, session, &plan)
    }
    for loss in gone {
      spool.remove(loss.job.name, .part)
      spool.remove(loss.job.name, .resume)
      plan.settle(loss.job, .missing(loss.reason))
      await progress(DownloadProgress(output: loss.job.output, event: .missing(loss.reason)))
    }
    return plan.results()
  }

  /// What the downloads of one run share.
  private struct Session: Sendable {
    let spool: Spool
    let volume: SpoolVolume
    let permits: DownloadLimiter.Lane
    let progress: @Sendable (DownloadProgress) async -> Void
  }

  /// A file to download, and what is there of it.
  private struct Pending: Sendable {
    let job: RetrievalPlan.Job
    let partial: PartialFile
    var finished: FinishedFile?
  }

  /// A file that the service says is not there.
  private struct Loss: Sendable {
    let job: RetrievalPlan.Job
    var reason: Manifest.Reason
    let partial: PartialFile
  }

  private enum Ending: Sendable {
    case kept(RetrievalPlan.Job, PayloadFile)
    case gone(Loss)
    case failed(KeepError)
  }

  /// One more try for what is gone, with the URLs of a fresh result.
  private func retry(
    _ losses: [Loss], _ refresh: @Sendable () async throws -> [NodeOutput], _ session: Session,
    _ plan: inout RetrievalPlan
  ) async throws -> [Loss] {
    let fresh: [NodeOutput]
    do {
      fresh = try await refresh()
    } catch let error as KeepError where error.code == .expired {
      return losses.map { Loss(job: $0.job, reason: .expired, partial: $0.partial) }
    }
    var tasks: [Pending] = []
    var lost: [Loss] = []
    for loss in losses {
      if let job = plan.refreshed(loss.job, by: fresh) {
        tasks.append(Pending(job: job, partial: loss.partial))
      } else {
        lost.append(loss)
      }
    }
    return lost + (try await transfer(tasks, session, &plan))
  }

  /// Downloads all, no more at once than the limiter gives out; returns what is gone.
  ///
  /// After a first failure nothing new is begun, but what is under way may end, so that it is not lost.
  private func transfer(
    _ tasks: [Pending], _ session: Session, _ plan: inout RetrievalPlan
  ) async throws -> [Loss] {
    var losses: [Loss] = []
    var failure: KeepError?
    try await withThrowingTaskGroup(of: Ending.self) { group in
      var waiting = tasks[...]
      for _ in 0..<limiter.limit {
        guard let task = waiting.popFirst() else { break }
        group.addTask { try await download(task, session) }
      }
      while let ending = try await group.next() {
        switch ending {
        case .kept(let job, let payload): plan.settle(job, .file(payload))
        case .gone(let loss): losses.append(loss)
        case .failed(let error): failure = failure ?? error
        }
        if failure == nil, let task = waiting.popFirst() {
          group.addTask { try await download(task, session) }
        }
      }
    }
    if let failure { throw failure }
    return losses
  }

  private func download(_ task: Pending, _ session: Session) async throws -> Ending {
    let job = task.job
    let report: @Sendable (DownloadProgress.Event) async -> Void = { event in
      await session.progress(DownloadProgress(output: job.output, event: event))
    }
    if let finished = task.finished,
      let payload = session.spool.reuse(finished, url: job.url, filename: job.filename)
    {
      try session.volume.receive(upTo: payload.size, of: job.name)
      await report(.kept(size: payload.size))
      return .kept(job, payload)
    }
    let transfer = OutputTransfer(
      transport: transport, clock: clock, permits: session.permits, policy: policy, jitter: jitter,
      report: report, spool: session.spool, volume: session.volume, name: job.name, filename: job.filename)
    do {
      switch try await transfer.run(job.url, from: task.partial) {
      case .kept(let payload): return .kept(job, payload)
      case .gone(let reason, let partial):
        return .gone(Loss(job: job, reason: reason, partial: partial))
      }
    } catch let error as KeepError where error.code == .unavailable {
      return .failed(error)
    }
  }
}
