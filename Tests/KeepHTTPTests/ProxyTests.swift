import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ProxyTests {
  private let variables = [
    "http_proxy": "http://proxy:1", "HTTPS_PROXY": "http://proxy:2",
    "no_proxy": "corp.example, .Local,10.0.0.1,172.16.0.0/12,[fd00::1],fe80::/10, dotted.",
  ]

  @Test(arguments: [
    ("http://a.example/", "http://proxy:1"), ("https://a.example/", "http://proxy:2"),
    ("http://corp.example/", nil), ("http://x.corp.example/", nil), ("https://printer.local/", nil),
    ("http://notcorp.example/", "http://proxy:1"), ("http://10.0.0.1/", nil),
    ("http://110.0.0.1/", "http://proxy:1"),
    ("http://corp.example.evil/", "http://proxy:1"),
    ("http://172.31.255.1/", nil), ("http://172.32.0.1/", "http://proxy:1"), ("http://x.dotted/", nil),
    ("http://[fd00::1]/", nil), ("http://[fd00::2]/", "http://proxy:1"), ("http://[febf::9]/", nil),
  ])
  func choosesByHost(url: String, proxy: String?) throws {
    let settings = ProxySettings { variables[$0] }
    #expect(settings.proxy(for: try #require(HTTPURL(url))) == proxy)
  }

  @Test func ignoresTheVariableThatAWebServerWouldSet() throws {
    let settings = ProxySettings { $0 == "HTTP_PROXY" ? "http://evil" : nil }
    #expect(settings == .none)
  }

  @Test func takesTheGeneralProxyForWhatHasNone() {
    let settings = ProxySettings { $0 == "ALL_PROXY" ? "socks5h://p" : nil }
    #expect(settings.http == "socks5h://p")
    #expect(settings.https == "socks5h://p")
  }

  @Test func aStarReachesAllDirectly() throws {
    let settings = ProxySettings(http: "http://p", direct: "*")
    #expect(settings.proxy(for: try #require(HTTPURL("http://a.example/"))) == nil)
  }

  @Test(arguments: ["http://127.0.0.1:8188/", "http://localhost/", "http://[::1]/", "https://127.1.2.3/"])
  func thisMachineIsReachedDirectly(url: String) throws {
    let settings = ProxySettings(http: "http://proxy:1", https: "http://proxy:2")
    #expect(settings.proxy(for: try #require(HTTPURL(url))) == nil)
  }

  @Test func theProxyIsAskedForTheWholeURL() async throws {
    let proxy = try RawServer { connection in
      let line = try connection.readHead()?.requestLine ?? ""
      try connection.answer(body: Array(line.utf8))
    }
    defer { proxy.stop() }
    let transport = try CurlTransport.direct {
      $0.proxies = ProxySettings(http: "http://127.0.0.1:\(proxy.port)")
    }
    let url = try #require(HTTPURL("http://a.example/x"))
    let answer = try await transport.response(to: HTTPRequest(.get, url, reach: .publicOnly), limit: 100)
    #expect(answer.body == Array("GET http://a.example/x HTTP/1.1".utf8))
  }

  @Test func privateAddressesAreRefusedAlsoThroughAProxy() async throws {
    let proxy = try RawServer(answering())
    defer { proxy.stop() }
    let transport = try CurlTransport.direct {
      $0.proxies = ProxySettings(http: "http://127.0.0.1:\(proxy.port)")
    }
    let url = try #require(HTTPURL("http://169.254.169.254/latest"))
    try await TransportContract(transport).tellsDelivery(
      of: HTTPRequest(.get, url, reach: .publicOnly), expected: .notDelivered)
    #expect(proxy.connectionCount == 0)
  }

  @Test func aRefusedTunnelIsNotDelivered() async throws {
    let proxy = try RawServer(answering("407 Proxy Authentication Required"))
    defer { proxy.stop() }
    let transport = try CurlTransport.direct {
      $0.proxies = ProxySettings(https: "http://127.0.0.1:\(proxy.port)")
    }
    let url = try #require(HTTPURL("https://a.example/x"))
    try await TransportContract(transport).tellsDelivery(of: url, expected: .notDelivered)
  }
}
