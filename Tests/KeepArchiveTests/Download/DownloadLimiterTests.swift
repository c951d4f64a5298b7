import KeepModel
import Synchronization
import Testing

@testable import KeepArchive

@Suite struct DownloadLimiterTests {
  @Test func aLimitIsAtLeastOne() {
    #expect(DownloadLimiter(limit: 0).limit == 1)
  }

  @Test func permitsComeBackAfterFailures() async throws {
    let limiter = DownloadLimiter(limit: 1).lane()
    for _ in 0..<3 {
      await #expect(throws: KeepError(.failure, .none, "")) {
        try await limiter.withPermit { throw KeepError(.failure, .none, "no") }
      }
    }
    #expect(try await limiter.withPermit { 5 } == 5)
  }

  @Test func aCanceledWaiterLeavesTheQueueAndTakesNothing() async throws {
    let limiter = DownloadLimiter(limit: 1).lane()
    let codes = Tally<[KeepError.Code?]>([])
    try await limiter.withPermit {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            do {
              try await limiter.withPermit {}
            } catch {
              codes.change { $0.append((error as? KeepError)?.code) }
            }
          }
        }
        await Task.yield()
        group.cancelAll()
      }
    }
    #expect(codes.value == Array(repeating: .interrupted, count: 20))
    #expect(try await limiter.withPermit { 1 } == 1)
  }

  @Test func lanesTakeTurnsHoweverManyWaitInEach() async throws {
    let limiter = DownloadLimiter(limit: 1)
    let (many, few) = (limiter.lane(), limiter.lane())
    let order = Tally<[String]>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
      try await limiter.lane().withPermit {
        for _ in 0..<1000 {
          group.addTask { try await many.withPermit { order.change { $0.append("many") } } }
        }
        while limiter.waitingCount < 1000 { await Task.yield() }
        for _ in 0..<2 { group.addTask { try await few.withPermit { order.change { $0.append("few") } } } }
        while limiter.waitingCount < 1002 { await Task.yield() }
      }
      try await group.waitForAll()
    }
    #expect(order.value.prefix(4) == ["many", "few", "many", "few"])
    #expect(order.value.count == 1002)
  }

  @Test func aLaneThatIsLeftEmptyIsPassedOver() async throws {
    let limiter = DownloadLimiter(limit: 1)
    let (one, other) = (limiter.lane(), limiter.lane())
    try await withThrowingTaskGroup(of: Void.self) { group in
      try await limiter.lane().withPermit {
        let canceled = Task { try await one.withPermit {} }
        while limiter.waitingCount < 1 { await Task.yield() }
        group.addTask { try await other.withPermit {} }
        while limiter.waitingCount < 2 { await Task.yield() }
        canceled.cancel()
        await #expect(throws: KeepError.stopped) { try await canceled.value }
      }
      try await group.waitForAll()
    }
    #expect(limiter.waitingCount == 0)
    #expect(try await one.withPermit { 1 } == 1)
  }

  @Test func manyTasksShareFewPermits() async throws {
    let limiter = DownloadLimiter(limit: 3).lane()
    let state = Tally((now: 0, peak: 0, done: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<200 {
        group.addTask {
          try await limiter.withPermit {
            state.change { state in
              state.now += 1
              state.peak = max(state.peak, state.now)
            }
            await Task.yield()
            state.change { state in
              state.now -= 1
              state.done += 1
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(state.value.done == 200)
    #expect(state.value.peak <= 3)
  }
}

private final class Tally<Value: Sendable>: Sendable {
  private let state: Mutex<Value>
  var value: Value { state.withLock { $0 } }
  init(_ value: Value) { state = Mutex(value) }
  func change(_ body: @Sendable (inout Value) -> Void) {
    state.withLock { value in
      var copy = value
      body(&copy)
      value = copy
    }
  }
}
