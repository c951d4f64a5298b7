import KeepFiles
import KeepInput
import KeepLedger
import KeepModel
import Synchronization
import SystemPackage

/// Takes the files of watched folders once they are settled and whole, and writes each into the ledger, where it waits
/// for its turn.
final class ArrivalDesk: Sendable {
  private struct State {
    var table: SettleTable
    /// What was found in a folder that is watched for the first time, until it was gone through.
    var found: [FilePath: [FolderSighting]] = [:]
    /// What was said of files that are waited for.
    var told: [FilePath: String] = [:]
    /// Assets as they were read, for the turn of their arrivals.
    var read: [Int64: Asset] = [:]
  }

  /// Larger files are read beside the others, so that nobody waits for them.
  private static let large: UInt64 = 64 << 20
  /// How many assets are remembered; others are read again when their turn comes.
  private static let remembered = 512

  private let setting: WatchSetting
  private let ledger: Ledger
  private let filing: ArrivalFiling
  private let recipes: RecipeTree
  private let elapsed: @Sendable () -> Duration
  private let tell: @Sendable (WatchNews) async -> Void
  private let state: Mutex<State>
  private let remote = Mutex<Set<FilePath>>([])
  private let wakeup = Wakeup()
  /// Poked whenever something waits for its turn.
  private let arrived: Wakeup

  init(
    _ setting: WatchSetting, _ ledger: Ledger, _ recipes: RecipeTree, arrived: Wakeup,
    elapsed: @escaping @Sendable () -> Duration, tell: @escaping @Sendable (WatchNews) async -> Void
  ) {
    self.setting = setting
    self.ledger = ledger
    self.filing = ArrivalFiling(
      filing: setting.filing, ledger: ledger, usesSidecars: recipes.usesSidecars)
    self.recipes = recipes
    self.arrived = arrived
    self.elapsed = elapsed
    self.tell = tell
    self.state = Mutex(State(table: SettleTable(quiet: setting.settle, patience: setting.patience)))
  }

  /// How many files are not settled yet.
  var unsettled: Int { state.withLock { $0.table.count } }

  /// Takes note that others write in a folder too, of whom this machine knows nothing.
  func learnRemote(_ folder: FilePath) { _ = remote.withLock { $0.insert(folder) } }

  /// What was read of an arrival, once.
  func takeAsset(of arrival: Int64) -> Asset? { state.withLock { $0.read.removeValue(forKey: arrival) } }

  /// Looks at a file again that is not the one that waited.
  func lookAgain(at path: FilePath) {
    let stamp = FileState(ofFileAt: path)?.stamp
    state.withLock { $0.table.see(path, stamp, at: elapsed()) }
    wakeup.poke()
  }

  // MARK: - Sightings

  /// Holds what is found in a folder back until it was gone through.
  func collect(in folder: FilePath) { state.withLock { $0.found[folder] = [] } }

  /// Takes note of what was seen in a folder; what the ledger knows as it is is left alone.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  func see(_ sightings: [FolderSighting], in folder: FilePath) async throws(KeepError) {
    var seen: [FilePath: FolderSighting] = [:]
    var marks: [ArrivalMark] = []
    for sighting in sightings {
      guard let below = sighting.path.below(folder) else { continue }
      guard let state = sighting.state, !Self.isRecipe(sighting.path) else {
        if sighting.state == nil { forget(sighting.path) }
        continue
      }
      seen[below] = sighting
      marks.append(ArrivalMark(path: below, stamp: state.mark))
    }
    let unknown = try await ledger.unknown(marks, in: folder).compactMap { seen[$0.path] }
    guard !unknown.isEmpty else { return }
    let now = elapsed()
    state.withLock { state in
      if state.found[folder] != nil {
        state.found[folder]? += unknown
      } else {
        for sighting in unknown { state.table.see(sighting.path, sighting.stamp, at: now) }
      }
    }
    wakeup.poke()
  }

  private func forget(_ path: FilePath) {
    state.withLock { $0.table.see(path, nil, at: elapsed()) }
  }

  private static func isRecipe(_ path: FilePath) -> Bool {
    path.lastComponent?.string == WatchSetting.recipeName
  }

  private static func isSidecar(_ path: FilePath) -> Bool {
    ["yaml", "yml", "json"].contains(path.extension?.lowercased() ?? "")
  }

  /// Decides, once a folder was gone through for the first time, what becomes of the files that are there.
  ///
  /// - Throws: ``KeepError`` with `usage` for more than are run unasked, `ledger_unusable`.
  func release(_ folder: FilePath) async throws(KeepError) {
    guard let found = state.withLock({ $0.found.removeValue(forKey: folder) }) else { return }
    switch setting.existing {
    case .ask where found.count > WatchSetting.mostUnasked:
      throw KeepError(
        .usage, .path(folder),
        "\(found.count) files are there that were never run; each would cost a run",
        hint: "--existing run takes them, --existing skip leaves them alone and takes only what comes after")
    case .skip:
      let files = found.compactMap { sighting -> (mark: ArrivalMark, size: ByteCount)? in
        guard let below = sighting.path.below(folder), let state = sighting.state else { return nil }
        return (ArrivalMark(path: below, stamp: state.mark), ByteCount(state.stamp.size))
      }
      try await passOver(files, in: folder)
      let words = files.count == 1 ? "1 file that was there is" : "\(files.count) files that were there are"
      if !files.isEmpty { await tell(.note("\(words) left alone", about: folder)) }
    case .ask, .run:
      let now = elapsed()
      state.withLock { state in
        for sighting in found { state.table.see(sighting.path, sighting.stamp, at: now) }
      }
      wakeup.poke()
    }
    try await ledger.recordWatched(folder)
  }

  private func passOver(
    _ files: [(mark: ArrivalMark, size: ByteCount)], in folder: FilePath
  ) async throws(KeepError) {
    try await ledger.recordPassedOver(files, in: folder, reason: "was there before it was watched")
  }

  // MARK: - Settling

  /// Looks at files until they are settled, reads them and records them, until cancelled or stopped.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  func run(_ clock: any Clock<Duration>, _ interruption: Interruption) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var reading = 0
      while !interruption.isRaised, !Task.isCancelled {
        var small: [(FilePath, FileStamp)] = []
        for (path, stamp) in await settled() {
          guard stamp.size >= Self.large else {
            small.append((path, stamp))
            continue
          }
          if reading >= 2 {
            try await group.next()
            reading -= 1
          }
          reading += 1
          group.addTask { try await self.take(path, stamp) }
        }
        for (path, stamp) in small { try await take(path, stamp) }
        let next = state.withLock { $0.table.next }
        let pause = next.map { max(.milliseconds(5), $0 - elapsed()) } ?? .seconds(3600)
        await wakeup.wait(pause, clock, interruption)
      }
      group.cancelAll()
      while (try? await group.next()) != nil {}
    }
  }

  /// Those that are settled by now.
  private func settled() async -> [(FilePath, FileStamp)] {
    var settled: [(FilePath, FileStamp)] = []
    let now = elapsed()
    for path in state.withLock({ $0.table.due(at: now, limit: 256) }) {
      let stamp: FileStamp?
      do throws(Errno) {
        stamp = try FileState.look(at: path)?.stamp
      } catch {
        // A share that does not answer has not lost its files.
        state.withLock { $0.table.lookLater(path, at: elapsed()) }
        continue
      }
      let isRemote = remote.withLock { $0.contains { path.starts(with: $0) } }
      // Of a share, this machine knows only who writes here.
      let hasWriter = stamp == nil || isRemote ? nil : FileWriters.isBeingWritten(path)
      let verdict = state.withLock { $0.table.look(path, stamp, hasWriter: hasWriter, at: elapsed()) }
      switch verdict {
      case .settled(let stamp): settled.append((path, stamp))
      case .incomplete(let stamp, let reason): await give(up: path, stamp, reason)
      case .wait, .gone: break
      }
    }
    return settled
  }

  /// Reads a settled file and records it; one that is not whole is waited for.
  @concurrent private func take(_ path: FilePath, _ stamp: FileStamp) async throws(KeepError) {
    guard let folder = setting.folder(of: path), let below = path.below(folder) else { return }
    let (recipe, notes) = recipes.recipe(for: below, in: folder)
    for note in notes { await tell(note.news) }
    guard let state = FileState(ofFileAt: path), state.stamp == stamp else { return lookAgain(at: path) }
    let mark = ArrivalMark(path: below, stamp: state.mark)
    if try await ledger.wasPassedOver(below, in: folder, likeness: state.likeness, identity: state.identity) {
      // Touched, renamed, or its mode was changed: it is left alone as before.
      return try await passOver([(mark, ByteCount(stamp.size))], in: folder)
    }
    if let reason = AssetList.reasonToPassOver(path) {
      // What gives values to another file stays beside it.
      if Self.isSidecar(path), (try? recipe.get())?.wish.usesSidecars == true { return }
      try await record(mark, folder, state, .skipped, reason)
      return
    }
    let asset: Asset
    do throws(KeepError) {
      let reader = (try? recipe.get())?.wish.reader ?? AssetReader(maximumSize: .mebibytes(65_536))
      let file = try FileReader(path, code: .inputRejected)
      asset = try reader.read(file, since: stamp)
    } catch {
      guard error.code == .inputRejected else {
        if error.code != .interrupted { await postpone(path, stamp, error.reason) }
        return
      }
      return await postpone(path, stamp, error.reason)
    }
    let original = asset.original ?? asset.checksum
    if let known = try await ledger.latestArrival(of: below, in: folder), known.checksum == original,
      known.arrival.state != .gone, known.arrival.movedTo ?? below == below
    {
      // Touched, or its mode was changed: the same file as before.
      try await ledger.restamp(known.arrival.id, mark.stamp)
      return
    }
    let isUrgent = below.components.first?.string == WatchSetting.urgentName && below.components.count > 1
    let arrival = try await ledger.recordArrival(
      mark, in: folder, size: ByteCount(stamp.size), checksum: original, isUrgent: isUrgent)
    CrashPoint.arrived.pass()
    if let arrival {
      self.state.withLock { state in
        if state.read.count < Self.remembered { state.read[arrival.id] = asset }
      }
    }
    arrived.poke()
  }

  private func postpone(_ path: FilePath, _ stamp: FileStamp, _ reason: String) async {
    let isNews = state.withLock { state in
      state.table.postpone(path, stamp, reason: reason, at: elapsed())
      if state.told.count > 10_000 { state.told = [:] }
      return state.told.updateValue(reason, forKey: path) != reason
    }
    if isNews { await tell(.note("is waited for: \(reason)", about: path)) }
  }

  /// Parks a file that never became whole.
  private func give(up path: FilePath, _ stamp: FileStamp, _ reason: String) async {
    guard let folder = setting.folder(of: path), let below = path.below(folder),
      let state = FileState(ofFileAt: path), state.stamp == stamp
    else { return lookAgain(at: path) }
    try? await record(ArrivalMark(path: below, stamp: state.mark), folder, state, .failed, reason)
  }

  /// Records a file for which nothing is run.
  private func record(
    _ mark: ArrivalMark, _ folder: FilePath, _ state: FileState, _ end: Arrival.State, _ reason: String
  ) async throws(KeepError) {
    let arrival = try await ledger.recordArrival(
      mark, in: folder, size: ByteCount(state.stamp.size), checksum: nil, isUrgent: false, state: end,
      reason: reason)
    if let arrival { await tell(.arrival(try await filing.filed(arrival, tell))) }
  }
}

extension FilePath {
  /// Where it lies below a folder; `nil` where it does not.
  func below(_ folder: FilePath) -> FilePath? {
    var rest = self
    return rest.removePrefix(folder) && !rest.isEmpty ? rest : nil
  }
}
