import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepInput

/// What single servers do that a client may stumble over.
@Suite(.enabled(if: !UploadServers.areLeftOut), .timeLimit(.minutes(5)))
struct StoreTrapTests {
  private func store(_ target: UploadTarget, over transport: any Transport) throws -> any ObjectStore {
    try target.store(over: transport, clock: ManualClock(), now: { .now }, allowsLocal: true)
  }

  private func failure(
    _ target: UploadTarget, _ servers: UploadServers, _ sample: SampleAsset,
    over transport: (any Transport)? = nil
  ) async throws -> KeepError {
    let store = try store(target, over: transport ?? servers.transport())
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    return try #require(error)
  }

  /// Over HTTP/2 such an answer is lost, and looks like a broken connection.
  @Test(arguments: ["nginx", "apache"])
  func aLargeFileAboveTheLimitIsRefusedOnce(_ server: String) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(3_000_000)
    let counting = CountingTransport(try servers.transport())
    let target = PutTarget(
      template: "\(try servers(server))/small/{sha256}.{ext}", credentials: servers.credentials)
    let error = try await failure(.put(target), servers, sample, over: counting)
    #expect(error.code == .uploadFailed)
    #expect(error.httpStatus == 413)
    #expect(error.reason.contains("too large"))
    #expect(counting.uploads.count == 1)
  }

  @Test func aFullDiskIsRefusedOnce() async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(3_000_000)
    let target = PutTarget(
      template: "\(try servers("apache"))/full/{sha256}.{ext}", credentials: servers.credentials)
    let error = try await failure(.put(target), servers, sample)
    #expect(error.code == .uploadFailed, "\(error.reason)")
    #expect(error.httpStatus == 507)
    #expect(error.reason.contains("full"))
    #expect(try await store(.put(target), over: servers.transport()).find(sample.asset) == nil)
  }

  @Test func aUsedUpQuotaIsNamed() async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(300_000)
    let target = try servers.bucket("radosgw", bucket: "full-bucket", accessKey: "fullaccess")
    let error = try await failure(.s3(target), servers, sample)
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains("quota"), "\(error.reason)")
  }

  @Test(arguments: [StoreKind.radosgw, .juiceFS])
  func aMissingBucketIsNamed(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let target = try servers.bucket(kind.server, bucket: "no-such-bucket")
    let error = try await failure(.s3(target), servers, try SampleAsset())
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains("bucket"), "\(error.reason)")
  }

  @Test(arguments: [StoreKind.seaweedFS, .radosgw, .juiceFS])
  func aWrongSecretIsNamed(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let target = try servers.bucket(kind.server, secret: "not/the+secret")
    let error = try await failure(.s3(target), servers, try SampleAsset())
    #expect(error.reason.contains("the secret key is not the access key's"), "\(error.reason)")
  }

  @Test(arguments: StoreKind.s3)
  func aClockThatIsAheadIsNamed(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let ahead: @Sendable () -> Timestamp = { Timestamp.now.advanced(by: .seconds(40 * 60)) }
    // libcurl signs with the machine's clock, unless a date is there already.
    let skewed = MeddlingTransport(base: try servers.transport()) { request in
      var request = request
      let time = ahead().description.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
      request.headers.add("X-Amz-Date", time)
      return request
    }
    let store = try UploadTarget.s3(servers.bucket(kind.server)).store(
      over: skewed, clock: ManualClock(), now: ahead, allowsLocal: true)
    let sample = try SampleAsset()
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error?.code == .uploadFailed)
    #expect(
      error?.reason.contains(/the clock here is (39|40) minutes ahead/) == true, "\(error?.reason ?? "")")
  }

  @Test(arguments: StoreKind.s3)
  func anExpiredURLIsSeenByTheProbe(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset()
    let bucket = try servers.bucket(kind.server)
    _ = try await store(.s3(bucket), over: servers.transport()).put(sample.asset) { _ in }
    let old = try S3Bucket(bucket, allowsLocal: true).presigned(
      "\(sample.asset.checksum.hexadecimal).png", from: Timestamp.now.advanced(by: .seconds(-3600)),
      lifetime: .seconds(60))
    let probe = PublicProbe(
      over: try servers.transport(), clock: ManualClock(), now: { .now }, allowsLocal: true)
    let error = await #expect(throws: KeepError.self) { try await probe.check(old, asset: sample.asset) }
    #expect(error?.code == .uploadFailed)
    #expect(error?.reason.contains("expired") == true, "\(error?.reason ?? "")")
  }

  /// rclone leaves what a broken connection has sent where it was sent to.
  @Test func aCutOffFileUnderTheFinalNameIsRemoved() async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(3_000_000)
    let breaking = MeddlingTransport(base: try servers.transport()) { request in
      request.method == .put ? request.breaking() : request
    }
    let counting = CountingTransport(breaking)
    let target = UploadTarget.put(
      PutTarget(template: "\(try servers("rclone_webdav"))/{sha256}.{ext}", credentials: servers.credentials))
    // The server needs a moment to see the end of the connection.
    let waiting = try target.store(
      over: counting, policy: RetryPolicy(attempts: 2), now: { .now }, allowsLocal: true)
    let error = await #expect(throws: KeepError.self) { try await waiting.put(sample.asset) { _ in } }
    #expect(error?.code == .unavailable)
    #expect(counting.requests.contains { $0.method == .delete })
    #expect(try await store(target, over: servers.transport()).find(sample.asset) == nil)
    let again = try await store(target, over: servers.transport()).put(sample.asset) { _ in }
    #expect(!again.wasThere)
  }

  @Test func aBucketMayBeNamedInTheHost() async throws {
    let servers = try await UploadServers.running()
    var target = try servers.bucket("seaweedfs", prefix: "a (b)")
    let port = try #require(target.endpoint?.origin.port)
    target.endpoint = HTTPURL("https://localhost:\(port)")
    target.addressing = .virtualHost
    let sample = try SampleAsset(20_000)
    let object = try await store(.s3(target), over: servers.transport()).put(sample.asset) { _ in }
    #expect(object.url.origin.host == "\(target.bucket).localhost")
    let answer = try await servers.transport().response(to: HTTPRequest(.get, object.url), limit: 100_000)
    #expect(answer.body == sample.bytes)
    let byPath = try store(.s3(servers.bucket("seaweedfs", prefix: "a (b)")), over: servers.transport())
    #expect(try await byPath.put(sample.asset) { _ in }.wasThere)
  }

  @Test(arguments: [
    ("login/a.png", "a web page"), ("away/a.png", "redirects to elsewhere.example"),
    ("private/a.png", "a login (401)"),
    ("put/none.png", "nothing is at the URL"),
  ])
  func whatAnybodyWouldBeGivenIsSeenByTheProbe(_ path: String, _ words: String) async throws {
    let servers = try await UploadServers.running()
    let probe = PublicProbe(
      over: try servers.transport(), clock: ManualClock(), now: { .now }, allowsLocal: true)
    let url = try #require(HTTPURL("\(try servers("nginx"))/\(path)"))
    let sample = try SampleAsset()
    let error = await #expect(throws: KeepError.self) { try await probe.check(url, asset: sample.asset) }
    #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    let strict = PublicProbe(over: try servers.transport(), clock: ManualClock(), now: { .now })
    let refused = await #expect(throws: KeepError.self) { try await strict.check(url, asset: nil) }
    #expect(refused?.reason.contains("not on the public internet") == true, "\(refused?.reason ?? "")")
  }

  @Test func aCertificateOfAnotherHostIsRefused() async throws {
    let servers = try await UploadServers.running()
    let counting = CountingTransport(try servers.transport())
    let target = PutTarget(
      template: "\(try servers("nginx", "elsewhere"))/{sha256}", credentials: servers.credentials)
    let error = try await failure(.put(target), servers, try SampleAsset(), over: counting)
    #expect(error.code == .unavailable)
    #expect(error.retry == .never)
    #expect(error.reason.contains("certificate"))
    #expect(counting.requests.count == 1)
  }

  @Test func aServerThatSendsElsewhereIsNotFollowed() async throws {
    let servers = try await UploadServers.running()
    let target = PutTarget(
      template: "\(try servers("nginx"))/moved/{sha256}", credentials: servers.credentials)
    let error = try await failure(.put(target), servers, try SampleAsset())
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains("https://elsewhere.example"), "\(error.reason)")
  }

  /// Plain PUT makes no folders, but where the server does by itself.
  @Test func aMissingFolderIsSaidToBeMissing() async throws {
    let servers = try await UploadServers.running()
    let target = PutTarget(
      template: "\(try servers("apache"))/put/none/{sha256}.{ext}", credentials: servers.credentials)
    let error = try await failure(.put(target), servers, try SampleAsset(3_000_000))
    #expect(error.code == .uploadFailed)
    #expect(error.httpStatus == 409)
    #expect(error.hint?.contains("WebDAV") == true)
  }

  @Test(arguments: StoreKind.webDAV)
  func aNameThatIsTakenMeanwhileIsNotMovedOver(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(70_000)
    let planter = try servers.transport()
    guard case .webDAV(let target) = try kind.target(servers) else { return }
    // Somebody else's bytes come under the name just before the move.
    let racing = RacingTransport(base: try servers.transport()) { request in
      guard request.method == .move, let name = request.headers["Destination"], let url = HTTPURL(name) else {
        return
      }
      let put = HTTPRequest(
        .put, url, headers: ["Authorization": request.headers["Authorization"] ?? ""],
        body: RequestBody(bytes: [1, 2, 3], contentType: "image/png"))
      _ = try await planter.response(to: put, limit: 1000)
    }
    let counting = CountingTransport(racing)
    let error = try await failure(.webDAV(target), servers, sample, over: counting)
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains("3 bytes where the file has 70000"), "\(error.reason)")
    #expect(counting.requests.last?.method == .delete)
    #expect(counting.requests.last?.url.path.hasSuffix(".part") == true)
  }

  @Test(arguments: StoreKind.s3 + StoreKind.put)
  func aNameThatIsTakenMeanwhileIsNoticedOrKept(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(70_000)
    let planter = try servers.transport()
    let racing = RacingTransport(base: try servers.transport()) { request in
      guard request.method == .put else { return }
      var put = request
      let bytes: [UInt8] = [1, 2, 3]
      put.body = RequestBody(bytes: bytes, contentType: "image/png")
      put.headers = HTTPHeaders()
      for field in request.headers.fields where field.name == "Authorization" {
        put.headers.add(field.name, field.value)
      }
      if put.signing != nil { put.headers.add("x-amz-content-sha256", Checksum(of: bytes).hexadecimal) }
      _ = try await planter.response(to: put, limit: 10_000)
    }
    // Four of these six keep the condition and refuse; JuiceFS, rclone and nginx overwrite whatever it says.
    let ignores: Set<StoreKind> = [.juiceFS, .rcloneS3, .nginxPut]
    let store = try kind.store(servers, over: racing)
    guard ignores.contains(kind) else {
      let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
      #expect(error?.reason.contains("3 bytes where the file has 70000") == true, "\(error?.reason ?? "")")
      return
    }
    let object = try await store.put(sample.asset) { _ in }
    let body = try await servers.transport().response(to: HTTPRequest(.get, object.url), limit: 100_000).body
    #expect(body == sample.bytes)
  }
}

/// Does something before a request goes out.
struct RacingTransport: Transport {
  let base: any Transport
  let before: @Sendable (HTTPRequest) async throws -> Void

  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    try await before(request)
    return try await base.withResponse(to: request, consume)
  }
}
