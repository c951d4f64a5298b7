import KeepModel
import Synchronization
import Testing

@testable import KeepArchive

@Suite struct DownloadLimiterTests {
  @Test func aLimitIsAtLeastOne() {
    #expect(DownloadLimiter(limit: 0).limit == 1)
  }

  @Test func permitsComeBackAfterFailures() async throws {
    let limiter = DownloadLimiter(limit: 1)
    for _ in 0..<3 {
      await #expect(throws: KeepError(.failure, .none, "")) {
        try await limiter.withPermit { throw KeepError(.failure, .none, "no") }
      }
    }
    #expect(try await limiter.withPermit { 5 } == 5)
  }

  @Test func aCanceledWaiterLeavesTheQueueAndTakesNothing() async throws {
    let limiter = DownloadLimiter(limit: 1)
    let codes = Mutex<[KeepError.Code?]>([])
    try await limiter.withPermit {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            do {
              try await limiter.withPermit {}
            } catch {
              codes.withLock { $0.append((error as? KeepError)?.code) }
            }
          }
        }
        await Task.yield()
        group.cancelAll()
      }
    }
    #expect(codes.withLock { $0 } == Array(repeating: .interrupted, count: 20))
    #expect(try await limiter.withPermit { 1 } == 1)
  }

  @Test func manyTasksShareFewPermits() async throws {
    let limiter = DownloadLimiter(limit: 3)
    let state = Mutex((now: 0, peak: 0, done: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<200 {
        group.addTask {
          try await limiter.withPermit {
            state.withLock { state in
              state.now += 1
              state.peak = max(state.peak, state.now)
            }
            await Task.yield()
            state.withLock { state in
              state.now -= 1
              state.done += 1
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(state.withLock { $0.done } == 200)
    #expect(state.withLock { $0.peak } <= 3)
  }
}
