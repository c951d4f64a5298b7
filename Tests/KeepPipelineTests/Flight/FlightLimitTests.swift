import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@testable import KeepPipeline

/// A whole batch, and how many of its runs the service has at once.
@Suite(.timeLimit(.minutes(10))) struct FlightLimitTests {
  /// Runs that were submitted and whose result was not asked for yet.
  private final class Flight: Sendable {
    private let state = Mutex((now: 0, most: 0))
    var most: Int { state.withLock { $0.most } }

    func change(by step: Int) {
      state.withLock { state in
        state.now += step
        state.most = max(state.most, state.now)
      }
    }
  }

  @Test(arguments: [
    (limit: nil as Int?, instances: 2, overall: 64, most: 2), (limit: 3, instances: 2, overall: 64, most: 3),
    (limit: 3, instances: 2, overall: 1, most: 1), (limit: nil, instances: 100, overall: 5, most: 5),
  ])
  func aBatchHasNoMoreInFlightThanMayBe(limit: Int?, instances: Int, overall: Int, most: Int) async throws {
    let bench = try Bench()
    let flight = Flight()
    let transport = ObservedTransport(base: bench.transport) { request in
      if request.url.path.hasSuffix("/inference") {
        flight.change(by: 1)
        // The first ones stay until as many are there as may be.
        while flight.most < most { await Task.yield() }
      } else if request.url.path.hasSuffix("/result") {
        flight.change(by: -1)
      }
    }
    let pipeline = try bench.pipeline(try await bench.archive(), over: transport) { configuration in
      configuration.concurrency = limit
      configuration.instances = ["d-1": instances]
      configuration.overallConcurrency = overall
    }
    let items = try (0..<20).map { bench.item(try bench.submission(UInt8($0), name: "p\($0).png")) }
    let outcomes = await pipeline.run(items)
    #expect(outcomes.allSatisfy { $0.state == .archived })
    #expect(bench.posts == 20)
    #expect(flight.most == most)
  }

  @Test func howManyInstancesADeploymentHasIsTakenFromItself() async throws {
    let answer = """
      {"id":"d-1","name":"n","is_enabled":true,"max_instances":7,
       "payload":{"workflow_api_json":\(FakeService.workflow)}}
      """
    let bench = try Bench([.deployment: { _ in FakeService.json(answer) }])
    let pipeline = try bench.pipeline(try await bench.archive())
    let path = try bench.folder.write(Pictures.png(1), to: "cat.png")
    let wish = RunWish(deployment: "d-1", paths: [path], assets: ["189.image"])
    #expect(try await pipeline.planner.plan(wish).instances == ["d-1": 7])
    let silent = try Bench()
    let other = try silent.pipeline(try await silent.archive())
    #expect(try await other.planner.plan(wish).instances == [:])
  }
}
