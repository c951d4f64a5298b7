import KeepFiles
import KeepLedger
import KeepModel
import KeepSubmit
import KeepTransport
import Synchronization
import SystemPackage

/// Follows folders: what is put into them is submitted once it is settled, once for its content, and kept.
///
/// It may be stopped and killed at any time; the next one goes on where it was. Everything that it knows of files is in
/// the archive's ledger.
public final class Watch: Sendable {
  let setting: WatchSetting
  let pipeline: Pipeline
  let feeder: ArrivalFeeder
  let board: WatchBoard
  let startedAt: Timestamp
  let desk: ArrivalDesk
  private let recipes: RecipeTree
  let holds: WatchHolds
  private let tell: @Sendable (WatchNews) async -> Void

  /// A watch; nothing is looked at yet.
  ///
  /// - Parameters:
  ///   - setting: What is watched.
  ///   - make: Gives the pipeline, which reports to what it is given.
  ///   - recipe: Gives the recipe that holds where a folder has none; again at each reload.
  ///   - tell: Told of everything that happens.
  /// - Throws: ``KeepError`` with `usage` for folders that are none, lie in each other, or hold the archive; what
  ///   `make` and `recipe` throw.
  public init(
    _ setting: WatchSetting, recipe: @escaping @Sendable () throws -> Recipe,
    tell: @escaping @Sendable (WatchNews) async -> Void,
    pipeline make: (@escaping @Sendable (PipelineEvent) async -> Void) throws -> Pipeline
  ) throws {
    let board = WatchBoard()
    let landed = Landing()
    self.board = board
    let pipeline = try make { event in
      if let arrival = board.arrival(WatchBoard.arrival(at: event.index)) {
        board.show(event, of: arrival)
        if event.isLanding { landed.tell(arrival.id) }
        await tell(.run(event, of: arrival))
      } else {
        await tell(.swept(event))
      }
    }
    let setting = try setting.checked(pipeline)
    // While the machine sleeps, no file is quiet.
    let elapsed = Stopwatch(SuspendingClock()).elapsed
    self.startedAt = pipeline.now()
    let recipes = try RecipeTree(setting, elapsed: elapsed, read: recipe)
    let holds = WatchHolds(maximumSameFailures: pipeline.configuration.maximumSameFailures)
    let arrived = Wakeup()
    self.setting = setting
    self.pipeline = pipeline
    self.tell = tell
    self.recipes = recipes
    self.holds = holds
    self.desk = ArrivalDesk(
      setting, pipeline.ledger, recipes, arrived: arrived, elapsed: elapsed, tell: tell)
    let feeder = ArrivalFeeder(
      setting, pipeline, recipes, desk, holds, wakeup: arrived, elapsed: elapsed, board: board, tell: tell)
    self.feeder = feeder
    landed.hear { [weak feeder] id in feeder?.land(id) }
  }

  /// Watches until a person wants to stop, or the task is cancelled. What is under way at a stop is left running, and
  /// kept by the next watch or sweep.
  ///
  /// - Parameters:
  ///   - onSweep: Called after each look for runs that nobody follows, such as to put into the archive's store what
  ///     waits for it.
  ///   - whenReady: Called once every folder was gone through.
  /// - Throws: ``KeepError`` with `usage` for more files than are run unasked, or where another process watches a
  ///   folder; `ledger_unusable`.
  public func run(
    onSweep: @escaping @Sendable () async -> Void = {}, whenReady: @escaping @Sendable () async -> Void = {}
  ) async throws {
    try await alone(setting.folders[...]) {
      try await watch(onSweep, whenReady)
    }
  }

  /// Whether its work went round lately.
  public var isAlive: Bool {
    guard let beat = feeder.heartbeat else { return true }
    return pipeline.now().milliseconds - beat.milliseconds < 60_000
  }

  /// The value of `body`, while webhooks are heard, if they are to be.
  ///
  /// - Throws: As ``Pipeline/listening(whenReady:_:)``.
  public func listening(
    whenReady: (UInt16) async -> Void, _ body: () async throws -> Void
  ) async throws {
    try await pipeline.listening(whenReady: whenReady, body)
  }

  /// Reads all recipes again and tries what was held back; a broken recipe is told, and the old one stays.
  public func reload() async {
    for note in recipes.reload() { await tell(note.news) }
    holds.forget()
    feeder.wakeup.poke()
  }

  /// Holds every folder for this process alone.
  private func alone(_ folders: ArraySlice<FilePath>, _ body: () async throws -> Void) async throws {
    guard let folder = folders.first else { return try await body() }
    let isOver: Void? = try await pipeline.archive.turns.alone("watch \(folder.string)", patience: .none) {
      try await alone(folders.dropFirst(), body)
    }
    guard isOver != nil else {
      throw KeepError(
        .ledgerUnusable, .path(folder), "another process watches it for this archive",
        hint: "stop that one first")
    }
  }

  /// What tells of news in the folders. Of those that are watched for the first time, what is there is held back.
  private func source() async throws(KeepError) -> any FolderSource {
    var moved: [FilePath] = []
    for folder in setting.folders {
      if try await !pipeline.ledger.knowsArrivals(in: folder) { desk.collect(in: folder) }
      guard try await pipeline.ledger.hasMoved(in: folder) else { continue }
      moved.append(folder)
      recipes.learnMoved(folder)
    }
    return FolderSources.source(
      for: WatchedFolders(setting.folders, excluding: setting.excluded(pipeline, moved: moved)),
      polls: setting.polls,
      times: WatchTimes(poll: setting.pollInterval, safetyRescan: setting.rescanInterval))
  }

  private func watch(
    _ onSweep: @escaping @Sendable () async -> Void, _ whenReady: @escaping @Sendable () async -> Void
  ) async throws {
    let source = try await source()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      let waiting = Mutex(Set(setting.folders))
      let trouble = Trouble()
      group.addTask {
        try await source.run { news in
          await trouble.catching {
            try await self.hear(news)
            guard case .scanned(let folder) = news else { return }
            try await self.desk.release(folder)
            let isLast = waiting.withLock { $0.remove(folder) != nil && $0.isEmpty }
            if isLast { await whenReady() }
          }
        }
        return false
      }
      group.addTask {
        try await trouble.wait()
        return false
      }
      group.addTask {
        try await self.feeder.check()
        return false
      }
      group.addTask {
        try await self.desk.run(self.pipeline.clock, self.pipeline.interruption)
        return false
      }
      group.addTask {
        try await ArchiveSweep(self.pipeline).run(every: self.setting.sweepInterval, onRound: onSweep)
        return false
      }
      group.addTask {
        try await self.feeder.run()
        return true
      }
      // Whatever fails ends all of it.
      while let isOver = try await group.next(), !isOver {}
      group.cancelAll()
      // What they throw once they are told to end is no news.
      while let _ = try? await group.next() {}
    }
  }

  private func hear(_ news: FolderNews) async throws(KeepError) {
    switch news {
    case .sightings(let sightings):
      for (folder, sightings) in Dictionary(grouping: sightings, by: { setting.folder(of: $0.path) }) {
        if let folder { try await desk.see(sightings, in: folder) }
      }
    case .scanned: break
    case .lost(let folder, let reason):
      board.folders.withLock { $0[folder, default: WatchBoard.Folder()].lost = reason }
      await tell(.warning("is gone, and is looked for: \(reason)", about: folder))
    case .found(let folder):
      board.folders.withLock { $0[folder, default: WatchBoard.Folder()].lost = nil }
      await tell(.note("is there again", about: folder))
    case .polled(let folder, let reason):
      if FileSystemKind(of: folder).isRemote { desk.learnRemote(folder) }
      if let root = setting.folder(of: folder) {
        board.folders.withLock { $0[root, default: WatchBoard.Folder()].polled = reason }
      }
      await tell(.note("is looked through every \(setting.pollInterval): \(reason)", about: folder))
    case .unreadable(let folder, let reason): await tell(.warning("cannot be read: \(reason)", about: folder))
    }
  }
}

/// Passes on that a run has ended at the service, once there is somebody to hear it.
private final class Landing: Sendable {
  private let listener = Mutex<(@Sendable (Int64) -> Void)?>(nil)

  func hear(_ listener: @escaping @Sendable (Int64) -> Void) { self.listener.withLock { $0 = listener } }

  func tell(_ id: Int64) { listener.withLock { $0 }?(id) }
}

extension PipelineEvent {
  /// Whether it says that the service is done with the run.
  fileprivate var isLanding: Bool {
    switch change {
    case .downloading, .storing, .ended: true
    case .status(let status): [.finished, .failed, .canceled].contains(status.phase)
    default: false
    }
  }
}

/// The first failure of many calls that cannot throw.
private final class Trouble: Sendable {
  private let stream: AsyncThrowingStream<Never, any Error>
  private let continuation: AsyncThrowingStream<Never, any Error>.Continuation

  init() { (stream, continuation) = AsyncThrowingStream.makeStream(of: Never.self) }

  func catching(_ body: () async throws -> Void) async {
    do { try await body() } catch { continuation.finish(throwing: error) }
  }

  /// Throws it, once there is one.
  func wait() async throws { for try await _ in stream {} }
}
