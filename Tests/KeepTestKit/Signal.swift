import Foundation
import Synchronization

/// Something that happens once, which tasks and threads can wait for.
public final class Signal: Sendable {
  private struct State {
    var hasFired = false
    var tasks: [CheckedContinuation<Void, Never>] = []
    var threads: [DispatchSemaphore] = []
  }
  private let state = Mutex(State())

  /// Not fired yet.
  public init() {}

  /// Lets all go on that wait or will wait.
  public func fire() {
    let (tasks, threads) = state.withLock { state in
      defer { (state.tasks, state.threads) = ([], []) }
      state.hasFired = true
      return (state.tasks, state.threads)
    }
    for task in tasks { task.resume() }
    for thread in threads { thread.signal() }
  }

  /// Waits in a task.
  public func wait() async {
    await withCheckedContinuation { continuation in
      let hasFired = state.withLock { state in
        if !state.hasFired { state.tasks.append(continuation) }
        return state.hasFired
      }
      if hasFired { continuation.resume() }
    }
  }

  /// Waits on a thread of its own, as a server's script has.
  public func waitOnThread() {
    let semaphore = DispatchSemaphore(value: 0)
    let hasFired = state.withLock { state in
      if !state.hasFired { state.threads.append(semaphore) }
      return state.hasFired
    }
    if !hasFired { semaphore.wait() }
  }
}
