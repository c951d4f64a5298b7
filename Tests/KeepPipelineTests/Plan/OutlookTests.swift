import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepPipeline

/// What a plan says of runs that were made before, in every state that they can be left in.
@Suite struct OutlookTests {
  private func outlook(_ bench: Bench, repeatsEnded: Bool = false) async throws -> RunOutlook? {
    let item = bench.item(try bench.submission())
    let plan = RunPlan(
      runs: [PlannedRun(item: item, bodySize: 10, preview: nil, placements: [], warnings: [])], skipped: [],
      warnings: [])
    return try await plan.outlooks(in: bench.archive(.reading), repeatsEnded: repeatsEnded).first ?? nil
  }

  @Test func aKeptRunIsToldWithItsPlace() async throws {
    let bench = try Bench()
    let outcome = try await bench.run(try bench.submission())
    let outlook = try await outlook(bench)
    #expect(outlook?.standing == .kept)
    #expect(outlook?.reason == "kept at \(outcome.bundle?.string ?? "")")
  }

  @Test func aRunInDoubtIsToldWithWhatIsDoubtful() async throws {
    let bench = try Bench([.submit: { _ in FakeService.silence }])
    #expect(try await bench.run(try bench.submission()).state == .inDoubt)
    let outlook = try await outlook(bench)
    #expect(outlook?.standing == .inDoubt)
    #expect(
      outlook?.reason?.hasPrefix("may have been submitted on 2026-09-21") == true, "\(outlook?.reason ?? "")")
  }

  @Test func aRunThatGoesOnIsToldWithItsRequest() async throws {
    let bench = try Bench.stopped(cancel: FakeService.json("{}"))
    #expect(try await bench.run(try bench.submission()).state == .unfinished)
    let outlook = try await outlook(bench)
    #expect(outlook?.standing == .underWay)
    #expect(outlook?.reason == "was submitted as request req-1")
  }

  @Test func aFailedRunIsToldWithItsReasonAndRunsAgainWhereAsked() async throws {
    let failed = FakeService.json(
      #"{"status":"failed","request_id":"req-1","created_at":"2026-09-21T11:00:00Z","error":"out of memory"}"#
    )
    let bench = try Bench([.result: { _ in failed }])
    #expect(try await bench.run(try bench.submission()).state == .failed)
    let told = try await outlook(bench)
    #expect(told?.standing == .ended)
    #expect(told?.reason?.hasPrefix("failed before") == true, "\(told?.reason ?? "")")
    #expect(try await outlook(bench, repeatsEnded: true)?.standing == .submit)
  }

  @Test func anAbandonedRunIsToldSo() async throws {
    let bench = try Bench([.submit: { _ in FakeService.silence }])
    let key = try #require(try await bench.run(try bench.submission()).key)
    _ = try await bench.archive().resolve(key.rawValue, .abandon)
    let outlook = try await outlook(bench)
    #expect(outlook?.standing == .ended)
    #expect(outlook?.reason?.hasPrefix("was abandoned before") == true)
  }
}
