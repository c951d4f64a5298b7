import Glibc
import KeepFiles
import KeepModel
import Synchronization
import SystemPackage

/// Remembers what a ``FolderSource`` told.
final class NewsLog: Sendable {
  struct Told: Sendable {
    /// What was told last of each path that has a file. (The kernel does not tell that a file got another link, which
    /// changes its state and not its stamp.)
    var files: [FilePath: FileStamp] = [:]
    /// The whole of it.
    var states: [FilePath: FileState] = [:]
    /// How often each path was told.
    var times: [FilePath: Int] = [:]
    /// All other news, in order.
    var others: [FolderNews] = []
    /// The size of the largest batch.
    var largest = 0

    func scans(of root: FilePath) -> Int { others.count { $0 == .scanned(root) } }
  }
  private struct Waiter {
    let condition: @Sendable (Told) -> Bool
    let continuation: CheckedContinuation<Bool, Never>
  }
  private struct State {
    var told = Told()
    var waiters: [Int: Waiter] = [:]
    var next = 0
  }
  private let state = Mutex(State())

  var told: Told { state.withLock { $0.told } }

  func add(_ news: FolderNews) {
    let ready = state.withLock { state -> [Waiter] in
      if case .sightings(let sightings) = news {
        state.told.largest = max(state.told.largest, sightings.count)
        for sighting in sightings {
          state.told.files[sighting.path] = sighting.stamp
          state.told.states[sighting.path] = sighting.state
          state.told.times[sighting.path, default: 0] += 1
        }
      } else {
        state.told.others.append(news)
      }
      let ready = state.waiters.filter { $0.value.condition(state.told) }
      for key in ready.keys { state.waiters[key] = nil }
      return Array(ready.values)
    }
    for waiter in ready { waiter.continuation.resume(returning: true) }
  }

  /// Waits until what was told meets a condition.
  ///
  /// - Throws: `CancellationError` when the test's time is over.
  func wait(for condition: @escaping @Sendable (Told) -> Bool) async throws {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    let isMet = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state -> Bool? in
          if condition(state.told) { return true }
          if Task.isCancelled { return false }
          state.waiters[number] = Waiter(condition: condition, continuation: continuation)
          return nil
        }
        if let isOver { continuation.resume(returning: isOver) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: false)
    }
    if !isMet { throw CancellationError() }
  }

  /// Waits until what was told last is what lies in a folder now.
  func waitForAll(in folder: FilePath) async throws {
    let files = filesThere(folder)
    try await wait { $0.files.count == files.count && $0.files == files }
  }
}

/// Runs a source while `body` acts, and ends it after.
func following(_ source: any FolderSource, _ body: @Sendable (NewsLog) async throws -> Void) async throws {
  let log = NewsLog()
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await source.run { log.add($0) } }
    try await body(log)
    group.cancelAll()
    try await group.waitForAll()
  }
}

/// All regular files below a folder but hidden ones, seen without the code under test.
func filesThere(_ folder: FilePath) -> [FilePath: FileStamp] {
  var files: [FilePath: FileStamp] = [:]
  guard let stream = folder.withPlatformString({ opendir($0) }) else { return files }
  defer { closedir(stream) }
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
    }
    guard name[0] != 0x2e, let component = FilePath.Component(platformString: name) else { continue }
    let path = folder.appending(component)
    switch FileKind(of: path) {
    case .folder: files.merge(filesThere(path)) { $1 }
    case .file: files[path] = FileStamp(of: path)
    default: break
    }
  }
  return files
}

/// Numbers that are random and the same each time (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var number = state
    number = (number ^ (number >> 30)) &* 0xbf58_476d_1ce4_e5b9
    number = (number ^ (number >> 27)) &* 0x94d0_49bb_1331_11eb
    return number ^ (number >> 31)
  }
}
