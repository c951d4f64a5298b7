import KeepFiles
import KeepLedger
import KeepModel
import Synchronization
import SystemPackage

/// Takes what waits, in order, and has it run: so many at once as the deployments bear, and no more in a day than is
/// allowed.
final class ArrivalFeeder: Sendable {
  private struct State {
    /// What is under way, and on which deployment.
    var active: [Int64: DeploymentID?] = [:]
    /// When what could not be run just now is tried again.
    var later: [Int64: (at: Duration, tries: Int)] = [:]
    /// The recipes that the service is being asked for.
    var asked: Set<String> = []
  }

  /// How one arrival's turn came out.
  private enum Turn {
    case over(Int64)
    case asked(String)
    case woken
  }

  /// How many that wait are looked at for one whose turn it is, at a time, and how often.
  private static let window = 500
  private static let pages = 40

  let setting: WatchSetting
  let base: Pipeline
  let recipes: RecipeTree
  let desk: ArrivalDesk
  let filing: ArrivalFiling
  let holds: WatchHolds
  let wakeup: Wakeup
  let board: WatchBoard
  let elapsed: @Sendable () -> Duration
  let tell: @Sendable (WatchNews) async -> Void
  private let state = Mutex(State())
  private let beaten = Mutex<Timestamp?>(nil)
  private let paused = Mutex<WatchPause?>(nil)

  init(
    _ setting: WatchSetting, _ base: Pipeline, _ recipes: RecipeTree, _ desk: ArrivalDesk,
    _ holds: WatchHolds,
    wakeup: Wakeup, elapsed: @escaping @Sendable () -> Duration, board: WatchBoard,
    tell: @escaping @Sendable (WatchNews) async -> Void
  ) {
    self.setting = setting
    self.base = base
    self.recipes = recipes
    self.desk = desk
    self.filing = ArrivalFiling(
      filing: setting.filing, ledger: base.ledger, usesSidecars: recipes.usesSidecars)
    self.holds = holds
    self.wakeup = wakeup
    self.elapsed = elapsed
    self.board = board
    self.tell = tell
  }

  var ledger: Ledger { base.ledger }
  /// When it last went round.
  var heartbeat: Timestamp? { beaten.withLock { $0 } }

  /// Goes on with what was under way, then takes what waits, until a person wants to stop.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  func run() async throws {
    try await withThrowingTaskGroup(of: Turn.self) { group in
      _ = try await isPaused()
      for arrival in try await ledger.runningArrivals(in: setting.folders) { begin(arrival, nil, &group) }
      if setting.filing == .move {
        // What should have been moved by an earlier watch.
        for arrival in try await ledger.unmovedArrivals(in: setting.folders) {
          _ = try await filing.filed(arrival, tell)
        }
      }
      while !base.interruption.isRaised, !Task.isCancelled {
        beaten.withLock { $0 = base.now() }
        try await settle()
        if try await !isPaused() { try await beginWaiting(&group) }
        group.addTask {
          await self.wakeup.wait(
            self.hasWork ? .seconds(1) : .seconds(2), self.base.clock, self.base.interruption)
          return .woken
        }
        turns: while let turn = try await group.next() {
          switch turn {
          case .woken: break turns
          case .over(let id):
            state.withLock { $0.active[id] = nil }
            board.end(id)
            wakeup.poke()
          case .asked(let id):
            state.withLock { _ = $0.asked.remove(id) }
            wakeup.poke()
          }
        }
      }
      // What is under way detaches by itself; what is being sent is sent.
      try await group.waitForAll()
    }
  }

  /// Takes note that a run has ended at the service: what is kept of it takes no place from others.
  func land(_ id: Int64) {
    let isNews = state.withLock { state -> Bool in
      guard let active = state.active[id], active != nil else { return false }
      state.active[id] = .some(nil)
      return true
    }
    if isNews { wakeup.poke() }
  }

  private var hasWork: Bool { state.withLock { !$0.active.isEmpty || !$0.later.isEmpty } }

  /// Whether a person keeps it from submitting; a change is told.
  private func isPaused() async throws(KeepError) -> Bool {
    let pause = try await ledger.watchPause()
    let known = paused.withLock { known in
      defer { known = pause }
      return known
    }
    holds.pause(
      pause.map { _ in
        KeepError(.unfinished, .none, "watches are paused", hint: "comfykeep resume lets them go on")
      })
    if let pause, pause != known {
      let why = pause.reason.map { ": \($0)" } ?? ""
      await tell(.warning("paused\(why); nothing is submitted until: comfykeep resume", about: nil))
    } else if pause == nil, known != nil {
      holds.forget()
      await tell(.note("not paused any more", about: nil))
    }
    return pause != nil
  }

  /// Takes up what others settled.
  private func settle() async throws(KeepError) {
    for arrival in try await ledger.settleArrivals(in: setting.folders) where arrival.state == .done {
      try await tellEnd(of: arrival)
    }
  }

  /// Begins as many of those that wait as there is room for.
  private func beginWaiting(_ group: inout ThrowingTaskGroup<Turn, any Error>) async throws {
    var rooms: [DeploymentID: Int] = [:]
    var last: Arrival?
    // What is held back must not keep others from their turn.
    for _ in 0..<Self.pages {
      let page = try await ledger.waitingArrivals(in: setting.folders, limit: Self.window, after: last)
      for arrival in page {
        guard overallRoom > 0 else { return }
        await beginIfFree(arrival, &rooms, &group)
      }
      guard page.count == Self.window else { return }
      last = page.last
    }
  }

  private func beginIfFree(
    _ arrival: Arrival, _ rooms: inout [DeploymentID: Int], _ group: inout ThrowingTaskGroup<Turn, any Error>
  ) async {
    let now = elapsed()
    let isFree = state.withLock { state in
      !state.active.keys.contains(arrival.id) && (state.later[arrival.id]?.at ?? .zero) <= now
    }
    guard isFree, let recipe = await recipe(for: arrival) else { return }
    guard let prepared = recipe.prepared(at: now) else { return ask(for: recipe, &group) }
    let deployment = prepared.wish.deployment
    if rooms[deployment] == nil { rooms[deployment] = room(on: deployment) }
    // Who asks for another run has seen what was wrong.
    if arrival.isRepeated { holds.forgive(deployment) }
    guard rooms[deployment, default: 0] > 0, holds.reason(for: deployment, at: now) == nil else { return }
    rooms[deployment, default: 0] -= 1
    begin(arrival, prepared, &group)
  }

  /// How many more may be under way on all deployments.
  private var overallRoom: Int {
    let active = state.withLock { $0.active.count }
    return base.configuration.overallConcurrency + RunLanes.keepers - active
  }

  /// How many more may be under way on a deployment.
  private func room(on deployment: DeploymentID) -> Int {
    let active = state.withLock { $0.active.values.count { $0 == deployment } }
    return base.lanes.width(of: deployment) - active
  }

  private func begin(
    _ arrival: Arrival, _ prepared: ArrivalRecipe?, _ group: inout ThrowingTaskGroup<Turn, any Error>
  ) {
    state.withLock { $0.active[arrival.id] = .some(prepared?.wish.deployment) }
    board.begin(arrival)
    group.addTask {
      try await self.work(arrival, prepared)
      return .over(arrival.id)
    }
  }

  /// The recipe of an arrival; `nil`, with the reason held, where it cannot be used just now.
  private func recipe(for arrival: Arrival) async -> WatchedRecipe? {
    let (result, notes) = recipes.recipe(for: arrival.path, in: arrival.folder)
    for note in notes { await tell(note.news) }
    switch result {
    case .success(let recipe): return holds.reason(forRecipe: recipe.id, at: elapsed()) == nil ? recipe : nil
    case .failure(let error):
      await hold(recipe: "\(error.subject)", error, for: .seconds(2))
      return nil
    }
  }

  /// Asks the service about a recipe's deployment, while other files go on.
  private func ask(for recipe: WatchedRecipe, _ group: inout ThrowingTaskGroup<Turn, any Error>) {
    guard state.withLock({ $0.asked.insert(recipe.id).inserted }) else { return }
    group.addTask {
      _ = try await self.asked(recipe)
      return .asked(recipe.id)
    }
  }

  /// Asks the service, before there is any file, about what holds for files directly in the watched folders.
  ///
  /// - Throws: ``KeepError`` with `usage` or `input_rejected` for what cannot be right until somebody changes it;
  ///   `ledger_unusable`. Whatever may pass is held and told.
  func check() async throws(KeepError) {
    var known: Set<String> = []
    for folder in setting.folders {
      let (result, notes) = recipes.recipe(for: WatchSetting.anyFile, in: folder)
      for note in notes { await tell(note.news) }
      switch result {
      case .success(let recipe):
        guard known.insert(recipe.id).inserted, recipe.prepared(at: elapsed()) == nil else { continue }
        for warning in try await asked(recipe, atStart: true)?.wish.warnings ?? [] {
          await tell(.warning(warning, about: folder))
        }
      case .failure(let error) where notes.isEmpty:
        // There may be recipes in the folders below.
        await tell(.note("files directly in it would wait: \(error.inFull)", about: folder))
      case .failure: break
      }
    }
  }

  private func asked(
    _ recipe: WatchedRecipe, atStart: Bool = false
  ) async throws(KeepError) -> ArrivalRecipe? {
    do throws(KeepError) {
      return try await recipe.prepare(base.planner, at: elapsed)
    } catch {
      guard error.code != .ledgerUnusable else { throw error }
      guard error.code != .interrupted else { return nil }
      if atStart, [.usage, .inputRejected].contains(error.code) { throw error }
      await hold(recipe: recipe.id, error, for: error.code == .unavailable ? .seconds(10) : .seconds(120))
      return nil
    }
  }

  /// The recipe of an arrival with what the service tells for it; `nil`, with the reason held, where it cannot be used
  /// just now.
  func prepared(for arrival: Arrival) async throws(KeepError) -> ArrivalRecipe? {
    guard let recipe = await recipe(for: arrival) else { return nil }
    if let known = recipe.prepared(at: elapsed()) { return known }
    return try await asked(recipe)
  }

  private func hold(recipe id: String, _ error: KeepError, for time: Duration) async {
    guard holds.hold(recipe: id, error, since: base.now(), until: elapsed() + time) else { return }
    await tell(.warning("files wait: \(error.inFull)", about: nil))
  }

  // MARK: - Ends

  /// Puts an arrival back to wait, and tries it again after a while that grows.
  ///
  /// - Parameters:
  ///   - counts: Whether it is the file's own trouble, for which it waits ever longer.
  ///   - wasSent: Whether a run of it is there, so that no other is wanted any more.
  ///   - unsent: What was counted for a day and not submitted.
  func postpone(
    _ arrival: Arrival, _ reason: String, counts: Bool = true, wasSent: Bool = false,
    unsent: Ledger.Unsent? = nil
  ) async throws(KeepError) {
    let tries = state.withLock { state in
      let tries = (state.later[arrival.id]?.tries ?? 0) + (counts ? 1 : 0)
      let wait = min(Duration.seconds(2) * (1 << min(tries, 8)), .seconds(300))
      state.later[arrival.id] = (elapsed() + wait, tries)
      return tries
    }
    try await ledger.endArrival(arrival.id, .waiting, reason: reason, endsWish: wasSent, unsent: unsent)
    if tries <= 1 { await tell(.note("waits: \(reason)", about: arrival.path)) }
  }

  /// How often an arrival was put back.
  func tries(of arrival: Arrival) -> Int { state.withLock { $0.later[arrival.id]?.tries ?? 0 } }

  /// Records the end of an arrival, moves its file and tells.
  func end(
    _ arrival: Arrival, _ state: Arrival.State, _ reason: String? = nil, outputs: Int = 0,
    kept: ByteCount = ByteCount(0),
    stays: Bool = false
  ) async throws(KeepError) {
    CrashPoint.arrivalEnding.pass()
    self.state.withLock { $0.later[arrival.id] = nil }
    let ended = try await ledger.endArrival(
      arrival.id, state, reason: reason, outputs: outputs, kept: kept, stays: stays,
      endsWish: true)
    if let ended { try await tellEnd(of: ended) }
  }

  /// Moves the file of an arrival that came to an end, and tells.
  private func tellEnd(of arrival: Arrival) async throws(KeepError) {
    await tell(.arrival(try await filing.filed(arrival, tell)))
  }
}

/// A recipe with what the service told for it.
struct ArrivalRecipe: Sendable {
  let recipe: WatchedRecipe
  let wish: PreparedWish
}
