import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepInput

/// Files under names of our choice, against real stores: JuiceFS and rclone overwrite whatever the condition says.
@Suite(.enabled(if: !UploadServers.areLeftOut), .timeLimit(.minutes(5)), .serialized)
struct ArchiveStoreTests {
  private let path = "2026-11-23/Straße (1)/run-\(UInt64.random(in: 0 ... .max)).zip"

  private func store(
    _ kind: StoreKind, _ servers: UploadServers, over transport: (any Transport)? = nil,
    secret: String? = nil, policy: RetryPolicy = RetryPolicy()
  ) throws -> ArchiveStore {
    try ArchiveStore(
      servers.bucket(kind.server, secret: secret, prefix: "kept/runs/"),
      over: transport ?? servers.transport(),
      policy: policy, clock: ManualClock(), now: { .now }
    ).sendingInParts(from: .mebibytes(5), of: .mebibytes(5))
  }

  /// The asset of a test that is a bundle: its bytes begin like a ZIP.
  private func bundle(_ count: Int = 70_000) throws -> (sample: SampleAsset, file: Asset) {
    var bytes = try SampleAsset(count).bytes
    bytes.replaceSubrange(..<4, with: [0x50, 0x4B, 0x03, 0x04])
    let sample = try SampleAsset(bytes, named: "run.zip")
    let file = Asset(
      path: sample.asset.path, size: sample.asset.size, checksum: sample.asset.checksum,
      mediaType: "application/zip")
    return (sample, file)
  }

  private func request(
    _ method: HTTPRequest.Method, _ kind: StoreKind, _ servers: UploadServers, body: [UInt8]? = nil
  ) async throws -> BufferedResponse {
    let bucket = try S3Bucket(servers.bucket(kind.server), allowsLocal: true)
    let request = bucket.request(
      method, "kept/runs/\(path)",
      body: body.map { RequestBody(bytes: $0, contentType: "application/zip") },
      hash: Checksum(of: body ?? []))
    return try await servers.transport().response(to: request, limit: .mebibytes(100))
  }

  private func failure(_ store: ArchiveStore, _ file: Asset) async throws -> KeepError {
    let error = await #expect(throws: KeepError.self) { _ = try await store.put(file, as: path) }
    return try #require(error)
  }

  @Test(arguments: StoreKind.s3, [70_000, 12_000_000])
  func whatIsPutIsThereByteForByteAndPutOnce(_ kind: StoreKind, _ size: Int) async throws {
    let servers = try await UploadServers.running()
    let (sample, file) = try bundle(size)
    let counting = CountingTransport(try servers.transport())
    let store = try store(kind, servers, over: counting)
    let steps = Mutex<[UInt64]>([])
    #expect(try await store.put(file, as: path) { sent in steps.withLock { $0.append(sent) } } == false)
    #expect(steps.withLock { $0.last } == UInt64(size))
    #expect(try await request(.get, kind, servers).body == sample.bytes)
    let sent = counting.uploads.count
    #expect(try await store.put(file, as: path))
    #expect(counting.uploads.count == sent, "nothing is sent twice")
  }

  @Test(arguments: StoreKind.s3, [70_000, 12_000_000])
  func otherBytesOfTheSameSizeStay(_ kind: StoreKind, _ size: Int) async throws {
    let servers = try await UploadServers.running()
    let (first, file) = try bundle(size)
    _ = try await store(kind, servers).put(file, as: path)
    let second = try bundle(size)
    let error = try await failure(store(kind, servers), second.file)
    withExtendedLifetime(second) {}
    #expect(error.code == .bundleExists, "\(error)")
    #expect(try await request(.get, kind, servers).body == first.bytes)
  }

  /// Somebody else writes after our look, and before or after our own bytes: whoever wins, it is noticed.
  @Test(arguments: StoreKind.s3)
  func somebodyElsesBytesAreNoticedAfterTheFact(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let other: [UInt8] = [1, 2, 3]
    let (sample, file) = try bundle()
    let racing = RacingTransport(base: try servers.transport()) { request in
      guard request.method == .put else { return }
      _ = try await self.request(.put, kind, servers, body: other)
    }
    let ignores: Set<StoreKind> = [.juiceFS, .rcloneS3]
    if ignores.contains(kind) {
      // The store let us overwrite what came in between, which nobody can see; what counts is that it is ours.
      #expect(try await store(kind, servers, over: racing).put(file, as: path) == false)
      #expect(try await request(.get, kind, servers).body == sample.bytes)
    } else {
      #expect(try await failure(store(kind, servers, over: racing), file).code == .bundleExists)
      #expect(try await request(.get, kind, servers).body == other)
    }
    let second = try bundle()
    let looks = Mutex(0)
    let overtaken = RacingTransport(base: try servers.transport()) { request in
      // Between our PUT and the look that follows it.
      guard request.method == .head,
        looks.withLock({
          $0 += 1; return $0
        }) == 2
      else { return }
      _ = try await self.request(.put, kind, servers, body: other)
    }
    _ = try await request(.delete, kind, servers)
    #expect(try await failure(store(kind, servers, over: overtaken), second.file).code == .bundleExists)
    #expect(try await request(.get, kind, servers).body == other, "what is there is not removed")
    withExtendedLifetime((sample, second)) {}
  }

  @Test(arguments: StoreKind.s3, [70_000, 12_000_000])
  func aConnectionThatBreaksInTheMiddleIsTriedAgainAndLeavesNothing(
    _ kind: StoreKind, _ size: Int
  ) async throws {
    let servers = try await UploadServers.running()
    let (sample, file) = try bundle(size)
    let broken = MeddlingTransport(base: try servers.transport()) { request in
      request.method == .put ? request.breaking() : request
    }
    let dead = try store(kind, servers, over: broken, policy: RetryPolicy(attempts: 2))
    #expect(try await failure(dead, file).code == .unavailable)
    #expect(try await request(.get, kind, servers).status == 404)
    let once = Countdown(1)
    let breaking = MeddlingTransport(base: try servers.transport()) { request in
      request.method == .put && once.next() ? request.breaking() : request
    }
    #expect(try await store(kind, servers, over: breaking).put(file, as: path) == false)
    #expect(try await request(.get, kind, servers).body == sample.bytes)
  }

  @Test(arguments: [StoreKind.seaweedFS, .radosgw, .juiceFS])
  func partsOfAKilledTryAreGoneOnWith(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let (sample, file) = try bundle(25_000_000)
    let failing = ScriptedFailure(base: try servers.transport(), query: "partNumber=5&", status: 500)
    let first = try store(kind, servers, over: failing, policy: RetryPolicy(attempts: 2))
    #expect(try await failure(first, file).code == .unavailable)
    let counting = CountingTransport(try servers.transport())
    #expect(try await store(kind, servers, over: counting).put(file, as: path) == false)
    #expect((1..<5).contains(counting.uploads.count))
    #expect(try await request(.get, kind, servers).body == sample.bytes)
  }

  /// What the store keeps beside the bytes must not be that of others.
  @Test(arguments: [StoreKind.seaweedFS, .radosgw, .juiceFS])
  func aTryOfOtherBytesIsGivenUp(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let (first, second) = (try bundle(12_000_000), try bundle(12_000_000))
    let failing = ScriptedFailure(base: try servers.transport(), query: "partNumber=3&", status: 500)
    let dead = try store(kind, servers, over: failing, policy: RetryPolicy(attempts: 1))
    #expect(try await failure(dead, first.file).code == .unavailable)
    let uploads = S3Uploads(store: dead.store, key: "kept/runs/\(path)")
    #expect(try await uploads.open().count == 1)
    #expect(try await store(kind, servers).put(second.file, as: path) == false)
    #expect(try await uploads.open().isEmpty)
    // JuiceFS keeps nothing beside the bytes.
    let kept = try await request(.head, kind, servers).headers["x-amz-meta-sha256"]
    #expect(kept == (kind == .juiceFS ? nil : second.file.checksum.hexadecimal))
    #expect(try await request(.get, kind, servers).body == second.sample.bytes)
    withExtendedLifetime(first) {}
  }

  @Test(arguments: StoreKind.s3)
  func wrongKeysAreRefusedWithoutASecretInTheWords(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let bundle = try bundle()
    let error = try await failure(store(kind, servers, secret: "not/the+secret"), bundle.file)
    withExtendedLifetime(bundle) {}
    #expect(error.code == .uploadFailed, "\(error)")
    #expect(!"\(error) \(error.hint ?? "")".contains("not/the+secret"))
    #expect(error.hint?.contains("upload target") != true)
  }

  @Test func aFullBucketIsRefused() async throws {
    let servers = try await UploadServers.running()
    let target = try servers.bucket("radosgw", bucket: "full-bucket", accessKey: "fullaccess")
    let store = try ArchiveStore(
      target, over: servers.transport(), clock: ManualClock(), now: { .now })
    let bundle = try bundle(200_000)
    #expect(try await failure(store, bundle.file).code == .uploadFailed)
    withExtendedLifetime(bundle) {}
  }

  @Test func aFileThatChangedIsNotPut() async throws {
    let servers = try await UploadServers.running()
    for size in [70_000, 12_000_000] {
      let (sample, file) = try bundle(size)
      var bytes = sample.bytes
      bytes[size - 1] ^= 1
      try sample.change(bytes)
      let error = try await failure(store(.seaweedFS, servers), file)
      #expect(error == KeepError(.fixity, .path(file.path), ""))
      #expect(try await request(.get, .seaweedFS, servers).status == 404)
    }
  }
}
