import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct OutputDownloaderTests {
  private let bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]

  @Test func onePassGivesBytesSizeAndChecksums() async throws {
    let bench = try DownloadBench()
    let results = try await bench.retrieve(
      [.file("check.bin", at: "https://h/a")],
      from: ScriptedTransport { _, _ in .ok(Array("123456789".utf8)) })
    let payload = try #require(results.first?.payload)
    #expect(payload.size == 9)
    #expect(payload.crc == 0xCBF4_3926)
    #expect(payload.checksum == Checksum(of: Array("123456789".utf8)))
    #expect(payload.mediaType == .octetStream)
    #expect(payload.path == bench.spool.appending("0000.data"))
    #expect(try bench.bytes("0000.data") == Array("123456789".utf8))
    #expect(bench.files == ["0000.data"])
    #expect(bench.events.all == [.kept(size: 9)])
  }

  @Test func orderIsKeptAndTextNeedsNoDownload() async throws {
    let bench = try DownloadBench()
    let text = NodeOutput(
      node: "1", key: "text", index: 0, pointer: JSONPointer(), content: .text("words"))
    let outputs: [NodeOutput] =
      [text] + (0..<20).map { .file("f\($0).bin", at: "https://h/\($0)", index: $0) }
    let results = try await bench.retrieve(
      outputs, from: ScriptedTransport { exchange, _ in .ok(Array(exchange.request.url.path.utf8)) })
    #expect(results.map(\.output) == outputs)
    #expect(results[0].retrieval == .text)
    for index in 0..<20 {
      #expect(results[index + 1].payload?.checksum == Checksum(of: Array("/\(index)".utf8)))
    }
    #expect(bench.files.count == 20)
  }

  @Test func noMoreRunAtOnceThanTheSharedLimit() async throws {
    let bench = try DownloadBench()
    let transport = CountingTransport()
    let outputs: [NodeOutput] = (0..<40).map { .file("f\($0).bin", at: "https://h/\($0)", index: $0) }
    async let one = bench.retrieve(outputs, from: transport)
    var other = try DownloadBench()
    other.limiter = bench.limiter
    _ = try await other.retrieve(outputs, from: transport)
    _ = try await one
    #expect(transport.peak <= 4)
    #expect(transport.peak > 1)
  }

  @Test func theSameAddressIsAskedOnce() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { [bytes] _, _ in .ok(bytes) }
    let results = try await bench.retrieve(
      [
        .file("a.png", at: "https://h/a"), .file("a.png", at: "https://h/a", node: "10"),
        .file("a.png", at: "https://h/a?x", node: "11"),
      ], from: transport)
    #expect(transport.exchanges.count == 2)
    #expect(results[0].payload == results[1].payload)
    #expect(results[2].payload?.path == bench.spool.appending("0002.data"))
  }

  @Test func loaderEchoesAndOmittedPreviewsAreNotDownloaded() async throws {
    var bench = try DownloadBench()
    bench.options.temp = .omit
    let transport = ScriptedTransport { _, _ in .ok([1]) }
    let results = try await bench.retrieve(
      [
        .file("a.png", at: "https://h/a", type: "input"),
        .file("b.png", at: "https://h/b", type: "temp"), .file("c.png", at: nil),
      ], from: transport)
    #expect(results.map(\.retrieval) == [.omitted, .omitted, .missing(.noURL)])
    #expect(transport.exchanges.isEmpty)
    #expect(bench.files.isEmpty)
  }

  @Test func previewsAreDownloadedByDefault() async throws {
    let bench = try DownloadBench()
    let results = try await bench.retrieve(
      [.file("b.bin", at: "https://h/b", type: "temp")], from: ScriptedTransport { _, _ in .ok([1]) })
    #expect(results[0].payload?.size == 1)
  }

  @Test func noCredentialTravelsAndPrivateAddressesAreClosed() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      number == 0 ? .redirect("https://other/b") : .ok([1])
    }
    _ = try await bench.retrieve([.file("a.bin", at: "https://h/a?sig=1")], from: transport)
    #expect(transport.exchanges.map(\.request.url.description) == ["https://h/a?sig=1", "https://other/b"])
    for request in transport.exchanges.map(\.request) {
      #expect(request.bearer == nil)
      #expect(request.reach == .publicOnly)
      #expect(request.headers.fields.map(\.name) == ["Accept-Encoding"])
    }
  }

  // MARK: What is gone

  @Test(arguments: [(403, Manifest.Reason.http403), (404, .http404), (410, .http410), (400, .unreachable)])
  func whatIsGoneIsMissingAfterOneFreshResult(status: Int, reason: Manifest.Reason) async throws {
    let bench = try DownloadBench()
    let asked = Mutex(0)
    let outputs: [NodeOutput] = [
      .file("a.png", at: "https://h/a"), .file("b.bin", at: "https://h/b", node: "x"),
    ]
    let transport = ScriptedTransport { exchange, _ in
      exchange.request.url.path == "/a" ? .status(status) : .ok([7])
    }
    let results = try await bench.retrieve(outputs, from: transport) {
      asked.withLock { $0 += 1 }
      return outputs
    }
    #expect(results[0].retrieval == .missing(reason))
    #expect(results[1].payload?.size == 1)
    #expect(asked.withLock { $0 } == 1)
    #expect(transport.exchanges.count == 3)
    #expect(bench.files == ["0001.data"])
    #expect(bench.clock.sleeps.isEmpty)
  }

  @Test func aFreshAddressIsTriedForWhatIsGone() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { exchange, _ in
      exchange.request.url.query == "new" ? .ok([1, 2]) : .status(403)
    }
    let results = try await bench.retrieve([.file("a.bin", at: "https://h/a?old")], from: transport) {
      [.file("a.bin", at: "https://h/a?new")]
    }
    #expect(results[0].payload?.size == 2)
    #expect(bench.files == ["0000.data"])
  }

  @Test func anExpiredResultMakesTheGoneExpired() async throws {
    let bench = try DownloadBench()
    let results = try await bench.retrieve(
      [.file("a.bin", at: "https://h/a")], from: ScriptedTransport { _, _ in .status(404) }
    ) { throw KeepError(.expired, .none, "the service has deleted the result") }
    #expect(results[0].retrieval == .missing(.expired))
    #expect(bench.files.isEmpty)
  }

  @Test func aFreshResultWithoutTheOutputLeavesItMissing() async throws {
    let bench = try DownloadBench()
    let results = try await bench.retrieve(
      [.file("a.bin", at: "https://h/a")], from: ScriptedTransport { _, _ in .status(404) }
    ) { [] }
    #expect(results[0].retrieval == .missing(.http404))
  }

  @Test func aRefreshThatFailsIsAFailure() async throws {
    let bench = try DownloadBench()
    let code = await bench.failure(
      of: [.file("a.bin", at: "https://h/a")], from: ScriptedTransport { _, _ in .status(404) }
    ) { throw dropped }
    #expect(code == .unavailable)
    #expect(!bench.files.contains { $0.hasSuffix(".data") })
  }

  // MARK: Addresses

  @Test(arguments: [
    "file:///etc/passwd", "ftp://h/a", "data:,x", "//h/a", "a.png", "http://h/a", "https://u:p@h/a",
    "https://127.0.0.1/a", "https://localhost/a", "https://169.254.169.254/a", "https://[::1]/a",
    "https://10.0.0.1/a", "https://2130706433/a", "https://0x7f.1/a", "https://h\\@x/a", "https://h:0/a",
    "https:///a", "https://h/a\nb",
  ])
  func doubtfulAddressesAreNeverAsked(url: String) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok([1]) }
    let results = try await bench.retrieve([.file("a.png", at: url)], from: transport)
    #expect(results[0].retrieval == .missing(.unreachable))
    #expect(transport.exchanges.isEmpty)
    #expect(bench.events.notes == [.unusableAddress])
    #expect(bench.files.isEmpty)
  }

  @Test func spacesAndLettersInAPathAreEncoded() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok([1]) }
    _ = try await bench.retrieve([.file("a", at: "https://h/my é.bin?a b")], from: transport)
    #expect(transport.exchanges.map(\.request.url.description) == ["https://h/my%20%C3%A9.bin?a%20b"])
  }

  @Test func aLocalServiceMayNameItself() async throws {
    var bench = try DownloadBench()
    bench.policy = DownloadPolicy(api: try #require(HTTPURL("http://127.0.0.1:8080")))
    let transport = ScriptedTransport { _, _ in .ok([1]) }
    let results = try await bench.retrieve(
      [.file("a.bin", at: "http://127.0.0.1:9090/a")], from: transport)
    #expect(results[0].payload?.size == 1)
    #expect(transport.exchanges.map(\.request.reach) == [.anywhere])
  }

  @Test(arguments: [
    "http://h/a", "file:///etc/passwd", "https://169.254.169.254/x", "https://[::1]/", "gopher://x/",
    "//localhost/a", "https://u@h/",
  ])
  func redirectsToElsewhereAreRefused(location: String) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .redirect(location) }
    let results = try await bench.retrieve([.file("a.bin", at: "https://h/a")], from: transport)
    #expect(results[0].retrieval == .missing(.unreachable))
    #expect(transport.exchanges.count == 1)
    #expect(bench.events.notes == [.refusedRedirect])
    #expect(bench.files.isEmpty)
  }

  @Test(arguments: [
    ("/x", "https://h/x"), ("y?z", "https://h/d/y?z"), ("?q", "https://h/d/a?q"),
    ("//o/b", "https://o/b"), ("HTTPS://O:444/b", "https://o:444/b"),
  ])
  func redirectsAreResolved(location: String, target: String) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in number == 0 ? .redirect(location) : .ok([1]) }
    _ = try await bench.retrieve([.file("a.bin", at: "https://h/d/a")], from: transport)
    #expect(transport.exchanges.last?.request.url.description == target)
  }

  @Test func aRedirectLoopEnds() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .redirect("/a") }
    #expect(await bench.failure(of: [.file("a.bin", at: "https://h/a")], from: transport) == .unavailable)
    #expect(transport.exchanges.count == 6 * 5)
    #expect(!bench.files.contains { $0.hasSuffix(".data") })
  }

  @Test func aLocalServiceCannotSendUsIntoTheNetwork() async throws {
    var bench = try DownloadBench()
    bench.policy = DownloadPolicy(api: try #require(HTTPURL("http://127.0.0.1:8080")))
    for location in ["https://10.0.0.1/", "http://example.com/", "http://192.168.1.1/"] {
      let transport = ScriptedTransport { _, _ in .redirect(location) }
      let results = try await bench.retrieve(
        [.file("a.bin", at: "http://127.0.0.1:8080/a")], from: transport)
      #expect(results[0].retrieval == .missing(.unreachable))
      #expect(transport.exchanges.count == 1)
    }
  }
}

/// Counts how many exchanges go on at once.
private final class CountingTransport: Transport {
  private let state = Mutex((now: 0, peak: 0))
  var peak: Int { state.withLock { $0.peak } }

  func withResponse<Value: Sendable>(
    to request: HTTPRequest, _ consume: @Sendable (HTTPResponse) async throws -> Value
  ) async throws -> Value {
    state.withLock { state in
      state.now += 1
      state.peak = max(state.peak, state.now)
    }
    defer { state.withLock { $0.now -= 1 } }
    for _ in 0..<10 { await Task.yield() }
    let body = Mutex<[UInt8]?>([1])
    return try await consume(
      HTTPResponse(
        status: 200, headers: HTTPHeaders(),
        body: ResponseBody { body.withLock { piece in piece.take() } }))
  }
}
