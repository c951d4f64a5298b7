import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct WaitingLineTests {
  @Test func whoIsMoreUrgentComesFirstAndOthersInTheirOrder() async throws {
    let line = WaitingLine(width: 1)
    let order = Tally()
    try await line.enter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, urgency) in [5, 5, 1, 9, 1, 5].enumerated() {
        group.addTask {
          try await line.within(urgency: Int64(urgency)) { order.add(number) }
        }
        while line.waitingCount <= number { await Task.yield() }
      }
      line.leave()
      try await group.waitForAll()
    }
    #expect(order.numbers == [2, 4, 0, 1, 5, 3])
  }

  @Test func noMoreThanItsWidthAreInside() async throws {
    let line = WaitingLine(width: 3)
    let inside = Tally()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<200 {
        group.addTask {
          try await line.within {
            inside.add(1)
            await Task.yield()
            inside.add(-1)
          }
        }
      }
      try await group.waitForAll()
    }
    let sums = inside.numbers.reduce(into: [0]) { sums, step in sums.append((sums.last ?? 0) + step) }
    #expect(sums.max() == 3)
  }

  @Test func whoGivesUpLeavesTheLineAndTakesNoPlace() async throws {
    let line = WaitingLine(width: 1)
    try await line.enter()
    let waiter = Task { try await line.enter() }
    while line.waitingCount == 0 { await Task.yield() }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    line.leave()
    try await line.enter()
    line.leave()
    let late = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await line.enter()
    }
    // A free place is not waited for, so a cancelled task may have it or not; none is lost either way.
    if (try? await late.value) != nil { line.leave() }
    try await line.enter()
  }

  @Test func aPlaceTakenWithoutAskingIsMadeUpFor() async throws {
    let line = WaitingLine(width: 2)
    for _ in 0..<3 { line.occupy() }
    let waiter = Task { try await line.enter() }
    while line.waitingCount == 0 { await Task.yield() }
    line.leave()
    #expect(line.waitingCount == 1)
    line.leave()
    try await waiter.value
  }
}

private final class Tally: Sendable {
  private let held = Mutex<[Int]>([])

  var numbers: [Int] { held.withLock { $0 } }

  func add(_ number: Int) { held.withLock { $0.append(number) } }
}
