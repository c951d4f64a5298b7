import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(10))) struct UploadTests {
  private static let large: UInt64 = 64 << 20

  /// A body that is made up while it is sent.
  private func zeros(_ length: UInt64) -> RequestBody {
    RequestBody(length: length, contentType: "application/octet-stream") {
      var rest = length
      return BodyReader { buffer throws(KeepError) in
        let count = min(UInt64(buffer.count), rest)
        UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(count)])
          .initializeMemory(as: UInt8.self, repeating: 0)
        rest -= count
        return Int(count)
      }
    }
  }

  private func failure(_ server: RawServer, _ body: RequestBody) async throws -> KeepError {
    let transport = try CurlTransport.direct()
    let request = HTTPRequest(.post, try server.url(), body: body)
    let error = await #expect(throws: KeepError.self) {
      try await transport.response(to: request, limit: 1000)
    }
    return try #require(error)
  }

  @Test func earlyRefusalIsDelivered() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.answer(
        "413 Content Too Large", headers: ["Connection: close"], body: Array("too big".utf8))
      connection.waitForClose()
    }
    defer { server.stop() }
    let answer = try await CurlTransport.direct().response(
      to: HTTPRequest(.post, try server.url(), body: zeros(Self.large)), limit: 100)
    #expect(answer.status == 413)
    #expect(answer.body == Array("too big".utf8))
  }

  @Test func earlySuccessIsDelivered() async throws {
    let server = try RawServer { connection in
      guard let head = try connection.readHead() else { return }
      try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      _ = try connection.read(head.contentLength)
      connection.waitForClose()
    }
    defer { server.stop() }
    let answer = try await CurlTransport.direct().response(
      to: HTTPRequest(.put, try server.url(), body: zeros(8 << 20)), limit: 100)
    #expect(answer.status == 200)
    #expect(answer.body == Array("ok".utf8))
  }

  @Test func resetBeforeTheBodyIsWholeIsNotDelivered() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      _ = try connection.read(1 << 20)
      connection.reset()
    }
    defer { server.stop() }
    let error = try await failure(server, zeros(Self.large))
    #expect(error.code == .unavailable)
    #expect(error.delivery == .notDelivered)
    #expect(error.retry == .backOff)
  }

  @Test func resetAfterTheWholeBodyIsInDoubt() async throws {
    let server = try RawServer { connection in
      guard let head = try connection.readHead() else { return }
      _ = try connection.read(head.contentLength)
      connection.reset()
    }
    defer { server.stop() }
    let error = try await failure(server, zeros(3 << 20))
    #expect(error.code == .unavailable)
    #expect(error.delivery == .unknown)
  }

  @Test func theReadersErrorIsWhatTheCallerGets() async throws {
    let isClosed = Signal()
    let server = try RawServer { connection in
      connection.waitForClose()
      isClosed.fire()
    }
    defer { server.stop() }
    let body = RequestBody(length: 1 << 20, contentType: "a/b") {
      var calls = 0
      return BodyReader { buffer throws(KeepError) in
        calls += 1
        guard calls < 3 else { throw KeepError(.localIO, .path("cat.png"), "cannot be read") }
        return 1000
      }
    }
    let error = try await failure(server, body)
    #expect(error == KeepError(.localIO, .path("cat.png"), ""))
    #expect(error.delivery == .notDelivered)
    await isClosed.wait()
  }

  @Test func anErrorOnOpeningIsWhatTheCallerGets() async throws {
    let server = try RawServer { $0.waitForClose() }
    defer { server.stop() }
    let body = RequestBody(length: 10, contentType: "a/b") { () throws(KeepError) in
      throw KeepError(.localIO, .path("gone.png"), "cannot be opened")
    }
    #expect(try await failure(server, body) == KeepError(.localIO, .path("gone.png"), ""))
  }

  @Test(arguments: [99, 101])
  func aBodyOfAnotherLengthNeverArrivesWhole(length: Int) async throws {
    let received = Mutex<[UInt8]>([])
    let server = try RawServer { connection in
      _ = try connection.readHead()
      while let byte = try? connection.read(1) { received.withLock { $0 += byte } }
    }
    let body = RequestBody(length: 100, contentType: "a/b") {
      var rest = length
      return BodyReader { buffer throws(KeepError) in
        let count = min(rest, buffer.count, 60)
        rest -= count
        return count
      }
    }
    let error = try await failure(server, body)
    server.stop()
    #expect(error.code == .inputRejected)
    #expect(error.delivery == .notDelivered)
    #expect(received.withLock { $0.count } < 100)
  }

  @Test func anErrorAtTheReadersEndKeepsTheBodyFromBecomingWhole() async throws {
    let received = Mutex(0)
    let server = try RawServer { connection in
      _ = try connection.readHead()
      while (try? connection.read(1)) != nil { received.withLock { $0 += 1 } }
    }
    let body = RequestBody(length: 100, contentType: "a/b") {
      var rest = 100
      return BodyReader { buffer throws(KeepError) in
        guard rest > 0 else { throw KeepError(.inputRejected, .path("cat.png"), "has changed") }
        let count = min(rest, buffer.count, 50)
        rest -= count
        return count
      }
    }
    #expect(try await failure(server, body) == KeepError(.inputRejected, .path("cat.png"), ""))
    server.stop()
    #expect(received.withLock { $0 } < 100)
  }
}
