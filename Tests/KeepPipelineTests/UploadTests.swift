import Foundation
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepInput
@testable import KeepLedger
@testable import KeepPipeline

/// Files that travel by a URL.
@Suite struct UploadTests {
  /// A store in memory.
  final class Shelf: ObjectStore {
    let name = "s3://shelf"
    let objects = Mutex<[String: Int]>([:])
    let failure = Mutex<KeepError?>(nil)
    let lifetime: Int64?
    let now: @Sendable () -> Timestamp

    init(lifetime: Int64? = nil, now: @escaping @Sendable () -> Timestamp) {
      self.lifetime = lifetime
      self.now = now
    }

    func plannedURL(for asset: Asset) -> HTTPURL? {
      HTTPURL("https://shelf.example.net/\(asset.checksum).png?signature=never-to-be-seen")
    }

    func put(
      _ asset: Asset, progress: @escaping @Sendable (UInt64) -> Void
    ) async throws(KeepError) -> HostedObject {
      if let error = failure.withLock({ $0 }) { throw error }
      progress(asset.size.bytes)
      let count = objects.withLock { objects in
        objects[asset.checksum.hexadecimal, default: 0] += 1
        return objects[asset.checksum.hexadecimal] ?? 0
      }
      guard let url = plannedURL(for: asset) else { throw KeepError(.failure, .none, "is no URL") }
      return HostedObject(
        url: url, key: "\(asset.checksum).png",
        expiresAt: lifetime.map { Timestamp(milliseconds: now().milliseconds + $0) }, wasThere: count > 1)
    }

    func find(_ asset: Asset) async throws(KeepError) -> HostedObject? { nil }
    func remove(_ key: String) async throws(KeepError) {}
  }

  let bench: Bench
  let shelf: Shelf
  let target = UploadTarget.command(CommandTarget(arguments: ["unused"]))

  init() throws {
    let bench = try Bench()
    self.bench = bench
    self.shelf = Shelf { bench.time.withLock { $0 } }
  }

  private func pipeline(
    probe: @escaping @Sendable (HTTPURL) throws(KeepError) -> Void = { _ in }
  ) async throws -> Pipeline {
    var configuration = Pipeline.Configuration(api: try Bench.api())
    configuration.upload = target
    let shelf = shelf
    let bench = bench
    return Pipeline(
      configuration, archive: try await bench.archive(), transport: bench.transport, clock: bench.clock,
      now: { bench.time.withLock { $0 } }, interruption: bench.interruption,
      stores: StoreMaker { _, _ in
        shelf
      } probe: { url, _, _ throws(KeepError) in
        try probe(url)
      },
      report: { event in bench.events.withLock { $0.append(event) } })
  }

  private func wish(_ photos: [FilePath]) -> RunWish {
    var wish = RunWish(deployment: "d-1", paths: photos, assets: ["189.image"])
    wish.upload = target
    wish.preference = .upload
    return wish
  }

  private static func submitted(_ bench: Bench) -> [String] {
    bench.transport.exchanges.filter { $0.request.url.path.hasSuffix("/inference") }
      .map { String(decoding: $0.body, as: UTF8.self) }
  }

  private func photo(_ value: UInt8, _ name: String) throws -> FilePath {
    try bench.folder.write(Pictures.png(value), to: name)
  }

  @Test func anUploadedFileIsSubmittedByItsURLAndKeptInTheBundle() async throws {
    let pipeline = try await pipeline()
    let plan = try await pipeline.plan(wish([try photo(1, "cat.png")]))
    let planned = try #require(plan.runs.first)
    #expect(planned.placements.map(\.way) == [.upload])
    #expect(planned.placements.first?.url?.query == nil)
    let outcomes = await pipeline.run(plan.runs.map(\.item))
    #expect(outcomes.map(\.state) == [.archived])
    let sent = try #require(UploadTests.submitted(bench).first)
    #expect(sent.contains("https://shelf.example.net/"))
    #expect(planned.bodySize?.bytes == UInt64(sent.utf8.count))
    let bundle = try #require(outcomes.first?.bundle)
    let names = String(decoding: try Data(contentsOf: URL(fileURLWithPath: bundle.string)), as: UTF8.self)
    #expect(names.contains("/data/inputs/node-189/image/0000-cat.png"))
    #expect(!names.contains("never-to-be-seen"))
    let uploads = try await pipeline.archive.uploads()
    #expect(uploads.map(\.target) == ["s3://shelf"])
    #expect(uploads.map(\.isNeeded) == [false])
  }

  @Test func theSameBytesAreUploadedOnceForManyRuns() async throws {
    let pipeline = try await pipeline()
    var wish = wish([try photo(1, "cat.png")])
    wish.sweeps = ["25.noise_seed=1..4"]
    let plan = try await pipeline.plan(wish)
    #expect(plan.sending(try await plan.outlooks(in: nil)).uploads.bytes == UInt64(Pictures.png(1).count))
    #expect(await pipeline.run(plan.runs.map(\.item)).map(\.state) == Array(repeating: .archived, count: 4))
    #expect(shelf.objects.withLock { Array($0.values) } == [1])
  }

  @Test func aRefusedUploadSubmitsNothing() async throws {
    shelf.failure.withLock { $0 = KeepError(.uploadFailed, .none, "no") }
    let pipeline = try await pipeline()
    let plan = try await pipeline.plan(wish([try photo(1, "cat.png")]))
    let outcomes = await pipeline.run(plan.runs.map(\.item))
    #expect(outcomes.map(\.state) == [.rejected])
    #expect(outcomes.map(\.exitStatus) == [11])
    #expect(bench.posts == 0)
    shelf.failure.withLock { $0 = nil }
    #expect(await pipeline.run(plan.runs.map(\.item)).map(\.state) == [.archived])
  }

  @Test func aURLThatDoesNotGiveTheFileSubmitsNothing() async throws {
    let pipeline = try await pipeline { _ throws(KeepError) in
      throw KeepError(.uploadFailed, .none, "gives a login page")
    }
    let plan = try await pipeline.plan(wish([try photo(1, "cat.png")]))
    #expect(await pipeline.run(plan.runs.map(\.item)).map(\.error?.reason) == ["gives a login page"])
    #expect(bench.posts == 0)
  }

  @Test func preferringUploadsNeedsATarget() async throws {
    var wish = wish([try photo(1, "cat.png")])
    wish.upload = nil
    let pipeline = try await pipeline()
    let error = await #expect(throws: KeepError.self) { try await pipeline.plan(wish) }
    #expect(error?.code == .usage)
  }

  @Test func aKeptRunThatIsForcedIsSubmittedAgain() async throws {
    let submission = try bench.submission()
    #expect(try await bench.run(submission).state == .archived)
    let again = try await bench.run(submission) { $0.repeatsKept = true }
    #expect(again.state == .archived)
    #expect(!again.wasKeptAlready)
    #expect(bench.posts == 2)
  }
}
