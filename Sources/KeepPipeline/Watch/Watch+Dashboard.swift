import KeepArchive
import KeepFiles
import KeepLedger
public import KeepModel
import Synchronization
public import SystemPackage

extension Watch {
  /// What a person needs to press the dashboard's buttons; it is made when there is none yet.
  ///
  /// - Throws: ``KeepError`` with `local_io` when others can read the file, or it cannot be made.
  public func dashboardToken() throws(KeepError) -> (secret: Secret, path: FilePath) {
    let folder = pipeline.archive.layout.hidden
    let secret = try WebhookSecret(keptIn: folder, as: "dashboard-token")
    return (secret.secret, folder.appending("dashboard-token"))
  }

  /// A page that shows what the watch is doing.
  ///
  /// - Throws: As ``Dashboard``.
  public func dashboard(
    host: String, port: UInt16, token: Secret, version: String
  ) throws(KeepError) -> Dashboard {
    try Dashboard(
      host: host, port: port, token: token, now: pipeline.now, state: { await self.state(version) },
      thumbnail: { await self.thumbnail($0) },
      act: { action async throws(KeepError) in try await self.act(action) })
  }

  /// Does what a person asks for by the dashboard.
  func act(_ action: DashboardAction) async throws(KeepError) {
    switch action {
    case .pause(let reason): try await pipeline.archive.pauseWatches(reason: reason)
    case .resume:
      _ = try await pipeline.archive.resumeWatches()
      holds.forget()
    case .retry(let id): try await pipeline.archive.repeatArrivals([id])
    case .retryAll:
      let parked = try await pipeline.archive.arrivals([.failed]).map(\.id)
      try await pipeline.archive.repeatArrivals(parked)
    }
    feeder.wakeup.poke()
  }

  /// What it is doing just now.
  func state(_ version: String) async -> DashboardState {
    let now = pipeline.now()
    var state = DashboardState(
      now: now, heartbeat: feeder.heartbeat ?? now, startedAt: startedAt, version: version)
    state.held = holds.shown(at: feeder.elapsed()).map { hold in
      DashboardHold(
        reason: hold.error.description, hint: hold.error.hint, since: hold.since,
        needsPerson: hold.needsPerson, isPartial: hold.isPartial)
    }
    state.settling = desk.unsettled
    state.folders = setting.folders.map { folder in
      let known = board.folders.withLock { $0[folder] }
      return DashboardFolder(
        path: folder.string, mode: known?.polled != nil || setting.polls ? .polling : .inotify,
        isLost: known?.lost != nil, note: known?.lost ?? known?.polled)
    }
    do {
      try await fill(&state, now)
    } catch {
      state.held = DashboardHold(
        reason: "the ledger cannot be read: \(error.reason)", hint: error.hint, needsPerson: true)
    }
    return state
  }

  private func fill(_ state: inout DashboardState, _ now: Timestamp) async throws(KeepError) {
    let ledger = pipeline.ledger
    state.paused = try await ledger.watchPause().map { DashboardPause(since: $0.since, reason: $0.reason) }
    let counts = try await ledger.arrivalCounts()
    state.counts.waiting = counts[.waiting] ?? 0
    state.counts.running = counts[.running] ?? 0
    state.counts.kept = counts[.done] ?? 0
    state.counts.failed = counts[.failed] ?? 0
    state.counts.skipped = counts[.skipped] ?? 0
    state.counts.inDoubt = counts[.inDoubt] ?? 0
    let today = try await ledger.watchDay(now.day)
    state.today.runs = UInt64(today.runs)
    state.today.sent = today.bytes
    state.today.runLimit = setting.maximumRunsPerDay.map { UInt64($0) }
    state.today.sentLimit = setting.maximumBytesPerDay
    let totals = try await ledger.watchTotals()
    state.totals.files = UInt64(totals.files)
    state.totals.runs = UInt64(totals.sent.runs)
    state.totals.sent = totals.sent.bytes
    state.totals.outputs = UInt64(totals.outputs)
    state.totals.kept = totals.kept
    state.running = board.running.map { row in
      var item = item(row.arrival)
      item.state = .running
      item.phase = row.phase
      item.position = row.position
      item.request = row.request
      return item
    }
    state.waiting = try await ledger.waitingArrivals(in: setting.folders, limit: 50).map(item)
    state.finished = try await withRuns(try await ledger.arrivals([.done], limit: 60))
    state.failures = try await withRuns(try await ledger.arrivals([.failed, .inDoubt], limit: 200))
    state.deadlines = try await deadlines()
    state.throughput = bins(try await ledger.arrivalEnds(since: now.advanced(by: .seconds(-86_400))))
  }

  private func item(_ arrival: Arrival) -> DashboardItem {
    let state: DashboardItem.State =
      switch arrival.state {
      case .waiting: .waiting
      case .running: .running
      case .done: .kept
      case .failed: .failed
      case .skipped, .gone: .skipped
      case .inDoubt: .inDoubt
      }
    var item = DashboardItem(
      id: arrival.id, name: arrival.path.string, folder: arrival.folder.string, size: arrival.size,
      state: state,
      since: arrival.changedAt)
    item.reason = arrival.reason
    item.outputs = arrival.outputs
    return item
  }

  private func withRuns(_ arrivals: [Arrival]) async throws(KeepError) -> [DashboardItem] {
    let requests = try await pipeline.ledger.requests(of: arrivals.map(\.id))
    return arrivals.map { arrival in
      var item = item(arrival)
      item.request = requests[arrival.id]?.request
      item.bundle = requests[arrival.id]?.bundle.map { pipeline.archive.layout.absolute($0).string }
      return item
    }
  }

  /// The nearest ends of the time that the service keeps results.
  private func deadlines() async throws(KeepError) -> [DashboardDeadline] {
    let open = try await pipeline.archive.openRuns().prefix(20)
    let labels = try await pipeline.ledger.inputNames(of: open.compactMap { $0.request?.id })
    return open.compactMap { run in
      guard let request = run.request else { return nil }
      return DashboardDeadline(
        name: labels[request.id] ?? request.id.rawValue, request: request.id,
        at: run.deadline(after: pipeline.configuration.retention))
    }
  }

  private func bins(_ ends: [(at: Timestamp, isDone: Bool)]) -> [DashboardBin] {
    let span: Int64 = 600_000
    var bins: [Int64: (kept: Int, failed: Int)] = [:]
    for end in ends {
      let start = end.at.milliseconds / span * span
      if end.isDone {
        bins[start, default: (0, 0)].kept += 1
      } else {
        bins[start, default: (0, 0)].failed += 1
      }
    }
    return bins.sorted { $0.key < $1.key }.map { start, counts in
      DashboardBin(start: Timestamp(milliseconds: start), kept: counts.kept, failed: counts.failed)
    }
  }

  /// A small picture of the first output of a run that can be shown.
  @concurrent private func thumbnail(_ request: RequestID) async -> (bytes: [UInt8], mediaType: MediaType)? {
    guard let kept = try? await pipeline.ledger.record(of: request)?.kept else { return nil }
    let place = pipeline.archive.layout.absolute(kept.bundle)
    guard let reader = try? BundleReader(place), let manifest = try? Manifest(reading: reader) else {
      return nil
    }
    for output in manifest.outputs where output.type != "temp" {
      guard let stored = output.stored, let thumbnail = Thumbnail(of: stored, in: reader) else { continue }
      let subtype = thumbnail.fileExtension == "jpg" ? "jpeg" : thumbnail.fileExtension
      return (thumbnail.bytes, MediaType("image/\(subtype)"))
    }
    return nil
  }
}
