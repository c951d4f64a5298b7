import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepInput

/// Large files in parts, against real stores.
@Suite(.enabled(if: !UploadServers.areLeftOut), .timeLimit(.minutes(5)), .serialized)
struct S3MultipartTests {
  /// 12 parts of 8 MiB and a rest.
  private static let size = 100_000_000
  private static let parts = 12

  private func store(
    _ kind: StoreKind, _ servers: UploadServers, over transport: any Transport,
    policy: RetryPolicy = RetryPolicy()
  ) throws -> S3Store {
    let store = try kind.store(servers, over: transport, policy: policy)
    return try #require(store as? S3Store)
  }

  /// A store that sends in parts of 5 MiB what is larger than those: the smallest that every store takes.
  private func smallStore(
    _ kind: StoreKind, _ servers: UploadServers, over transport: any Transport,
    policy: RetryPolicy = RetryPolicy()
  ) throws -> S3Store {
    var store = try store(kind, servers, over: transport, policy: policy)
    store.singleLimit = .mebibytes(5)
    store.partSize = .mebibytes(5)
    return store
  }

  private func fetch(_ url: HTTPURL, _ servers: UploadServers) async throws -> Checksum {
    Checksum(
      of: try await servers.transport().response(to: HTTPRequest(.get, url), limit: .mebibytes(200)).body)
  }

  private func open(_ sample: SampleAsset, _ store: S3Store) async throws -> [String] {
    try await S3Uploads(store: store, key: "\(sample.asset.checksum.hexadecimal).png").open()
  }

  @Test func aLargeFileInterruptedAtHalfGoesOnFromThere() async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(Self.size)
    let sent = Mutex(0)
    // After half of the parts the network is gone.
    let breaking = MeddlingTransport(base: try servers.transport()) { request in
      guard request.method == .put else { return request }
      return sent.withLock { sent in
        sent += 1
        return sent > Self.parts / 2 ? request.breaking() : request
      }
    }
    let first = try store(.seaweedFS, servers, over: breaking, policy: RetryPolicy(attempts: 2))
    let error = await #expect(throws: KeepError.self) { try await first.put(sample.asset) { _ in } }
    #expect(error?.code == .unavailable)
    #expect(try await open(sample, first).count == 1)
    #expect(try await first.find(sample.asset) == nil)

    let counting = CountingTransport(try servers.transport())
    let second = try store(.seaweedFS, servers, over: counting)
    let progress = Mutex<[UInt64]>([])
    let object = try await second.put(sample.asset) { count in progress.withLock { $0.append(count) } }
    // Those that were on their way when the network went may have arrived or not.
    #expect((Self.parts - Self.parts / 2..<Self.parts).contains(counting.uploads.count))
    #expect(progress.withLock { $0.last } == UInt64(Self.size))
    #expect(progress.withLock { $0 == $0.sorted() })
    #expect(try await open(sample, second).isEmpty)
    #expect(try await fetch(object.url, servers) == sample.asset.checksum)
    #expect(try await second.put(sample.asset) { _ in }.wasThere)
  }

  /// SeaweedFS is tried with a larger file above.
  @Test(arguments: [StoreKind.radosgw, .juiceFS, .rcloneS3, .seaweedFS])
  func partsMakeTheFileOnEveryStore(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(12_000_000)
    let counting = CountingTransport(try servers.transport())
    let store = try smallStore(kind, servers, over: counting)
    let object = try await store.put(sample.asset) { _ in }
    #expect(counting.uploads.count == 3)
    #expect(try await fetch(object.url, servers) == sample.asset.checksum)
    #expect(try await store.put(sample.asset) { _ in }.wasThere)
    #expect(try await open(sample, store).isEmpty)
  }

  @Test(arguments: [StoreKind.radosgw, .juiceFS, .seaweedFS])
  func whatAKilledUploadLeftIsUsedOnEveryStore(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(12_000_000)
    let asset = sample.asset
    let counting = CountingTransport(try servers.transport())
    let store = try smallStore(kind, servers, over: counting)
    // As a killed process leaves it: an open upload with a good part, and one of other bytes.
    let uploads = S3Uploads(store: store, key: "\(asset.checksum.hexadecimal).png")
    let upload = try await uploads.start("image/png")
    for (number, bytes) in [
      (1, Array(sample.bytes[..<5_242_880])), (2, [UInt8](repeating: 7, count: 5_242_880)),
    ] {
      let hash = Checksum(of: bytes)
      let answer = try await servers.transport().response(
        to: store.bucket.request(
          .put, "\(asset.checksum.hexadecimal).png",
          query: [("partNumber", "\(number)"), ("uploadId", upload)],
          headers: ["x-amz-checksum-sha256": hash.base64],
          body: RequestBody(bytes: bytes, contentType: "image/png"), hash: hash), limit: 10_000)
      #expect(answer.status == 200)
    }
    let object = try await store.put(asset) { _ in }
    #expect(counting.uploads.count == 2)
    #expect(try await fetch(object.url, servers) == asset.checksum)
    #expect(try await open(sample, store).isEmpty)
  }

  @Test(arguments: [StoreKind.seaweedFS, .radosgw])
  func aPartThatIsRefusedAbortsTheUpload(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(12_000_000)
    // A part whose hash is not that of its bytes is refused for good.
    let spoiling = MeddlingTransport(base: try servers.transport()) { request in
      guard request.url.query?.contains("partNumber=2") == true else { return request }
      var request = request
      request.signing?.secretKey = Secret("another-secret")
      return request
    }
    let store = try smallStore(kind, servers, over: spoiling)
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error?.code == .uploadFailed)
    #expect(try await open(sample, store).isEmpty)
    #expect(try await store.find(sample.asset) == nil)
  }

  @Test func aPartThatFailsAgainAndAgainIsGoneOnWithLater() async throws {
    let servers = try await UploadServers.running()
    // Four parts are under way at a time: when the fifth begins, one is there.
    let sample = try SampleAsset(25_000_000)
    let failing = ScriptedFailure(base: try servers.transport(), query: "partNumber=5&", status: 500)
    let store = try smallStore(.radosgw, servers, over: failing, policy: RetryPolicy(attempts: 3))
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error?.code == .unavailable)
    #expect(failing.count == 3)
    let counting = CountingTransport(try servers.transport())
    let again = try smallStore(.radosgw, servers, over: counting)
    let object = try await again.put(sample.asset) { _ in }
    #expect(counting.uploads.count < 5)
    #expect(try await fetch(object.url, servers) == sample.asset.checksum)
    #expect(try await open(sample, again).isEmpty)
  }

  @Test func aFileThatChangesIsAborted() async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(12_000_000)
    var bytes = sample.bytes
    bytes[11_999_999] ^= 1
    try sample.change(bytes)
    let store = try smallStore(.seaweedFS, servers, over: servers.transport())
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error == KeepError(.inputRejected, .path(sample.asset.path), ""))
    #expect(try await open(sample, store).isEmpty)
    #expect(try await store.find(sample.asset) == nil)
  }

  @Test func severalOpenUploadsOfOneFileBecomeNone() async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(12_000_000)
    let store = try smallStore(.radosgw, servers, over: servers.transport())
    let uploads = S3Uploads(store: store, key: "\(sample.asset.checksum.hexadecimal).png")
    _ = try await uploads.start("image/png")
    _ = try await uploads.start("image/png")
    _ = try await store.put(sample.asset) { _ in }
    #expect(try await uploads.open().isEmpty)
  }

  @Test func tenThousandPartsAreEnoughForAnyFile() throws {
    let target = UploadTarget.s3(S3Target(bucket: "media-bucket", accessKey: "A", secretKey: Secret("s")))
    let transport = ScriptedTransport { _, _ in .response(BufferedResponse(status: 404, body: [])) }
    let store = try #require(
      try target.store(over: transport, clock: ManualClock(), now: { .now }) as? S3Store)
    for size: UInt64 in [70_000_000, 83_886_080_000, 83_886_080_001, 5 << 40] {
      let asset = Asset(
        path: "a.mp4", size: ByteCount(size), checksum: Checksum(of: []), mediaType: "video/mp4")
      let upload = S3Multipart(store: store, asset: asset, key: "a.mp4", progress: { _ in })
      #expect(upload.partSize >= 8 << 20)
      #expect((size + upload.partSize - 1) / upload.partSize <= 10_000)
    }
  }
}

/// Answers some requests with a failure of the server, and passes the rest on.
final class ScriptedFailure: Transport {
  private let base: any Transport
  private let query: String
  private let status: Int
  private let failures = Mutex(0)

  init(base: any Transport, query: String, status: Int) {
    self.base = base
    self.query = query
    self.status = status
  }

  /// How often it failed.
  var count: Int { failures.withLock { $0 } }

  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    guard request.url.query?.contains(query) == true else {
      return try await base.withResponse(to: request, consume)
    }
    failures.withLock { $0 += 1 }
    return try await consume(HTTPResponse(status: status, headers: [:], body: ResponseBody { nil }))
  }
}
