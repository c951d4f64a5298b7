import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepPipeline

/// Outputs as plain files: named by stem, node and number, never overwriting.
@Suite struct ExportTests {
  let bench: Bench

  init() throws { bench = try Bench([.result: { _ in FakeService.result(of: "req-1", pictures: 2) }]) }

  private var exported: [String] { bench.folder.files().filter { $0.hasPrefix("out/") } }

  private func run() async throws -> SubmissionOutcome {
    let folder = bench.folder("out")
    return try await bench.run(try bench.submission()) { $0.exportFolder = folder }
  }

  @Test func outputsAreNumberedWithinTheirNode() async throws {
    #expect(try await run().state == .archived)
    #expect(exported == ["out/cat.136.1.png", "out/cat.136.2.png"])
    // Again, now from the bundle: the same bytes are left as they are.
    #expect(try await run().wasKeptAlready)
    #expect(exported == ["out/cat.136.1.png", "out/cat.136.2.png"])
  }

  @Test func whatIsThereIsPassedOver() async throws {
    try bench.folder.write([7], to: "out/cat.136.1.png")
    #expect(try await run().state == .archived)
    #expect(exported == ["out/cat.136.1-2.png", "out/cat.136.1.png", "out/cat.136.2.png"])
    #expect(try bench.folder.read("out/cat.136.1.png") == [7])
  }

  @Test func aMissingExportIsMadeFromTheBundle() async throws {
    _ = try await bench.run(try bench.submission())
    #expect(exported == [])
    #expect(try await run().wasKeptAlready)
    #expect(exported.count == 2)
    #expect(bench.service.count(.output) == 2)
  }

  @Test func anExportThatFailsLeavesTheBundleAndSaysBoth() async throws {
    _ = try await bench.run(try bench.submission())
    try bench.folder.write([1], to: "out")
    for _ in 0..<2 {
      let outcome = try await run()
      #expect(outcome.exitStatus == 74)
      #expect(outcome.bundle == bench.folder("archive/2026-09-21/cat/run-req-1.zip"))
      #expect(outcome.outputs == 2)
      #expect(outcome.error?.reason.contains("kept") == true)
      #expect(try await bench.state() == .archived)
      #expect(!bench.left.contains { $0.contains(".comfykeep") })
    }
    #expect(bench.posts == 1)
  }
}
