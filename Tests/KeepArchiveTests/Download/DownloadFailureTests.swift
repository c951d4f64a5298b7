import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepArchive

@Suite struct DownloadFailureTests {
  private let whole = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  private let output = [NodeOutput.file("a.bin", at: "https://h/a")]

  /// The range that was asked for, else 0.
  private static func start(_ exchange: ScriptedTransport.Exchange) -> Int {
    exchange.request.headers["Range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
  }

  private func broken(_ count: Int, _ headers: HTTPHeaders) -> ScriptedTransport.Answer {
    var headers = headers
    headers.add("Content-Length", "1000")
    return .broken(
      status: 200, headers: headers,
      pieces: [Array(whole[..<(count / 2)]), Array(whole[(count / 2)..<count])],
      dropped)
  }

  private func rest(from start: Int, _ headers: HTTPHeaders = HTTPHeaders()) -> ScriptedTransport.Answer {
    var headers = headers
    headers.add("Content-Range", "bytes \(start)-999/1000")
    return .status(206, Array(whole[start...]), headers)
  }

  private func expectWhole(
    _ results: [RetrievedOutput], _ bench: DownloadBench, _ place: SourceLocation = #_sourceLocation
  ) throws {
    #expect(results[0].payload?.checksum == Checksum(of: whole), sourceLocation: place)
    #expect(results[0].payload?.size == 1000, sourceLocation: place)
    #expect(try bench.bytes("0000.data") == whole, sourceLocation: place)
    #expect(bench.files == ["0000.data"], sourceLocation: place)
  }

  @Test func aBrokenBodyIsResumed() async throws {
    let bench = try DownloadBench()
    let headers: HTTPHeaders = ["ETag": "\"v1\"", "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"]
    let transport = ScriptedTransport { exchange, number in
      number == 0 ? broken(600, headers) : rest(from: Self.start(exchange), headers)
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
    let second = transport.exchanges[1].request.headers
    #expect(second["Range"] == "bytes=600-")
    #expect(second["If-Range"] == "\"v1\"")
    #expect(bench.clock.sleeps == [.milliseconds(500)])
  }

  private static let weak: [HTTPHeaders] = [
    [:], ["Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"], ["ETag": "v1"], ["ETag": "\""],
    ["ETag": "W/\"v1\"", "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"],
    ["ETag": "\"v1\"", "Accept-Ranges": "none"],
  ]

  @Test(arguments: weak)
  func withoutAStrongValidatorItStartsAgain(headers: HTTPHeaders) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      number == 0 ? broken(600, headers) : .ok(whole)
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
    #expect(transport.exchanges[1].request.headers["Range"] == nil)
  }

  @Test func aChangedFileStartsAgain() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      number == 0
        ? .broken(
          status: 200, headers: ["Content-Length": "2000", "ETag": "\"v1\""],
          pieces: [[UInt8](repeating: 9, count: 1500)], dropped)
        : .ok(whole, ["ETag": "\"v2\""])
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
  }

  private static let otherParts: [HTTPHeaders] = [
    ["Content-Range": "bytes 500-999/1000", "ETag": "\"v1\""],
    ["Content-Range": "bytes 600-998/1000", "ETag": "\"v1\""],
    ["Content-Range": "bytes 600-999/1001", "ETag": "\"v1\""],
    ["Content-Range": "bytes 600-999/*", "ETag": "\"v1\""],
    ["Content-Range": "bytes 600-999/1000", "ETag": "\"v2\""], ["ETag": "\"v1\""],
    ["Content-Range": "bytes 600-999/1000"],
    ["Content-Range": "bytes 600-999/1000", "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"],
    ["Content-Range": "x", "ETag": "\"v1\""], ["Content-Range": "bytes -", "ETag": "\"v1\""],
  ]

  @Test(arguments: otherParts)
  func anotherPartThanTheOneAskedForStartsAgain(headers: HTTPHeaders) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      switch number {
      case 0: broken(600, ["ETag": "\"v1\""])
      case 1: .status(206, Array(whole[600...]), headers)
      default: .ok(whole)
      }
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
    #expect(transport.exchanges.count == 3)
    #expect(transport.exchanges[2].request.headers["Range"] == nil)
  }

  @Test(arguments: [206, 200])
  func aPartThatWasNotAskedForIsNeverKeptAsWhole(status: Int) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      number == 0
        ? .status(status, Array(whole[500...]), ["Content-Range": "bytes 500-999/1000"]) : .ok(whole)
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
  }

  @Test func aFullRangeWith200IsWhole() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok(whole, ["Content-Range": "bytes 0-999/1000"]) }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
    #expect(transport.exchanges.count == 1)
  }

  @Test func aRangeThatCannotBeServedStartsAgain() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      switch number {
      case 0: broken(600, ["ETag": "\"v1\""])
      case 1: .status(416)
      default: .ok(whole)
      }
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
  }

  @Test func aShortBodyIsRetriedAndNeverKept() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok(Array(whole[..<50]), ["Content-Length": "100"]) }
    #expect(await bench.failure(of: output, from: transport) == .unavailable)
    #expect(transport.exchanges.count == 5)
    #expect(!bench.files.contains { $0.hasSuffix(".data") })
  }

  @Test func aBodyLongerThanAnnouncedIsNeverKept() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      .ok(number == 0 ? whole + [1] : whole, ["Content-Length": "1000"])
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
  }

  @Test func anAddressThatExpiresUnderWayIsResumedWithAFreshOne() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { exchange, number in
      switch number {
      case 0: broken(600, ["ETag": "\"v1\""])
      case 1: .status(403)
      default: rest(from: Self.start(exchange), ["ETag": "\"v1\""])
      }
    }
    let results = try await bench.retrieve(output, from: transport) {
      [.file("a.bin", at: "https://h/a?fresh")]
    }
    try expectWhole(results, bench)
    #expect(transport.exchanges[2].request.headers["Range"] == "bytes=600-")
    #expect(transport.exchanges[2].request.url.query == "fresh")
  }

  @Test func twoFilesAreNeverGluedTogether() async throws {
    let bench = try DownloadBench()
    let other = [UInt8](repeating: 66, count: 1000)
    let dated: HTTPHeaders = ["Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"]
    let transport = ScriptedTransport { exchange, number in
      if number == 0 { return broken(500, dated) }
      let start = Self.start(exchange)
      guard start > 0 else { return .ok(other, dated) }
      return .status(206, Array(other[start...]), ["Content-Range": "bytes \(start)-999/1000"])
    }
    let results = try await bench.retrieve(output, from: transport)
    #expect(results[0].payload?.checksum == Checksum(of: other))
  }

  // MARK: Patience

  @Test func waitsDoubleAndEnd() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .status(503) }
    #expect(await bench.failure(of: output, from: transport) == .unavailable)
    #expect(bench.clock.sleeps.map { $0 / .milliseconds(1) } == [500, 1000, 2000, 4000])
    #expect(!bench.files.contains { $0.hasSuffix(".data") })
  }

  @Test(arguments: [("7", 7.0), ("600", 60.0), ("0", 0.5), ("soon", 0.5), ("-1", 0.5)])
  func theServiceMaySayWhen(header: String, seconds: Double) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in
      number == 0 ? .status(429, [], ["Retry-After": header]) : .ok(whole)
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
    #expect(bench.clock.sleeps.map { $0 / .seconds(1) } == [seconds])
  }

  @Test(arguments: [
    ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0), ("Wed, 21 Oct 2015 07:27:00 GMT", 0.5),
    ("Wed, 21 Oct 2035 07:28:00 GMT", 60.0), ("tomorrow", 0.5),
  ])
  func theServiceMaySayWhenByItsOwnClock(header: String, seconds: Double) async throws {
    let bench = try DownloadBench()
    let headers: HTTPHeaders = ["Retry-After": header, "Date": "Wed, 21 Oct 2015 07:28:00 GMT"]
    let transport = ScriptedTransport { _, number in number == 0 ? .status(503, [], headers) : .ok(whole) }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
    #expect(bench.clock.sleeps.map { $0 / .seconds(1) } == [seconds])
  }

  @Test func oneRunsFailureLeavesOthersAlone() async throws {
    let bench = try DownloadBench()
    var other = try DownloadBench()
    other.limiter = bench.limiter
    let transport = ScriptedTransport { [whole] exchange, _ in
      exchange.request.url.path == "/a" ? .failure(KeepError(.unavailable, .none, "no")) : .ok(whole)
    }
    let outputs: [NodeOutput] = (0..<20).map { .file("\($0).bin", at: "https://h/b\($0)", index: $0) }
    async let failure = bench.failure(of: output, from: transport)
    let results = try await other.retrieve(outputs, from: transport)
    #expect(await failure == .unavailable)
    #expect(results.allSatisfy { $0.payload?.size == 1000 })
  }

  @Test func progressRenewsPatience() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { exchange, number in
      let start = Self.start(exchange)
      if number == 9 { return rest(from: start, ["ETag": "\"v1\""]) }
      var headers: HTTPHeaders = ["ETag": "\"v1\"", "Content-Length": String(1000 - start)]
      if start > 0 { headers.add("Content-Range", "bytes \(start)-999/1000") }
      return .broken(
        status: start > 0 ? 206 : 200, headers: headers, pieces: [Array(whole[start..<(start + 100)])],
        dropped)
    }
    try expectWhole(try await bench.retrieve(output, from: transport), bench)
    #expect(bench.clock.sleeps == Array(repeating: .milliseconds(500), count: 9))
  }

  @Test func aFailureThatRetryingCannotHelpEndsAtOnce() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .failure(KeepError(.unavailable, .none, "no such host")) }
    #expect(await bench.failure(of: output, from: transport) == .unavailable)
    #expect(transport.exchanges.count == 1)
    #expect(bench.clock.sleeps.isEmpty)
  }

  @Test func afterAFailureNothingNewBeginsButWhatIsThereStays() async throws {
    var bench = try DownloadBench()
    bench.limiter = DownloadLimiter(limit: 1)
    let outputs: [NodeOutput] = (0..<5).map { .file("\($0).bin", at: "https://h/\($0)", index: $0) }
    let transport = ScriptedTransport { exchange, _ in
      exchange.request.url.path == "/2" ? .failure(KeepError(.unavailable, .none, "x")) : .ok([1])
    }
    #expect(await bench.failure(of: outputs, from: transport) == .unavailable)
    #expect(transport.exchanges.map(\.request.url.path) == ["/0", "/1", "/2"])
    let data = bench.files.filter { $0.hasSuffix(".data") }
    #expect(data == ["0000.data", "0001.data"])
    let again = ScriptedTransport { _, _ in .ok([1]) }
    let results = try await bench.retrieve(outputs, from: again)
    #expect(again.exchanges.map(\.request.url.path) == ["/2", "/3", "/4"])
    #expect(results.allSatisfy { $0.payload?.checksum == Checksum(of: [1]) })
  }

  // MARK: Limits

  @Test func aFileThatIsTooLargeIsRefused() async throws {
    var bench = try DownloadBench()
    bench.policy.maximumOutputSize = 999
    for headers in [["Content-Length": "1000"], ["Content-Length": "x"]] as [HTTPHeaders] {
      let transport = ScriptedTransport { _, _ in .ok(whole, headers) }
      #expect(await bench.failure(of: output, from: transport) == .failure)
      #expect(!bench.files.contains { $0.hasSuffix(".data") })
      #expect(transport.exchanges.count == 1)
    }
  }

  @Test func cancellingStopsTheWaiting() async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { [output] exchange, _ in
      _ = output
      withUnsafeCurrentTask { $0?.cancel() }
      return .status(503)
    }
    #expect(await bench.failure(of: output, from: transport) == .interrupted)
    #expect(transport.exchanges.count == 1)
    #expect(!bench.files.contains { $0.hasSuffix(".data") })
  }
}
