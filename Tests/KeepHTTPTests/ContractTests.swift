import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import Testing

extension CurlTransport.Configuration {
  /// No proxy, so that the environment of the test run does not matter.
  static var direct: Self {
    var configuration = Self()
    configuration.proxies = .none
    return configuration
  }
}

extension CurlTransport {
  /// A transport for tests.
  static func direct(_ change: (inout Configuration) -> Void = { _ in }) throws -> CurlTransport {
    var configuration = Configuration.direct
    change(&configuration)
    return try CurlTransport(configuration)
  }
}

/// Answers each request of a connection with the same.
func answering(
  _ status: String = "200 OK", headers: [String] = [], body: [UInt8] = []
) -> RawServer.Script {
  { connection in
    while let head = try connection.readHead() {
      _ = try connection.read(head.contentLength)
      try connection.answer(status, headers: headers, body: body)
    }
  }
}

@Suite(.timeLimit(.minutes(10))) struct ContractTests {
  private let transport: CurlTransport
  private let contract: TransportContract

  init() throws {
    self.transport = try .direct()
    self.contract = TransportContract(transport)
  }

  @Test func deliversTheAnswer() async throws {
    let server = try RawServer(
      answering("201 Created", headers: ["X-Kept:  yes "], body: Array("hello".utf8)))
    defer { server.stop() }
    try await contract.deliversTheAnswer(of: server.url("a?b=c"))
  }

  @Test(arguments: [0, 1, 16_384, 262_144, 262_145, 5_000_000])
  func deliversInPieces(size: Int) async throws {
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    let server = try RawServer(answering(body: body))
    defer { server.stop() }
    try await contract.deliversInPieces(body, from: server.url())
  }

  @Test func deliversAChunkedBodyWhole() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
      try connection.write("2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n")
      connection.waitForClose()
    }
    defer { server.stop() }
    try await contract.deliversInPieces(Array("abcde".utf8), from: server.url())
  }

  @Test func handsRedirectsOver() async throws {
    let other = try RawServer(answering())
    let server = try RawServer(answering("302 Found", headers: ["Location: \(try other.url())"]))
    defer {
      server.stop()
      other.stop()
    }
    try await contract.handsRedirectsOver(from: server.url())
    #expect(other.connectionCount == 0)
    #expect(server.connectionCount == 1)
  }

  @Test(arguments: [
    "Content-Length: 100\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "Transfer-Encoding: chunked\r\n\r\n9\r\nabc",
  ])
  func throwsForTruncatedBody(rest: String) async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\n\(rest)")
    }
    defer { server.stop() }
    try await contract.throwsForBrokenBody(after: Array("abc".utf8), from: server.url())
  }

  @Test func throwsForResetInTheBody() async throws {
    let isRead = Signal()
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
      isRead.waitOnThread()
      connection.reset()
    }
    defer { server.stop() }
    let error = await #expect(throws: KeepError.self) {
      try await transport.withResponse(to: HTTPRequest(.get, server.url())) { response in
        let piece = try await response.body.next()
        isRead.fire()
        #expect(piece == Array("abc".utf8))
        _ = try await response.body.next()
      }
    }
    #expect(error?.code == .unavailable)
    #expect(error?.retry == .backOff)
    #expect(error?.httpStatus == 200)
    #expect(error?.delivery == .unknown)
  }

  @Test func refusedConnectionIsNotDelivered() async throws {
    let server = try RawServer { _ in }
    let url = try server.url()
    server.stop()
    try await contract.tellsDelivery(of: url, expected: .notDelivered)
  }

  @Test func unknownHostIsNotDelivered() async throws {
    let url = try #require(HTTPURL("http://no-such-host.invalid/"))
    try await contract.tellsDelivery(of: url, expected: .notDelivered)
  }

  @Test func closeBeforeAnAnswerIsInDoubt() async throws {
    let server = try RawServer { _ = try $0.readHead() }
    defer { server.stop() }
    try await contract.tellsDelivery(of: server.url(), expected: .unknown)
  }

  @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 999 Odd\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
  func whatIsNoAnswerIsInDoubt(text: String) async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write(text)
    }
    defer { server.stop() }
    try await contract.tellsDelivery(of: server.url(), expected: .unknown)
  }

  @Test func passesTheConsumersErrorOn() async throws {
    let server = try RawServer(answering(body: [1]))
    defer { server.stop() }
    try await contract.passesTheConsumersErrorOn(from: server.url())
  }

  @Test(arguments: [HTTPRequest.Method.post, .put, .delete], [0, 1, 70_000, 3_000_000])
  func sendsTheBody(method: HTTPRequest.Method, size: Int) async throws {
    let server = try RawServer { connection in
      while let head = try connection.readHead() {
        try connection.answer(body: try connection.read(head.contentLength))
      }
    }
    defer { server.stop() }
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
    try await contract.sendsTheBody(to: server.url(), method, body)
  }
}
