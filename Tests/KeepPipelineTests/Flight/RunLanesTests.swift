import KeepModel
import Synchronization
import Testing

@testable import KeepPipeline

@Suite(.timeLimit(.minutes(10))) struct RunLanesTests {
  /// How many are inside, at most at once, by deployment and overall.
  private final class Count: Sendable {
    private struct State {
      var inside: [DeploymentID: Int] = [:]
      var most: [DeploymentID: Int] = [:]
      var mostOverall = 0
    }
    private let state = Mutex(State())

    var most: [DeploymentID: Int] { state.withLock { $0.most } }
    var mostOverall: Int { state.withLock { $0.mostOverall } }

    func enter(_ deployment: DeploymentID) {
      state.withLock { state in
        state.inside[deployment, default: 0] += 1
        state.most[deployment] = max(state.most[deployment] ?? 0, state.inside[deployment] ?? 0)
        state.mostOverall = max(state.mostOverall, state.inside.values.reduce(0, +))
      }
    }

    func leave(_ deployment: DeploymentID) { state.withLock { $0.inside[deployment, default: 0] -= 1 } }

    func isFull(_ deployment: DeploymentID, _ width: Int) -> Bool {
      state.withLock { $0.most[deployment] ?? 0 >= width }
    }
  }

  /// Flies so many runs on each deployment; the first ones stay until as many as may are in flight at once.
  private func fly(
    _ count: Int, on deployments: [DeploymentID], in lanes: RunLanes, until width: (DeploymentID) -> Int
  ) async throws -> Count {
    let tally = Count()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for deployment in deployments {
        let width = width(deployment)
        for _ in 0..<count {
          group.addTask {
            let place = try await lanes.place(on: deployment)
            tally.enter(deployment)
            while !tally.isFull(deployment, width) { await Task.yield() }
            for _ in 0..<5 { await Task.yield() }
            tally.leave(deployment)
            place.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    return tally
  }

  @Test func asManyAsADeploymentHasInstancesElseFourUnlessSaid() {
    let known = RunLanes(limit: nil, instances: ["d-1": 7, "d-0": 0], overall: 64)
    #expect(["d-1", "d-2", "d-0"].map { known.width(of: $0) } == [7, 4, 1])
    let said = RunLanes(limit: 2, instances: ["d-1": 7], overall: 64)
    #expect(said.width(of: "d-1") == 2)
  }

  @Test func eachDeploymentHasItsPlacesAndNoMore() async throws {
    let lanes = RunLanes(limit: nil, instances: ["d-1": 2, "d-2": 5], overall: 64)
    let tally = try await fly(40, on: ["d-1", "d-2", "d-3"], in: lanes) { lanes.width(of: $0) }
    #expect(tally.most == ["d-1": 2, "d-2": 5, "d-3": 4])
  }

  @Test func noMoreThanTheLimitOfAllAreInFlight() async throws {
    let lanes = RunLanes(limit: 4, instances: [:], overall: 6)
    let tally = try await fly(40, on: ["d-1", "d-2", "d-3"], in: lanes) { _ in 1 }
    #expect(tally.mostOverall <= 6)
    #expect(tally.most.values.allSatisfy { $0 <= 4 })
    let alone = try await fly(40, on: ["d-1"], in: lanes) { _ in 4 }
    #expect(alone.mostOverall == 4)
  }

  @Test func aPlaceLeftTwiceIsFreeOnce() async throws {
    let lanes = RunLanes(limit: 1, instances: [:], overall: 2)
    let place = try await lanes.place(on: "d-1")
    place.leave()
    place.leave()
    let tally = try await fly(20, on: ["d-1"], in: lanes) { _ in 1 }
    #expect(tally.mostOverall == 1)
  }

  @Test func aPlaceThatIsLetGoOfIsFreeAgain() async throws {
    let lanes = RunLanes(limit: 1, instances: [:], overall: 1)
    for _ in 0..<3 { _ = try await lanes.place(on: "d-1") }
    _ = try await lanes.place(on: "d-2")
  }

  @Test func whoGivesUpWaitingForAPlaceOfAllLeavesThatOfItsDeployment() async throws {
    let lanes = RunLanes(limit: 1, instances: [:], overall: 1)
    let held = try await lanes.place(on: "d-1")
    let waiter = Task { try await lanes.place(on: "d-2") }
    for _ in 0..<20 { await Task.yield() }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    held.leave()
    let place = try await lanes.place(on: "d-2")
    place.leave()
  }

  @Test func whatIsInFlightAlreadyTakesAPlaceThatOthersWaitFor() async throws {
    let lanes = RunLanes(limit: 1, instances: [:], overall: 8)
    let resumed = [lanes.placeAnyway(on: "d-1"), lanes.placeAnyway(on: "d-1")]
    let story = Mutex<[String]>([])
    let waiter = Task {
      let place = try await lanes.place(on: "d-1")
      story.withLock { $0.append("placed") }
      place.leave()
    }
    for place in resumed {
      for _ in 0..<20 { await Task.yield() }
      story.withLock { $0.append("left") }
      place.leave()
    }
    try await waiter.value
    #expect(story.withLock { $0 } == ["left", "left", "placed"])
  }
}
