internal import Dispatch
internal import Glibc
internal import KeepModel
internal import Synchronization
internal import SystemPackage

/// Hands news from threads that look into folders to the one task that tells them, one after the other.
///
/// Looking blocks, on a dead network share for ever, so it has no place on the threads that all tasks share. A thread
/// waits until its news were taken, so no more than one lies here however slowly they are told.
final class NewsHandover: Sendable {
  private struct State {
    var news: FolderNews?
    var taker: CheckedContinuation<FolderNews?, Never>?
    var threads: Int
    var isStopped = false
  }

  private let state: Mutex<State>
  /// Whether news can be put down: 1 or 0.
  private let place = DispatchSemaphore(value: 0)
  /// Readable for ever once it is stopped, for threads that wait in `poll(2)`.
  let stopped: FileDescriptor
  private let lever: FileDescriptor

  /// Between so many threads and a task.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when the process has no descriptors left.
  init(threads: Int) throws(KeepError) {
    self.state = Mutex(State(threads: threads))
    do {
      (self.stopped, self.lever) = try FileDescriptor.pipe()
    } catch {
      throw KeepError(
        .localIO, .none, "the folders cannot be watched: \(error)",
        hint: "close other programs, or raise the limit of open files (ulimit -n)")
    }
    for end in [stopped, lever] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    place.signal()
  }

  deinit {
    for end in [stopped, lever] { try? end.close() }  // nothing is left to be read
  }

  /// Whether the threads are to end.
  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Lets the threads end.
  func stop() {
    state.withLock { $0.isStopped = true }
    _ = try? lever.writeAll([0])  // the pipe is empty and open, so this cannot fail
    place.signal()
  }

  /// Waits until news can be put down, on a thread; whether they were, or it is stopped.
  @discardableResult
  func put(_ news: FolderNews) -> Bool {
    place.wait()
    let (isStopped, taker) = state.withLock { state -> (Bool, CheckedContinuation<FolderNews?, Never>?) in
      guard !state.isStopped else { return (true, nil) }
      defer { state.taker = nil }
      if state.taker == nil { state.news = news }
      return (false, state.taker)
    }
    if isStopped || taker != nil { place.signal() }  // the next may put theirs down, or end
    taker?.resume(returning: news)
    return !isStopped
  }

  /// A thread says that it put down its last.
  func end() {
    let taker = state.withLock { state -> CheckedContinuation<FolderNews?, Never>? in
      state.threads -= 1
      guard state.threads == 0 else { return nil }
      defer { state.taker = nil }
      return state.taker
    }
    taker?.resume(returning: nil)
  }

  /// The next news, in a task; `nil` once all threads have ended.
  func next() async -> FolderNews? {
    await withCheckedContinuation { continuation in
      let (isOver, news) = state.withLock { state -> (Bool, FolderNews?) in
        if let news = state.news {
          state.news = nil
          return (true, news)
        }
        guard state.threads > 0 else { return (true, nil) }
        state.taker = continuation
        return (false, nil)
      }
      if news != nil { place.signal() }
      if isOver { continuation.resume(returning: news) }
    }
  }
}
