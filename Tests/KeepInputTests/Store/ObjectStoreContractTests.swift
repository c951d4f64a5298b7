import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepInput

/// The promises of `ObjectStore`, on every store and against real servers.
@Suite(.enabled(if: !UploadServers.areLeftOut), .timeLimit(.minutes(5)))
struct ObjectStoreContractTests {
  /// Fetches a URL as anybody might.
  private func fetch(_ url: HTTPURL, _ servers: UploadServers) async throws -> BufferedResponse {
    try await servers.transport().response(to: HTTPRequest(.get, url), limit: .mebibytes(128))
  }

  @Test(arguments: StoreKind.allCases)
  func whatIsPutCanBeFetchedByAnybody(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(300_000)
    let store = try kind.store(servers)
    let sent = Mutex<UInt64>(0)
    let object = try await store.put(sample.asset) { count in sent.withLock { $0 = count } }
    #expect(!object.wasThere)
    #expect(object.key.contains("\(sample.asset.checksum.hexadecimal).png"))
    #expect(sent.withLock { $0 } == UInt64(sample.bytes.count))
    #expect(try await fetch(object.url, servers).body == sample.bytes)
    if let planned = store.plannedURL(for: sample.asset) {
      #expect(planned.description.utf8.count == object.url.description.utf8.count)
    }
    let probe = PublicProbe(over: try servers.transport(), now: { .now }, allowsLocal: true)
    try await probe.check(object.url, asset: sample.asset)
  }

  @Test(arguments: StoreKind.lookable)
  func theSameBytesAreSentOnce(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let counting = CountingTransport(try servers.transport())
    let store = try kind.store(servers, over: counting)
    let (first, second) = (try SampleAsset(20_000), try SampleAsset(20_001))
    _ = try await store.put(first.asset) { _ in }
    let copy = try SampleAsset(first.bytes, named: "copy.png")
    let object = try await store.put(copy.asset) { _ in }
    #expect(object.wasThere)
    #expect(counting.uploads.count == 1)
    #expect(try await store.find(first.asset)?.key == object.key)
    #expect(try await store.find(second.asset) == nil)
  }

  @Test(arguments: StoreKind.lookable)
  func whatIsRemovedIsGone(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let store = try kind.store(servers)
    let sample = try SampleAsset()
    let object = try await store.put(sample.asset) { _ in }
    try await store.remove(object.key)
    #expect(try await store.find(sample.asset) == nil)
    try await store.remove(object.key)
  }

  @Test(arguments: StoreKind.lookable)
  func otherBytesAreNotOverwritten(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let store = try kind.store(servers)
    let sample = try SampleAsset(70_000)
    // Other bytes come under the name by an asset that claims the checksum: nothing of ours would send them.
    let other = try SampleAsset(60_000)
    let object = try await plant(other.bytes, as: sample.asset, kind, servers)
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error?.code == .uploadFailed)
    #expect(error?.reason.contains("60000 bytes where the file has 70000") == true, "\(error?.reason ?? "")")
    #expect(try await fetch(object, servers).body == other.bytes)
  }

  /// JuiceFS gives neither checksum nor `ETag`.
  @Test(arguments: StoreKind.s3.filter { $0 != .juiceFS })
  func otherBytesOfTheSameLengthAreSeen(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let store = try kind.store(servers)
    let (sample, other) = (try SampleAsset(40_000), try SampleAsset(40_000))
    let object = try await plant(other.bytes, as: sample.asset, kind, servers)
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error?.code == .uploadFailed)
    #expect(error?.reason.contains("checksum") == true, "\(error?.reason ?? "")")
    #expect(try await fetch(object, servers).body == other.bytes)
  }

  /// Puts bytes under the name that an asset will have; returns where they are fetched.
  private func plant(
    _ bytes: [UInt8], as asset: Asset, _ kind: StoreKind, _ servers: UploadServers
  ) async throws -> HTTPURL {
    let swapping = MeddlingTransport(base: try servers.transport()) { request in
      guard request.method == .put else { return request }
      var changed = request
      changed.body = RequestBody(bytes: bytes, contentType: "image/png")
      changed.headers = HTTPHeaders()
      for field in request.headers.fields where !field.name.hasPrefix("x-amz-c") {
        changed.headers.add(field.name, field.value)
      }
      if request.signing != nil {
        changed.headers.add("x-amz-content-sha256", Checksum(of: bytes).hexadecimal)
      }
      return changed
    }
    let store = try kind.store(servers, over: swapping, policy: .never)
    let planned = try #require(store.plannedURL(for: asset))
    if StoreKind.webDAV.contains(kind) {
      // A WebDAV store would see it before the move.
      guard case .webDAV(let target) = try kind.target(servers) else { return planned }
      let template = target.template
      let put = UploadTarget.put(PutTarget(template: template, credentials: servers.credentials))
      _ = try? await put.store(
        over: keepingWhatIsThere(swapping), policy: .never, clock: ManualClock(), now: { .now },
        allowsLocal: true
      ).put(asset) { _ in }
    } else {
      _ = try? await kind.store(servers, over: keepingWhatIsThere(swapping), policy: .never).put(asset) { _ in
      }
    }
    return planned
  }

  /// A store tidies up what it finds cut off after its own upload; here it must not.
  private func keepingWhatIsThere(_ base: any Transport) -> MeddlingTransport {
    MeddlingTransport(base: base) { request in
      guard request.method == .delete else { return request }
      throw KeepError(.unavailable, .none, "the test does not remove")
    }
  }

  @Test(arguments: StoreKind.lookable)
  func aFileThatChangedIsRefusedAndLeavesNothing(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let store = try kind.store(servers)
    let sample = try SampleAsset(900_000)
    var bytes = sample.bytes
    bytes[800_000] ^= 1
    try sample.change(bytes)
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error == KeepError(.inputRejected, .path(sample.asset.path), ""))
    try await expectNothing(of: sample, kind, servers)
  }

  @Test(arguments: StoreKind.lookable)
  func aBrokenConnectionIsTriedAgain(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(3_000_000)
    let rest = Countdown(2)
    let breaking = MeddlingTransport(base: try servers.transport()) { request in
      request.method == .put && rest.next() ? request.breaking() : request
    }
    let object = try await kind.store(servers, over: breaking).put(sample.asset) { _ in }
    #expect(!object.wasThere)
    #expect(try await fetch(object.url, servers).body == sample.bytes)
  }

  @Test(arguments: StoreKind.lookable)
  func aConnectionThatAlwaysBreaksLeavesNothing(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(3_000_000)
    let breaking = MeddlingTransport(base: try servers.transport()) { request in
      request.method == .put ? request.breaking() : request
    }
    let store = try kind.store(servers, over: breaking, policy: RetryPolicy(attempts: 3))
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error?.code == .unavailable)
    try await expectNothing(of: sample, kind, servers)
  }

  @Test(arguments: StoreKind.lookable)
  func aCancelledUploadLeavesNothing(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(30_000_000)
    let (half, isCancelled) = (Signal(), Signal())
    let base = try servers.transport()
    let waiting = MeddlingTransport(base: base) { request in
      request.method == .put
        ? request.interrupted {
          half.fire()
          isCancelled.waitOnThread()
        } : request
    }
    let store = try kind.store(servers, over: waiting)
    let upload = Task { try await store.put(sample.asset) { _ in } }
    await half.wait()
    upload.cancel()
    isCancelled.fire()
    let error = await #expect(throws: KeepError.self) { try await upload.value }
    #expect(error?.code == .interrupted)
    try await expectNothing(of: sample, kind, servers)
  }

  private func expectNothing(
    of sample: SampleAsset, _ kind: StoreKind, _ servers: UploadServers
  ) async throws {
    let store = try kind.store(servers)
    #expect(try await store.find(sample.asset) == nil)
    let url = try #require(store.plannedURL(for: sample.asset))
    #expect(try await fetch(url, servers).status == 404)
  }

  @Test(arguments: StoreKind.lookable)
  func aWrongSecretIsRefusedOnce(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let counting = CountingTransport(try servers.transport())
    let sample = try SampleAsset(3_000_000)
    let store = try kind.store(servers, over: counting, wrongSecret: true)
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    #expect(error?.code == .uploadFailed, "\(error?.reason ?? "")")
    #expect(counting.uploads.count <= 1)
    let words = "\(String(describing: error)) \(error?.hint ?? "")"
    #expect(!words.contains("not/the+") && !words.contains(servers.password), "\(words)")
    try await expectNothing(of: sample, kind, servers)
  }

  @Test(arguments: StoreKind.allCases, ["Grüße + (1) 100% #x", "a'b&c=d;e,f", "日本語 📷", "..", "a\tb"])
  func oddNamesAreStoredAndFetched(_ kind: StoreKind, _ stem: String) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(5000, named: "\(stem).png")
    let store = try kind.store(servers, withStem: true)
    let object = try await store.put(sample.asset) { _ in }
    #expect(try await fetch(object.url, servers).body == sample.bytes)
    guard kind != .command else { return }
    #expect(try await store.find(sample.asset) != nil)
    try await store.remove(object.key)
    #expect(try await store.find(sample.asset) == nil)
  }

  @Test(arguments: StoreKind.lookable.filter { !StoreKind.put.contains($0) })
  func foldersAreMadeAsNeeded(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset()
    let store = try kind.store(
      servers, folder: "new-\(sample.asset.checksum.hexadecimal.prefix(8))/{date}/a/")
    let object = try await store.put(sample.asset) { _ in }
    #expect(object.key.contains("/\(Timestamp.now.day)/a/"))
    #expect(try await fetch(object.url, servers).body == sample.bytes)
  }

  @Test(arguments: StoreKind.lookable)
  func manyPutTheSameBytesAtOnce(_ kind: StoreKind) async throws {
    let servers = try await UploadServers.running()
    let sample = try SampleAsset(200_000)
    let store = try kind.store(servers)
    let url = try await withThrowingTaskGroup(of: HTTPURL.self) { group in
      for _ in 0..<4 { group.addTask { try await store.put(sample.asset) { _ in }.url } }
      var last: HTTPURL?
      for try await url in group { last = url }
      return try #require(last)
    }
    #expect(try await fetch(url, servers).body == sample.bytes)
  }
}
