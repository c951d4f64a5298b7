import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(10))) struct TLSTests {
  private let certificates: TestCertificates

  init() throws {
    self.certificates = try TestCertificates.shared.get()
  }

  private func trusting(_ file: FilePath?) throws -> CurlTransport {
    try .direct { $0.caFile = file }
  }

  private func failure(_ transport: CurlTransport, _ peer: TLSPeer) async throws -> KeepError {
    let request = HTTPRequest(.get, peer.url)
    let error = await #expect(throws: KeepError.self) {
      try await transport.response(to: request, limit: 10)
    }
    return try #require(error)
  }

  /// Runs a peer's script on a thread beside an exchange.
  private func answer(
    to request: HTTPRequest, over transport: CurlTransport, by script: @escaping @Sendable () throws -> Void
  ) async throws -> BufferedResponse {
    async let answer = transport.response(to: request, limit: 1000)
    try await onThread(script)
    return try await answer
  }

  @Test func aCertificateOfOurOwnAuthorityIsTrusted() async throws {
    nonisolated(unsafe) let peer = try TLSPeer(certificates, protocols: "http/1.1")
    let answer = try await answer(
      to: HTTPRequest(.get, peer.url), over: trusting(certificates.authority)
    ) {
      try peer.skip(past: "GET /x HTTP/1.1\r\n")
      try peer.skip(past: "\r\n\r\n")
      try peer.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8))
    }
    #expect(answer.body == Array("hello".utf8))
  }

  @Test func aCertificateOfAnUnknownAuthorityIsRefused() async throws {
    let error = try await failure(trusting(nil), TLSPeer(certificates))
    #expect(error.code == .unavailable)
    #expect(error.retry == .never)
    #expect(error.delivery == .notDelivered)
    #expect(error.reason.contains("certificate"))
    #expect(error.hint?.contains("SSL_CERT_FILE") == true)
  }

  @Test func aCertificateForAnotherHostIsRefused() async throws {
    let peer = try TLSPeer(certificates, certificate: "elsewhere")
    let error = try await failure(trusting(certificates.authority), peer)
    #expect(error.retry == .never)
    #expect(error.delivery == .notDelivered)
    #expect(error.reason.contains("127.0.0.1"))
  }

  @Test(arguments: ["expired", "future", "selfsigned"])
  func aCertificateThatIsNotValidIsRefused(name: String) async throws {
    let error = try await failure(trusting(certificates.authority), TLSPeer(certificates, certificate: name))
    #expect(error.code == .unavailable)
    #expect(error.retry == .never)
    #expect(error.delivery == .notDelivered)
    #expect(error.reason.contains("certificate"), "\(error.reason)")
  }

  @Test func aMissingFileOfAuthoritiesIsNamed() async throws {
    let error = try await failure(trusting("/no/such/ca.pem"), TLSPeer(certificates))
    #expect(error.reason.contains("/no/such/ca.pem"))
    #expect(error.retry == .never)
    #expect(error.delivery == .notDelivered)
  }

  @Test func noTLSAtAllIsNotDelivered() async throws {
    let server = try RawServer { connection in
      _ = try connection.read(1)
      try connection.write("HTTP/1.1 200 OK\r\n\r\n")
    }
    defer { server.stop() }
    let url = try #require(HTTPURL("https://127.0.0.1:\(server.port)/"))
    try await TransportContract(trusting(nil)).tellsDelivery(of: url, expected: .notDelivered)
  }

  @Test func requestsShareOneConnectionOverHTTP2() async throws {
    nonisolated(unsafe) let peer = try TLSPeer(certificates)
    let transport = try trusting(certificates.authority)
    let request = HTTPRequest(.get, peer.url)
    async let other = transport.response(to: request, limit: 1000)
    let first = try await answer(to: request, over: transport) {
      let streams = try peer.acceptHTTP2(requests: 2)
      for stream in streams.reversed() { try peer.answerHTTP2(stream, "hello") }
    }
    #expect(first.body == Array("hello".utf8))
    #expect(try await other.body == Array("hello".utf8))
  }

  @Test func requestBodiesGoOverHTTP1() async throws {
    nonisolated(unsafe) let peer = try TLSPeer(certificates)
    let body = RequestBody(bytes: Array("body".utf8), contentType: "a/b")
    let answer = try await answer(
      to: HTTPRequest(.post, peer.url, body: body), over: trusting(certificates.authority)
    ) {
      try peer.skip(past: "POST /x HTTP/1.1\r\n")
      try peer.skip(past: "\r\n\r\nbody")
      try peer.write(Array("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n".utf8))
    }
    #expect(answer.status == 201)
  }
}
