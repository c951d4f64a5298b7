import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@testable import KeepArchive

/// Where outputs and redirects may lead: rows 91 to 93 of the fault table, and the hosts that a person names.
@Suite struct DownloadAddressTests {
  private let output = [NodeOutput.file("a.bin", at: "https://h/a")]

  /// Schemes, hosts and spellings that lead, or may lead, elsewhere than to a public https server.
  static let hostile = [
    "file:///etc/passwd", "ftp://h/a", "gopher://h/", "data:,x", "javascript:x", "blob:https://h/a",
    "HTTP://h/a",
    "https:h/a", "https:///a", "https://", "https://u@h/", "https://u:p@h/", "https://h@127.0.0.1/",
    "https://h\\@127.0.0.1/", "https://h:0/", "https://h:65536/", "https://h:-1/", "https://h:+1/",
    "https://h:x/",
    "https://127.0.0.1/", "https://127.1/", "https://127.0.0.1./", "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://0/", "https://0.0.0.0/", "https://localhost/",
    "https://LOCALHOST/", "https://a.localhost/", "https://[::1]/", "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[ff02::1]/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://192.168.0.1/", "https://100.64.0.1/", "https://100.100.100.200/",
    "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://224.0.0.1/",
    "https://255.255.255.255/", "https://198.18.0.1/", "https://h.%2e/", "https://%68/",
    "https://\u{FF11}27.0.0.1/",
    "https://h\u{3002}x/", "https://h\u{0}/", "https://h\r\nHost: x/", "https://h/\r\nX: y", "https://-h/",
    "https://h-/",
  ]

  @Test(arguments: hostile)
  func aHostileAddressIsNeverAsked(url: String) async throws {
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, _ in .ok([1]) }
    let results = try await bench.retrieve([.file("a.png", at: url)], from: transport)
    #expect(results[0].retrieval == .missing(.unreachable))
    #expect(transport.exchanges.isEmpty)
    #expect(bench.events.notes == [.unusableAddress])
  }

  @Test(arguments: hostile + ["//127.0.0.1/", "//u@h/", "///a", "http:/x", "\u{1}:x"])
  func aHostileRedirectIsNeverFollowed(location: String) async throws {
    // A path of the same host, which libcurl is never asked to resolve, is no escape.
    let bench = try DownloadBench()
    let transport = ScriptedTransport { _, number in number == 0 ? .redirect(location) : .ok([1]) }
    _ = try await bench.retrieve(output, from: transport)
    for exchange in transport.exchanges {
      #expect(exchange.request.url.origin == HTTPURL("https://h/")?.origin)
      #expect(exchange.request.reach == .publicOnly)
    }
  }

  @Test func fiveRedirectsAreFollowedAndASixthIsNot() async throws {
    for (count, isFollowed) in [(5, true), (6, false)] {
      let bench = try DownloadBench()
      let transport = ScriptedTransport { exchange, _ in
        let place = Int(exchange.request.url.query ?? "") ?? 0
        return place < count ? .redirect("?\(place + 1)") : .ok([1])
      }
      let failure = await bench.failure(of: output, from: transport)
      #expect((failure == nil) == isFollowed)
      if isFollowed { #expect(transport.exchanges.count == 6) }
    }
  }

  @Test func nothingButTheRangeTravelsOverRedirects() async throws {
    let bench = try DownloadBench()
    let bytes = [UInt8](repeating: 1, count: 100)
    let transport = ScriptedTransport { exchange, number in
      switch number {
      case 0: .redirect("https://other/b?sig=1")
      case 1:
        .broken(
          status: 200, headers: ["ETag": "\"1\"", "Content-Length": "100", "Set-Cookie": "a=b"],
          pieces: [Array(bytes[..<40])], dropped)
      case 2: .redirect("https://third/c")
      default:
        .status(206, Array(bytes[40...]), ["ETag": "\"1\"", "Content-Range": "bytes 40-99/100"])
      }
    }
    #expect(try await bench.retrieve(output, from: transport)[0].payload?.checksum == Checksum(of: bytes))
    #expect(transport.exchanges.map(\.request.url.origin.host) == ["h", "other", "h", "third"])
    for request in transport.exchanges.map(\.request) {
      #expect(request.bearer == nil)
      #expect(Set(request.headers.fields.map(\.name)).isSubset(of: ["Accept-Encoding", "Range", "If-Range"]))
    }
  }

  // MARK: Hosts that a person names

  private func bench(_ hosts: String...) throws -> DownloadBench {
    var bench = try DownloadBench()
    bench.policy.hosts = hosts.compactMap(HostPattern.init)
    #expect(bench.policy.hosts?.count == hosts.count)
    return bench
  }

  @Test(arguments: [
    ("cdn.example.com", true), ("CDN.Example.com", true), ("a.cdn.example.com", false),
    ("example.com", false),
    ("x.example.net", true), ("a.b.example.net", true), ("example.net", false), ("notexample.net", false),
    ("cdn.example.com.evil.org", false), ("203.0.114.9", true), ("203.0.114.90", false),
    ("[2600::1]", true), ("[2600:0:0::1]", true), ("[2600::2]", false),
  ])
  func onlyTheHostsNamedAreAsked(host: String, isAsked: Bool) async throws {
    let bench = try bench("cdn.example.com", "*.example.net", "203.0.114.9", "[2600:0::1]")
    let transport = ScriptedTransport { _, _ in .ok([1]) }
    let results = try await bench.retrieve([.file("a.bin", at: "https://\(host)/a")], from: transport)
    #expect(transport.exchanges.count == (isAsked ? 1 : 0))
    guard !isAsked else { return }
    #expect(results[0].retrieval == .missing(.unreachable))
    let named = try #require(HTTPURL("https://\(host)/")).origin.host
    #expect(bench.events.notes == [.unlistedHost(named)])
    #expect(bench.events.notes.first?.description.contains("--output-host") == true)
  }

  @Test func aRedirectToAnotherHostThanThoseNamedIsRefused() async throws {
    let bench = try bench("h")
    let transport = ScriptedTransport { _, number in number == 0 ? .redirect("https://other/b") : .ok([1]) }
    let results = try await bench.retrieve(output, from: transport)
    #expect(results[0].retrieval == .missing(.unreachable))
    #expect(bench.events.notes == [.unlistedHost("other")])
    #expect(transport.exchanges.count == 1)
  }

  @Test func aHostThatIsNamedIsNoWayIntoThePrivateNetwork() async throws {
    let bench = try bench("10.0.0.1", "localhost", "h")
    let transport = ScriptedTransport { _, _ in .redirect("https://10.0.0.1/") }
    let results = try await bench.retrieve(
      output + [.file("b.bin", at: "https://localhost/b", index: 1)], from: transport)
    #expect(results.map(\.retrieval) == [.missing(.unreachable), .missing(.unreachable)])
    #expect(Set(transport.exchanges.map(\.request.url.origin.host)) == ["h"])
  }

  @Test(arguments: [
    "", "*", "*.", "**.a", "https://h", "h:443", "h/", "h/a", "h?x", "u@h", "a b", "*.1.2.3.4", "[::1]:443",
    "::1", "a..b",
    "*.*.a", "a.*", "h#", "é.com",
  ])
  func whatIsNoHostIsRefused(text: String) {
    #expect(HostPattern(text) == nil)
  }
}
