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
    let knowsURLs: Bool
    let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - lifetime: How many milliseconds a URL lives.
    ///   - knowsURLs: Whether a URL is known before the upload; a command's is not.
    init(lifetime: Int64? = nil, knowsURLs: Bool = true, now: @escaping @Sendable () -> Timestamp) {
      self.lifetime = lifetime
      self.knowsURLs = knowsURLs
      self.now = now
    }

    var puts: Int { objects.withLock { $0.values.reduce(0, +) } }

    private func url(_ asset: Asset) -> HTTPURL? {
      HTTPURL("https://shelf.example.net/\(asset.checksum).png?signature=never-to-be-seen")
    }

    func plannedURL(for asset: Asset) -> HTTPURL? { knowsURLs ? url(asset) : nil }

    func put(
      _ asset: Asset, progress: @escaping @Sendable (UInt64) -> Void
    ) async throws(KeepError) -> HostedObject {
      if let error = failure.withLock({ $0 }) { throw error }
      progress(asset.size.bytes)
      let count = objects.withLock { objects in
        objects[asset.checksum.hexadecimal, default: 0] += 1
        return objects[asset.checksum.hexadecimal] ?? 0
      }
      guard let url = url(asset) else { throw KeepError(.failure, .none, "is no URL") }
      return HostedObject(
        url: url, key: "\(asset.checksum).png",
        expiresAt: lifetime.map { Timestamp(milliseconds: now().milliseconds + $0) },
        wasThere: knowsURLs && count > 1)
    }

    func find(_ asset: Asset) async throws(KeepError) -> HostedObject? { nil }
    func remove(_ key: String) async throws(KeepError) {
      objects.withLock { $0[key.split(separator: ".").first.map(String.init) ?? key] = nil }
    }
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
    _ shelf: Shelf? = nil, in archive: Archive? = nil, over transport: (any Transport)? = nil,
    probe: @escaping @Sendable (HTTPURL) throws(KeepError) -> Void = { _ in }
  ) async throws -> Pipeline {
    var configuration = Pipeline.Configuration(api: try Bench.api())
    configuration.upload = target
    configuration.webhook = HTTPURL("https://hooks.example.net/done?from=here")
    let shelf = shelf ?? self.shelf
    let bench = bench
    return Pipeline(
      configuration, archive: try await archive.orOpened(bench), transport: transport ?? bench.transport,
      clock: bench.clock,
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

  @Test func aStoreThatCannotBeReachedSubmitsNothingAndIsAskedAgain() async throws {
    shelf.failure.withLock { $0 = KeepError(.unavailable, .none, "connection refused") }
    let pipeline = try await pipeline()
    let plan = try await pipeline.plan(wish([try photo(1, "cat.png")]))
    let outcomes = await pipeline.run(plan.runs.map(\.item))
    #expect(outcomes.map(\.exitStatus) == [69])
    #expect(bench.posts == 0)
    shelf.failure.withLock { $0 = nil }
    #expect(await pipeline.run(plan.runs.map(\.item)).map(\.state) == [.archived])
  }

  /// A command that uploads knows nothing of what it put before; the ledger does.
  @Test func whatACommandPutIsPutAgainOnlyWhereItsURLIsDead() async throws {
    let command = Shelf(lifetime: 3_600_000, knowsURLs: false) { [bench] in bench.time.withLock { $0 } }
    let archive = try await bench.archive()
    let first = try await pipeline(command, in: archive)
    var wish = wish([try photo(1, "cat.png")])
    wish.sweeps = ["25.noise_seed=1..3"]
    #expect(await first.run(try await first.plan(wish).runs.map(\.item)).allSatisfy { $0.state == .archived })
    #expect(command.puts == 1)
    let again = try await first.plan(wish)
    let outlooks = try await again.outlooks(in: archive, repeatsKept: true)
    #expect(again.sending(outlooks).uploads.bytes == UInt64(Pictures.png(1).count))
    #expect(again.sending(outlooks, uploaded: try await archive.uploads()).uploads == 0)
    wish.sweeps = ["25.noise_seed=4..5"]
    let dead = Mutex(true)
    let later = try await pipeline(command, in: archive) { _ throws(KeepError) in
      guard
        !dead.withLock({ dead in
          defer { dead = false }; return dead
        })
      else {
        throw KeepError(.uploadFailed, .none, "nothing is at the URL")
      }
    }
    #expect(await later.run(try await later.plan(wish).runs.map(\.item)).allSatisfy { $0.state == .archived })
    #expect(command.puts == 2)
    bench.time.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + 2_400_000) }
    wish.sweeps = ["25.noise_seed=6..7"]
    let last = try await pipeline(command, in: archive)
    #expect(await last.run(try await last.plan(wish).runs.map(\.item)).allSatisfy { $0.state == .archived })
    #expect(command.puts == 3)
  }

  @Test func whatTheTargetCannotDoIsToldOnce() async throws {
    let (notes, shelf, bench) = (StoreNotes(), shelf, bench)
    let stores = StoreMaker(notes: notes) { _, _ in
      notes.add("it cannot")
      return shelf
    } probe: { _, _, _ throws(KeepError) in
    }
    var configuration = Pipeline.Configuration(api: try Bench.api())
    configuration.upload = target
    let pipeline = Pipeline(
      configuration, archive: try await bench.archive(), transport: bench.transport, clock: bench.clock,
      now: { bench.time.withLock { $0 } }, interruption: bench.interruption, stores: stores,
      report: { event in bench.events.withLock { $0.append(event) } })
    let plan = try await pipeline.plan(wish([try photo(1, "cat.png"), try photo(2, "dog.png")]))
    #expect(await pipeline.run(plan.runs.map(\.item)).allSatisfy { $0.state == .archived })
    #expect(bench.notes.count { $0 == "it cannot" } == 1)
  }

  @Test func onlyWhatWePutIsTakenAway() async throws {
    let pipeline = try await pipeline()
    let wish = wish([try photo(1, "cat.png"), try photo(2, "dog.png")])
    // Somebody else has put the second one there.
    shelf.objects.withLock { $0[Checksum(of: Pictures.png(2)).hexadecimal] = 1 }
    #expect(
      await pipeline.run(try await pipeline.plan(wish).runs.map(\.item)).allSatisfy { $0.state == .archived })
    let pruner = try pruner()
    let uploads = try await pipeline.archive.uploads()
    #expect(
      pruner.candidates(among: uploads, unusedSince: later).map(\.checksum) == [Checksum(of: Pictures.png(1))]
    )
    #expect(pruner.candidates(among: uploads, unusedSince: Bench.noon).isEmpty)
  }

  private let later = Timestamp(milliseconds: Bench.noon.milliseconds + 1)

  private func pruner() throws(KeepError) -> UploadPruner {
    let shelf = shelf
    return try UploadPruner(
      target: target,
      stores: StoreMaker { _, _ in
        shelf
      } probe: { _, _, _ throws(KeepError) in
      }, allowsLocal: false)
  }

  private var isOnTheShelf: Bool {
    shelf.objects.withLock { $0[Checksum(of: Pictures.png(1)).hexadecimal] != nil }
  }

  /// The list of what no run needs was made before the run was claimed that finds its file there.
  @Test func whatARunInFlightHasFoundThereStays() async throws {
    let archive = try await bench.archive()
    var wish = wish([try photo(1, "cat.png")])
    let first = try await pipeline(in: archive)
    #expect(await first.run(try await first.plan(wish).runs.map(\.item)).map(\.state) == [.archived])
    let (pruner, moment) = (try pruner(), later)
    let candidates = pruner.candidates(among: try await archive.uploads(), unusedSince: moment)
    #expect(candidates.count == 1)
    let outcomes = Mutex<[UploadPruner.Outcome]>([])
    let transport = ObservedTransport(base: bench.transport) { request in
      guard request.url.path.hasSuffix("/inference") else { return }
      let found = try await pruner.remove(candidates, unusedSince: moment, from: archive)
      outcomes.withLock { $0 += found }
    }
    wish.sweeps = ["25.noise_seed=8"]
    let second = try await pipeline(in: archive, over: transport)
    #expect(await second.run(try await second.plan(wish).runs.map(\.item)).map(\.state) == [.archived])
    #expect(outcomes.withLock { $0.map(\.isUsed) } == [true])
    #expect(isOnTheShelf)
    #expect(try await archive.uploads().map(\.removedAt) == [nil])
    let removed = try await pruner.remove(candidates, unusedSince: moment, from: archive)
    #expect(removed.map(\.isRemoved) == [true])
    #expect(!isOnTheShelf)
  }

  /// While a run looks whether its file is there, or puts it there, nobody removes it.
  @Test func whatIsBeingUploadedStays() async throws {
    let archive = try await bench.archive()
    let first = try await pipeline(in: archive)
    let wish = wish([try photo(1, "cat.png")])
    #expect(await first.run(try await first.plan(wish).runs.map(\.item)).map(\.state) == [.archived])
    let (pruner, uploads, moment) = (try pruner(), try await archive.uploads(), later)
    let outcomes = try await archive.turns.alone(Run.turn(ofUpload: Checksum(of: Pictures.png(1)))) {
      () async throws(KeepError) in try await pruner.remove(uploads, unusedSince: moment, from: archive)
    }
    #expect(outcomes.map(\.isUsed) == [true])
    #expect(isOnTheShelf)
  }

  /// A command that lives long remembers what it put, and another one took it away meanwhile.
  @Test func whatWasTakenAwaySinceIsUploadedAgain() async throws {
    let archive = try await bench.archive()
    let pipeline = try await pipeline(in: archive)
    var wish = wish([try photo(1, "cat.png")])
    #expect(await pipeline.run(try await pipeline.plan(wish).runs.map(\.item)).map(\.state) == [.archived])
    let other = try await bench.archive()
    let removed = try await pruner().remove(try await other.uploads(), unusedSince: later, from: other)
    #expect(removed.map(\.isRemoved) == [true])
    wish.sweeps = ["25.noise_seed=8"]
    #expect(await pipeline.run(try await pipeline.plan(wish).runs.map(\.item)).map(\.state) == [.archived])
    #expect(isOnTheShelf)
    #expect(try await archive.uploads().map(\.removedAt) == [nil])
  }

  /// Two runs that travel by the same two files, the one the other way round, do not wait for each other.
  @Test func runsWithTheSameUploadsInOtherOrderBothEnd() async throws {
    let pipeline = try await pipeline()
    let (one, other) = (try photo(1, "cat.png"), try photo(2, "dog.png"))
    let table = try bench.folder.write(
      Array("189.image,190.image\n\(one),\(other)\n\(other),\(one)\n".utf8), to: "t.csv")
    var wish = RunWish(deployment: "d-1")
    wish.table = table
    wish.upload = target
    wish.preference = .upload
    let plan = try await pipeline.plan(wish)
    #expect(await pipeline.run(plan.runs.map(\.item)).map(\.state) == [.archived, .archived])
    #expect(shelf.puts == 2)
  }

  @Test func everySubmitNamesItsKeyToTheWebhook() async throws {
    let pipeline = try await pipeline()
    let plan = try await pipeline.plan(wish([try photo(1, "cat.png")]))
    #expect(await pipeline.run(plan.runs.map(\.item)).map(\.state) == [.archived])
    let submit = bench.transport.exchanges.first { $0.request.url.path.hasSuffix("/inference") }
    let key = try #require(plan.runs.first?.key)
    let query = try #require(submit?.request.url.query)
    #expect(
      query.contains("webhook=https%3A%2F%2Fhooks.example.net%2Fdone%3Ffrom%3Dhere%26submission_key%3D\(key)")
    )
    let shown = try plan.runs.first?.curl(pipeline.configuration)
    #expect(
      shown?.contains("webhook=https%3A%2F%2Fhooks.example.net%2Fdone%3Fsubmission_key%3D\(key)") == true)
    #expect(shown?.contains("never-to-be-seen") == false)
  }

  @Test func addressesAreTriedWhereAskedAndTheirSignaturesNeverShown() async throws {
    let table = try bench.folder.write(
      Array(
        "189.image\nhttps://a.example.net/good.png?sig=never-to-be-seen\nhttps://a.example.net/bad.png\n".utf8
      ),
      to: "t.csv")
    var wish = RunWish(deployment: "d-1")
    wish.table = table
    wish.probesURLs = true
    let pipeline = try await pipeline { url throws(KeepError) in
      if url.path == "/bad.png" { throw KeepError(.inputRejected, .none, "serves a web page") }
    }
    let plan = try await pipeline.plan(wish)
    #expect(plan.runs.map { $0.failure?.reason } == [nil, "serves a web page"])
    let shown = "\(plan.runs.compactMap(\.preview)) \(plan.runs.flatMap(\.placements).map(\.json))"
    #expect(!shown.contains("never-to-be-seen"))
    wish.table = nil
    wish.assets = ["189.image=https://a.example.net/bad.png"]
    let error = await #expect(throws: KeepError.self) { try await pipeline.plan(wish) }
    #expect(error?.reason == "serves a web page")
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

extension Archive? {
  /// The archive, opened if there is none.
  fileprivate func orOpened(_ bench: Bench) async throws -> Archive {
    if let archive = self { archive } else { try await bench.archive() }
  }
}
