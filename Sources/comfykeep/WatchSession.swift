import ArgumentParser
import Dispatch
import Glibc
import KeepHTTP
import KeepModel
import KeepPipeline
import Synchronization
import SystemPackage

/// A watch that runs until it is told to stop: with its log, its signals and what the service manager wants to know.
struct WatchSession: Sendable {
  /// How long what is under way may take to come to a stop.
  private static let stopping = Duration.seconds(7)
  /// After how many seconds it ends whatever is under way.
  private static let giveUp = 9.5

  let session: PipelineSession
  let setting: WatchSetting
  let notifier: ServiceNotifier
  let log: WatchLog
  let dashboard: DashboardPlace?
  let hearing: WebhookSetting?
  private let recipe: @Sendable () throws -> Recipe
  private let said = SaidLines()

  init(
    session: PipelineSession, setting: WatchSetting, notifier: ServiceNotifier, log: WatchLog,
    dashboard: DashboardPlace?, hearing: WebhookSetting?, recipe: @escaping @Sendable () throws -> Recipe
  ) {
    self.session = session
    self.setting = setting
    self.notifier = notifier
    self.log = log
    self.dashboard = dashboard
    self.hearing = hearing
    self.recipe = recipe
  }

  /// Watches; returns once it was asked to stop.
  func run() async throws {
    let transport = try session.service.transport()
    let opened = try await session.archive.open(for: .writing)
    let attendance = Attendance(progress: Progress(style: .quiet), stream: nil)
    let interruption = attendance.interruption
    let depositor = try session.depositor(attendance, opened, transport, holdsBundles: false)
    let watch = try Watch(setting, recipe: recipe, tell: tell) { report in
      let plain = session.pipeline(
        session.configuration, attendance, opened, transport, depositor, report: report)
      guard let hearing else { return plain }
      return try plain.heard(at: hearing) { line in
        if !line.hasPrefix("webhook: 200 ") { log.tell(.info, WatchLog.Subject(), line) }
      }
    }
    let reloads = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let signals = WatchSignals {
      log.tell(.info, WatchLog.Subject(), "stopping; what is running is left running")
      notifier.tell(.stopping)
      interruption.raise()
      // A share that does not answer may hold a thread for ever; everything that counts is in the ledger.
      DispatchQueue.global().asyncAfter(deadline: .now() + Self.giveUp) { _exit(0) }
    } onReload: {
      reloads.continuation.yield()
    }
    defer { signals.stop() }
    try await watch.listening(whenReady: { port in
      log.tell(.info, WatchLog.Subject(), "listening for webhooks on port \(port)")
    }) {
      try await attend(watch, interruption, reloads.stream) { await deposit(depositor) }
    }
  }

  /// Puts into the archive's store what waits for it.
  private func deposit(_ depositor: Depositor?) async {
    do {
      for deposit in try await depositor?.depositWaiting() ?? [] {
        if session.output.json { Terminal.print(JSONReport.deposit(deposit)) }
      }
    } catch {
      log.tell(error, level: .warning)
    }
  }

  /// Runs the watch and what goes beside it.
  private func attend(
    _ watch: Watch, _ interruption: Interruption, _ reloads: AsyncStream<Void>,
    onSweep: @escaping @Sendable () async -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await watch.run(onSweep: onSweep) {
          log.tell(
            .info, WatchLog.Subject(), "watching \(setting.folders.map(\.string).joined(separator: ", "))")
          notifier.tell(.ready)
        }
        return true
      }
      group.addTask {
        for await _ in reloads { await reload(watch) }
        return false
      }
      if let pause = notifier.watchdog {
        group.addTask {
          while !Task.isCancelled {
            if watch.isAlive { notifier.tell(.alive) }
            try? await Task.sleep(for: pause)
          }
          return false
        }
      }
      if let dashboard {
        group.addTask {
          try await serve(dashboard, watch)
          return false
        }
      }
      group.addTask {
        await interruption.wait()
        try? await Task.sleep(for: Self.stopping)
        // Transfers that do not come to an end are cut; what was sent of them is settled at the next start.
        return true
      }
      while let isOver = try await group.next(), !isOver {}
      group.cancelAll()
    }
  }

  private func reload(_ watch: Watch) async {
    notifier.tell(.reloading)
    log.tell(.info, WatchLog.Subject(), "reading the recipes again")
    await watch.reload()
    notifier.tell(.ready)
  }

  private func serve(_ place: DashboardPlace, _ watch: Watch) async throws {
    let token = try watch.dashboardToken()
    try await watch.dashboard(
      host: place.host, port: place.port, token: token.secret, version: Version.current
    )
    .run { port in
      let host = place.host.contains(":") ? "[\(place.host)]" : place.host
      log.tell(
        .info, WatchLog.Subject(),
        "the page is at http://\(host):\(port)/, the token for its buttons in \(token.path.string)")
    }
  }

  // MARK: - What is told

  private var tell: @Sendable (WatchNews) async -> Void {
    { news in
      switch news {
      case .note(let text, let place): log.tell(.info, subject(place), text)
      case .warning(let text, let place): log.tell(.warning, subject(place), text)
      case .run(let event, let arrival):
        show(event, WatchLog.Subject(folder: arrival.folder, path: arrival.path))
      case .swept(let event):
        guard case .ended(let outcome) = event.change, outcome.isKept, !outcome.wasKeptAlready else { return }
        show(event, WatchLog.Subject(folder: nil, path: FilePath(event.label)))
      case .arrival(let arrival): end(of: arrival)
      }
    }
  }

  private func subject(_ place: FilePath?) -> WatchLog.Subject { WatchLog.Subject(folder: nil, path: place) }

  private func show(_ event: PipelineEvent, _ subject: WatchLog.Subject) {
    switch event.change {
    case .uploading, .downloading, .storing: break
    case .ended(let outcome):
      said.forget(event.index)
      if session.output.json, outcome.error?.code != .interrupted {
        Terminal.print(JSONReport.outcome(outcome))
      } else if let place = outcome.bundle?.string ?? outcome.stored, !session.output.quiet,
        !outcome.wasKeptAlready
      {
        Terminal.print(Terminal.safe(place))
      }
    default:
      guard !session.output.quiet, let line = Progress.line(of: event.change) else { return }
      if said.isNews(line, of: event.index) { log.tell(.info, subject, line) }
    }
  }

  private func end(of arrival: Arrival) {
    if session.output.json { Terminal.print(JSONReport.arrival(arrival)) }
    let subject = WatchLog.Subject(folder: arrival.folder, path: arrival.path)
    let reason = arrival.reason.map { ": \($0)" } ?? ""
    switch arrival.state {
    case .done:
      let outputs = arrival.outputs == 1 ? "1 output" : "\(arrival.outputs) outputs"
      log.tell(.info, subject, arrival.outputs > 0 ? "done, \(outputs)" : "done")
    case .failed: log.tell(.error, subject, "parked\(reason)")
    case .inDoubt: log.tell(.error, subject, "in doubt\(reason)")
    case .skipped: log.tell(.info, subject, "skipped\(reason)")
    case .gone: log.tell(.info, subject, "gone\(reason)")
    case .waiting, .running: break
    }
  }
}

/// What was said last of each run, so that nothing is said twice in a row.
private final class SaidLines: Sendable {
  private let lines = Mutex<[Int: String]>([:])

  func isNews(_ line: String, of run: Int) -> Bool {
    lines.withLock { $0.updateValue(line, forKey: run) != line }
  }

  func forget(_ run: Int) { lines.withLock { $0[run] = nil } }
}
