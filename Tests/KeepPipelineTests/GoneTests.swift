import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// Results and outputs that the service has deleted, and bundles that somebody else has.
@Suite struct GoneTests {
  static let late = Bench.noon.advanced(by: .seconds(8 * 86_400))

  /// A service that tells the result once, and has so many of two pictures.
  private func bench(pictures: Int) throws -> Bench {
    try Bench([
      .result: { number in
        number == 0 ? FakeService.result(of: "req-1", pictures: 2) : FakeService.json("gone", status: 404)
      },
      .output: { number in number >= pictures ? FakeService.json("gone", status: 404) : nil },
    ])
  }

  @Test func aRunWhoseFilesAndResultAreGoneStaysOpenEarlyAndExpiresLate() async throws {
    let bench = try bench(pictures: 0)
    let submission = try bench.submission()
    for allowsPartial in [false, true] {
      let early = try await bench.run(submission) { $0.allowsPartial = allowsPartial }
      #expect(early.state == .unfinished)
      #expect(early.exitStatus == 69)
      #expect(try await bench.state() == .finished)
    }
    bench.time.withLock { $0 = Self.late }
    let late = try await bench.run(submission) { $0.allowsPartial = true }
    #expect(late.state == .expired)
    #expect(late.exitStatus == 31)
    #expect(try await bench.state() == .expired)
    #expect(bench.left == [])
    #expect(bench.posts == 1)
  }

  @Test func whatIsLeftAfterTheServiceDeletedTheRestIsKeptWhenAPartIsEnough() async throws {
    let bench = try bench(pictures: 1)
    let submission = try bench.submission()
    let early = try await bench.run(submission)
    #expect(early.exitStatus == 23)
    bench.time.withLock { $0 = Self.late }
    for _ in 0..<2 {
      let late = try await bench.run(submission)
      #expect(late.exitStatus == 31)
      #expect(late.error?.code == .expired)
      #expect(late.error?.hint?.contains("--allow-partial") == true)
      #expect(late.bundle == nil)
      #expect(try await bench.state() == .finished)
    }
    let partial = try await bench.run(submission) { $0.allowsPartial = true }
    #expect(partial.state == .partial)
    #expect(partial.outputs == 1)
    #expect(partial.bundle?.string.hasSuffix(".partial.zip") == true)
    #expect(try await bench.state() == .partial)
    #expect(bench.posts == 1)
  }

  @Test func aPartIsKeptEarlyTooWhenItIsEnough() async throws {
    let bench = try bench(pictures: 1)
    let outcome = try await bench.run(try bench.submission()) { $0.allowsPartial = true }
    #expect(outcome.state == .partial)
    #expect(outcome.exitStatus == 3)
  }

  // MARK: Bundles

  private func remove(_ path: FilePath?) { path?.withPlatformString { _ = unlink($0) } }

  @Test func aKeptBundleThatIsGoneIsFetchedAgainAndNeverSubmitted() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let first = try await bench.run(submission)
    let files = bench.left
    remove(first.bundle)
    let again = try await bench.run(submission) { $0.repeatsEnded = true }
    #expect(again.state == .archived)
    #expect(again.error == nil)
    #expect(again.wasKeptAlready)
    #expect(again.bundle == first.bundle)
    #expect(again.bundleChecksum == first.bundleChecksum)
    #expect(bench.left == files)
    remove(first.bundle)
    let archived = await (try bench.pipeline(try await bench.archive())).archive(
      Request(id: "req-1", deployment: "d-1"))
    #expect(archived.bundleChecksum == first.bundleChecksum)
    #expect(try await bench.story().suffix(4) == ["restored", "archived", "restored", "archived"])
    #expect(bench.posts == 1)
  }

  @Test func aBundleThatCannotBeMadeTheSameIsKeptAsItCanBeMadeAndToldSo() async throws {
    let bench = try Bench()
    let submission = try bench.submission()
    let first = try await bench.run(submission)
    remove(first.bundle)
    remove(bench.folder("photos/cat.png"))
    let again = await (try bench.pipeline(try await bench.archive())).archive(
      Request(id: "req-1", deployment: "d-1"))
    #expect(again.state == .archived)
    let checksum = try #require(again.bundleChecksum)
    #expect(checksum != first.bundleChecksum)
    #expect(bench.notes.contains { $0.contains("\(checksum)") })
    #expect(try await bench.entry()?.kept?.checksum == checksum)
    let reports = await Verification.reports(of: [try #require(again.bundle)])
    #expect(reports.map(\.exitStatus) == [0], "\(reports.flatMap(\.findings))")
    let sidecar = try bench.folder.read("archive/2026-09-21/cat/run-req-1.zip.sha256")
    #expect(String(decoding: sidecar, as: UTF8.self).hasPrefix("\(checksum)"))
    #expect(bench.posts == 1)
  }

  @Test func aBundleThatIsGoneHereAndThereIsToldWithoutItsPath() async throws {
    let bench = try Bench([.output: { $0 > 0 ? FakeService.json("gone", status: 404) : nil }])
    let submission = try bench.submission()
    let first = try await bench.run(submission)
    remove(first.bundle)
    for _ in 0..<2 {
      let outcome = try await bench.run(submission) { $0.repeatsEnded = true }
      #expect(outcome.state == .unfinished)
      #expect(outcome.error?.code == .fixity)
      #expect(outcome.exitStatus == 30)
      let checksum = try #require(first.bundleChecksum)
      #expect(outcome.error?.hint?.contains("SHA-256 is \(checksum)") == true)
      #expect(outcome.bundle == nil)
      #expect(try await bench.state() == .archived)
    }
    #expect(!bench.left.contains { $0.contains("partial/") })
    #expect(bench.posts == 1)
  }

  @Test func aBundleThatCannotBeFetchedNowIsLeftToALaterCommand() async throws {
    let bench = try Bench([.output: { $0 > 0 && $0 < 40 ? FakeService.unreachable : nil }])
    let submission = try bench.submission()
    let first = try await bench.run(submission)
    remove(first.bundle)
    let offline = try await bench.run(submission)
    #expect(offline.exitStatus == 69)
    #expect(offline.bundle == nil)
    #expect(try await bench.entry()?.kept?.checksum == first.bundleChecksum)
  }
}
