import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

/// What goes over the wire.
@Suite(.timeLimit(.minutes(10))) struct RequestTests {
  /// The heads a server has seen.
  private final class HeadLog: Sendable {
    private let log = Mutex<[RawRequestHead]>([])
    var heads: [RawRequestHead] { log.withLock { $0 } }
    func add(_ head: RawRequestHead) { log.withLock { $0.append(head) } }
  }

  private func logging(_ log: HeadLog) -> RawServer.Script {
    { connection in
      while let head = try connection.readHead() {
        log.add(head)
        _ = try connection.read(head.contentLength)
        try connection.answer()
      }
    }
  }

  @Test func sendsTheRequestAsItIs() async throws {
    let log = HeadLog()
    let server = try RawServer(logging(log))
    defer { server.stop() }
    let transport = try CurlTransport.direct { $0.userAgent = "comfykeep/9" }
    let request = HTTPRequest(
      .get, try server.url("a/../b/./c?sig=%2F&x"), headers: ["X-One": "1", "X-Empty": "", "Host": "evil"])
    _ = try await transport.response(to: request, limit: 0)
    let head = try #require(log.heads.first)
    #expect(head.requestLine == "GET /a/../b/./c?sig=%2F&x HTTP/1.1")
    #expect(head["Host"] == "127.0.0.1:\(server.port)")
    #expect(head["User-Agent"] == "comfykeep/9")
    #expect(head["X-One"] == "1")
    #expect(head["X-Empty"]?.isEmpty == true)
    for absent in ["Authorization", "Accept-Encoding", "Content-Type", "Content-Length", "Expect", "Cookie"] {
      #expect(head[absent] == nil, "\(absent)")
    }
  }

  @Test func sendsABodyWithItsLengthAndType() async throws {
    let log = HeadLog()
    let server = try RawServer(logging(log))
    defer { server.stop() }
    let body = RequestBody(bytes: [1, 2, 3], contentType: "application/json")
    _ = try await CurlTransport.direct().response(
      to: HTTPRequest(.post, try server.url(), headers: ["content-type": "x/y"], body: body), limit: 0)
    let head = try #require(log.heads.first)
    #expect(head.requestLine == "POST / HTTP/1.1")
    #expect(head["Content-Length"] == "3")
    #expect(
      head.lines.filter { $0.lowercased().hasPrefix("content-type") } == ["Content-Type: application/json"])
    #expect(head["Expect"] == nil)
    #expect(head["Transfer-Encoding"] == nil)
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, nil), (.head, nil), (.delete, nil), (.post, "0"), (.put, "0"),
  ])
  func sendsNoBodyWhereThereIsNone(method: HTTPRequest.Method, length: String?) async throws {
    let log = HeadLog()
    let server = try RawServer(logging(log))
    defer { server.stop() }
    _ = try await CurlTransport.direct().response(to: HTTPRequest(method, try server.url()), limit: 0)
    let head = try #require(log.heads.first)
    #expect(head.requestLine == "\(method.rawValue) / HTTP/1.1")
    #expect(head["Content-Length"] == length)
    #expect(head["Content-Type"] == nil)
  }

  @Test func tokenGoesWithItsRequestAlone() async throws {
    let log = HeadLog()
    let server = try RawServer(logging(log))
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    let secret = HTTPRequest(
      .get, try server.url("1"), headers: ["X-Mine": "1"], bearer: Secret("the-token"))
    _ = try await transport.response(to: secret, limit: 0)
    _ = try await transport.response(to: HTTPRequest(.get, try server.url("2")), limit: 0)
    #expect(log.heads.map { $0["Authorization"] } == ["Bearer the-token", nil])
    #expect(log.heads.map { $0["X-Mine"] } == ["1", nil])
    #expect(server.connectionCount == 1)
  }

  @Test func tokenIsNotSentAfterARedirect() async throws {
    let log = HeadLog()
    let other = try RawServer(logging(log))
    let server = try RawServer(answering("307 Temporary Redirect", headers: ["Location: \(try other.url())"]))
    defer {
      server.stop()
      other.stop()
    }
    let request = HTTPRequest(
      .post, try server.url(), body: RequestBody(bytes: [1], contentType: "a/b"), bearer: Secret("the-token"))
    #expect(try await CurlTransport.direct().response(to: request, limit: 0).status == 307)
    #expect(other.connectionCount == 0)
    #expect(log.heads.isEmpty)
  }

  @Test(arguments: [
    ("X-A", "1\r\nX-B: 2"), ("X-A", "1\nX-B: 2"), ("X-A", "1\u{0}"), ("X A", "1"), ("X-A:", "1"), ("", "1"),
    ("X-Ä", "1"), ("X-A\r\nX-B", "1"),
  ])
  func refusesHeadersThatWouldBreakOut(name: String, value: String) async throws {
    let server = try RawServer(answering())
    defer { server.stop() }
    var headers = HTTPHeaders()
    headers.add(name, value)
    let request = HTTPRequest(.get, try server.url(), headers: headers)
    let error = await #expect(throws: KeepError.self) {
      try await CurlTransport.direct().response(to: request, limit: 0)
    }
    #expect(error?.code == .failure)
    #expect(error?.delivery == .notDelivered)
    #expect(server.connectionCount == 0)
  }

  @Test func refusesATokenThatWouldBreakOutWithoutShowingIt() async throws {
    let server = try RawServer(answering())
    defer { server.stop() }
    let request = HTTPRequest(.get, try server.url(), bearer: Secret("hidden\r\nX: y"))
    let error = await #expect(throws: KeepError.self) {
      try await CurlTransport.direct().response(to: request, limit: 0)
    }
    #expect(error.map { "\($0)".contains("hidden") } == false)
    #expect(server.connectionCount == 0)
  }

  @Test func aPOSTIsNeverSentTwice() async throws {
    // The first exchange leaves a connection behind that is kept alive and then dies under the second.
    let log = HeadLog()
    let server = try RawServer { connection in
      while let head = try connection.readHead() {
        log.add(head)
        _ = try connection.read(head.contentLength)
        if head.requestLine.hasPrefix("POST") { return connection.reset() }
        try connection.answer()
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    _ = try await transport.response(to: HTTPRequest(.get, try server.url()), limit: 0)
    let error = await #expect(throws: KeepError.self) {
      let body = RequestBody(bytes: [1, 2, 3], contentType: "application/json")
      return try await transport.response(to: HTTPRequest(.post, server.url(), body: body), limit: 0)
    }
    #expect(error?.delivery == .unknown)
    #expect(log.heads.count { $0.requestLine.hasPrefix("POST") } == 1)
  }

  @Test func aPUTOverADeadConnectionIsSentAgainFromItsStart() async throws {
    let bodies = Mutex<[[UInt8]]>([])
    let server = try RawServer { connection in
      while let head = try connection.readHead() {
        let body = try connection.read(head.contentLength)
        bodies.withLock { $0.append(body) }
        if connection.number == 0, head.requestLine.hasPrefix("PUT") { return }
        try connection.answer()
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    _ = try await transport.response(to: HTTPRequest(.get, try server.url()), limit: 0)
    let bytes = (0..<400_000).map { UInt8(truncatingIfNeeded: $0) }
    let body = RequestBody(bytes: bytes, contentType: "a/b")
    let answer = try await transport.response(to: HTTPRequest(.put, try server.url(), body: body), limit: 0)
    #expect(answer.status == 200)
    #expect(bodies.withLock { $0 } == [[], bytes, bytes])
  }
}
