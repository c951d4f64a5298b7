import Glibc
import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

/// What a download meets on its way: slow links, silence, bodies that are not what was announced.
@Suite(.timeLimit(.minutes(10))) struct DownloadStreamTests {
  @Test func aSlowLinkThatMovesIsNeverCut() async throws {
    let pieces = 30
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(pieces * 24)\r\n\r\n")
      for _ in 0..<pieces {
        try connection.write([UInt8](repeating: 7, count: 24))
        usleep(500_000)  // three times as long as the window in all is what is tested
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct { $0.slowWindow = .seconds(5) }
    let answer = try await transport.response(to: HTTPRequest(.get, server.url()), limit: 1000)
    #expect(answer.body.count == pieces * 24)
  }

  @Test func silenceInTheBodyIsGivenUpOnAfterWhatCameIsHandedOut() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
      try connection.write([UInt8](repeating: 7, count: 600))
      connection.waitForClose()
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct { $0.slowWindow = .seconds(1) }
    let count = Mutex(0)
    let error = await #expect(throws: KeepError.self) {
      try await transport.withResponse(to: HTTPRequest(.get, server.url())) { response in
        while let piece = try await response.body.next() { count.withLock { $0 += piece.count } }
      }
    }
    #expect(error?.code == .unavailable)
    #expect(error?.retry == .backOff)
    #expect(count.withLock { $0 } == 600)
  }

  @Test func moreBytesThanAnnouncedReachNobody() async throws {
    let server = try RawServer { connection in
      while try connection.readHead() != nil {
        try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst and more than that")
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    for _ in 0..<3 {
      let answer = try await transport.response(to: HTTPRequest(.get, server.url()), limit: 100)
      #expect(answer.body == Array("first".utf8))
    }
    #expect(server.connectionCount == 3, "a connection with more on it is not used again")
  }

  @Test func anEncodingThatWasNotAskedForStaysAsItCame() async throws {
    let packed: [UInt8] = [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 0xFF, count: 500)
    let server = try RawServer(answering(headers: ["Content-Encoding: gzip"], body: packed))
    defer { server.stop() }
    let request = HTTPRequest(.get, try server.url(), headers: ["Accept-Encoding": "identity"])
    let answer = try await CurlTransport.direct().response(to: request, limit: 1000)
    #expect(answer.body == packed)
  }

  @Test func nothingOfOneExchangeReachesTheNextOverTheSameConnection() async throws {
    let heads = Mutex<[RawRequestHead]>([])
    let server = try RawServer { connection in
      while let head = try connection.readHead() {
        heads.withLock { $0.append(head) }
        _ = try connection.read(head.contentLength)
        try connection.answer(headers: ["Set-Cookie: session=1; Path=/"])
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    let url = try server.url("a")
    let first = HTTPRequest(
      .put, url, headers: ["X-Own": "1"], body: RequestBody(bytes: [1, 2, 3], contentType: "x/y"),
      bearer: Secret("the-token"))
    _ = try await transport.response(to: first, limit: 10)
    _ = try await transport.response(to: HTTPRequest(.get, url), limit: 10)
    let second = try #require(heads.withLock { $0 }.last)
    #expect(server.connectionCount == 1)
    #expect(second.requestLine == "GET /a HTTP/1.1")
    #expect(second["Host"] == "127.0.0.1:\(server.port)")
    for name in ["Authorization", "Cookie", "X-Own", "Content-Type", "Content-Length", "Referer", "Range"] {
      #expect(second[name] == nil, "\(name)")
    }
  }
}
