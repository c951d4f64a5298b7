import KeepModel
import KeepTransport
import Synchronization
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// faults.md row 90.
@Suite(.timeLimit(.minutes(10))) struct SweepOrderTests {
  @Test func theNearestDeadlineIsFetchedFirst() async throws {
    let hours = [5, 1, 9, 3, 7, 2, 8, 4, 6, 0]
    let bench = try Bench([.status: { _ in FakeService.json(#"{"status":"completed"}"#) }])
    let archive = try await bench.archive()
    for hour in hours {
      bench.time.withLock { $0 = Bench.noon.advanced(by: .seconds((hour - 48) * 3600)) }
      try await archive.ledger.adopt(Request(id: RequestID("run-\(hour)"), deployment: "d-1"))
    }
    bench.time.withLock { $0 = Bench.noon }
    let lanes = Mutex<RunLanes?>(nil)
    let fetched = Mutex<[String]>([])
    let transport = ObservedTransport(base: bench.transport) { request in
      let place = request.url.description
      guard place.hasPrefix("https://files.example.net/") else { return }
      let count = fetched.withLock { fetched in
        fetched.append(String(request.url.path.split(separator: "/").first ?? ""))
        return fetched.count
      }
      // Whoever came first holds the only place until all the others stand in line.
      guard count == 1, let keeping = lanes.withLock({ $0?.keeping }) else { return }
      while keeping.waitingCount < hours.count - 1 { await Task.yield() }
    }
    let pipeline = try bench.pipeline(archive, over: transport)
    for _ in 1..<RunLanes.keepers { pipeline.lanes.keeping.occupy() }
    lanes.withLock { $0 = pipeline.lanes }
    let outcomes = try await ArchiveSweep(pipeline).once()
    #expect(outcomes.map(\.state) == Array(repeating: .archived, count: hours.count))
    #expect(outcomes.compactMap(\.request?.rawValue) == hours.sorted().map { "run-\($0)" })
    let names = fetched.withLock { $0 }
    #expect(names.count == hours.count)
    #expect(Array(names.dropFirst()) == names.dropFirst().sorted())
  }
}
