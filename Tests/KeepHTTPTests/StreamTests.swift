import Glibc
import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

/// Many exchanges at once, slow readers, limits.
@Suite(.timeLimit(.minutes(10))) struct StreamTests {
  @Test func connectionsAreUsedAgain() async throws {
    let server = try RawServer(answering(body: [1, 2, 3]))
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    for _ in 0..<10 {
      let answer = try await transport.response(to: HTTPRequest(.get, try server.url()), limit: 10)
      #expect(answer.body == [1, 2, 3])
    }
    #expect(server.connectionCount == 1)
  }

  @Test func manyExchangesGoOnAtOnceWithinTheLimitOfConnections() async throws {
    let server = try RawServer { connection in
      while let head = try connection.readHead() {
        try connection.answer(body: Array(head.requestLine.utf8) + Array(repeating: 7, count: 300_000))
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct { $0.connectionsPerHost = 8 }
    let urls = try (0..<64).map { try server.url("\($0)") }
    let sizes = try await withThrowingTaskGroup(of: Bool.self) { group in
      for (index, url) in urls.enumerated() {
        group.addTask {
          let answer = try await transport.response(to: HTTPRequest(.get, url), limit: .mebibytes(1))
          let line = Array("GET /\(index) HTTP/1.1".utf8)
          return answer.body.starts(with: line) && answer.body.count == line.count + 300_000
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sizes.count == 64)
    #expect(sizes.allSatisfy { $0 })
    #expect((1...8).contains(server.connectionCount))
  }

  @Test func waitingForAConnectionDoesNotCountAsConnecting() async throws {
    let isFirst = Signal()
    let server = try RawServer { connection in
      while let head = try connection.readHead() {
        if head.requestLine.contains("/slow") {
          isFirst.fire()
          // Longer than the time to connect: silence on purpose, not a wait for something.
          var nothing = pollfd(fd: -1, events: 0, revents: 0)
          poll(&nothing, 1, 1500)
        }
        try connection.answer()
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct {
      $0.connectionsPerHost = 1
      $0.connectTimeout = .milliseconds(500)
    }
    async let slow = transport.response(to: HTTPRequest(.get, try server.url("slow")), limit: 10)
    await isFirst.wait()
    let next = try await transport.response(to: HTTPRequest(.get, try server.url("next")), limit: 10)
    #expect(next.status == 200)
    #expect(try await slow.status == 200)
  }

  @Test func aReaderThatStopsStopsTheSender() async throws {
    let size = 64 << 20
    let sent = Mutex(0)
    let isStalled = Signal()
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
      let body = [UInt8](repeating: 5, count: size)
      let count = try connection.write(body, untilStalledFor: 300)
      sent.withLock { $0 = count }
      isStalled.fire()
      try connection.write(Array(body[count...]))
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    let read = try await transport.withResponse(to: HTTPRequest(.get, try server.url())) { response in
      await isStalled.wait()
      var read = 0
      while let piece = try await response.body.next() { read += piece.count }
      return read
    }
    // What the kernel's buffers of both sides and ours hold, which is far from all.
    #expect(sent.withLock { $0 } < 24 << 20)
    #expect(read == size)
  }

  @Test func hugeHeadersAreCutOff() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\n")
      for number in 0..<100_000 {
        try connection.write("X-\(number): " + String(repeating: "x", count: 1000) + "\r\n")
      }
    }
    defer { server.stop() }
    let error = await #expect(throws: KeepError.self) {
      try await CurlTransport.direct().response(to: HTTPRequest(.get, server.url()), limit: 10)
    }
    #expect(error?.code == .unavailable)
    #expect(error?.retry == .never)
    #expect(error?.reason.contains("headers") == true)
  }

  @Test func interimAnswersAreSkipped() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
      try connection.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n")
      try connection.write("Content-Length: 1\r\n\r\nx")
      connection.waitForClose()
    }
    defer { server.stop() }
    let answer = try await CurlTransport.direct().response(
      to: HTTPRequest(.get, try server.url()), limit: 10)
    #expect(answer.status == 200)
    #expect(answer.headers["Link"] == nil)
    #expect(answer.headers["X-A"] == "b c")
    #expect(answer.body == Array("x".utf8))
  }

  @Test func silenceIsGivenUpOn() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      connection.waitForClose()
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct { $0.slowWindow = .seconds(1) }
    let error = await #expect(throws: KeepError.self) {
      try await transport.response(to: HTTPRequest(.get, server.url()), limit: 10)
    }
    #expect(error?.code == .unavailable)
    #expect(error?.retry == .backOff)
    #expect(error?.delivery == .unknown)
  }

  @Test func theAnswerToABodyMayBeLongInComing() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      _ = try connection.read(3)
      usleep(2_500_000)  // longer than the window is what is tested
      try connection.answer(body: [1])
    }
    defer { server.stop() }
    let transport = try CurlTransport.direct { $0.slowWindow = .seconds(1) }
    let body = RequestBody(bytes: [1, 2, 3], contentType: "x/y")
    let answer = try await transport.response(to: HTTPRequest(.post, server.url(), body: body), limit: 10)
    #expect(answer.body == [1])
  }

  @Test func anAnswerThatDripsEndsAtTheTimeLimit() async throws {
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
      while true {
        try connection.write("xxxxxxxxxxxxxxxxxxxxxxxx")
        usleep(100_000)
      }
    }
    defer { server.stop() }
    let request = HTTPRequest(.get, try server.url(), timeLimit: .seconds(2))
    let error = await #expect(throws: KeepError.self) {
      try await CurlTransport.direct().response(to: request, limit: 200_000)
    }
    #expect(error?.code == .unavailable)
    #expect(error?.reason.contains("longer than") == true)
  }

  @Test func aReaderMayTakeLongerThanTheSlowWindow() async throws {
    let body = [UInt8](repeating: 3, count: 8 << 20)
    let server = try RawServer(answering(body: body))
    defer { server.stop() }
    let transport = try CurlTransport.direct { $0.slowWindow = .seconds(1) }
    let read = try await transport.withResponse(to: HTTPRequest(.get, try server.url())) { response in
      var read = try await response.body.next()?.count ?? 0
      try await Task.sleep(for: .milliseconds(2500))  // longer than the window is what is tested
      while let piece = try await response.body.next() { read += piece.count }
      return read
    }
    #expect(read == body.count)
  }

  @Test func privateAddressesAreRefusedBeforeAPacketIsSent() async throws {
    let server = try RawServer(answering())
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    for host in ["127.0.0.1", "localhost", "[::1]"] {
      let url = try #require(HTTPURL("http://\(host):\(server.port)/x"))
      let error = await #expect(throws: KeepError.self) {
        try await transport.response(to: HTTPRequest(.get, url, reach: .publicOnly), limit: 10)
      }
      #expect(error?.retry == .never)
      #expect(error?.delivery == .notDelivered)
      #expect(error?.description.contains(url.origin.host) == true)
    }
    #expect(server.connectionCount == 0)
  }

  @Test func namesOfPrivateAddressesAreRefusedBeforeAPacketIsSent() async throws {
    let server = try RawServer(answering())
    defer { server.stop() }
    // libcurl resolves all names below `localhost` to the loopback.
    let url = try #require(HTTPURL("http://keep.localhost:\(server.port)/x"))
    let transport = try CurlTransport.direct()
    let error = await #expect(throws: KeepError.self) {
      try await transport.response(to: HTTPRequest(.get, url, reach: .publicOnly), limit: 10)
    }
    #expect(error?.retry == .never)
    #expect(error?.delivery == .notDelivered)
    #expect(error?.reason.contains("keep.localhost") == true)
    #expect(server.connectionCount == 0)
  }

  @Test func aKeptConnectionIsNoWayAroundTheRefusal() async throws {
    let requests = Mutex(0)
    let server = try RawServer { connection in
      while try connection.readHead() != nil {
        requests.withLock { $0 += 1 }
        try connection.answer()
      }
    }
    defer { server.stop() }
    let url = try #require(HTTPURL("http://keep.localhost:\(server.port)/x"))
    let transport = try CurlTransport.direct()
    _ = try await transport.response(to: HTTPRequest(.get, url), limit: 10)
    let error = await #expect(throws: KeepError.self) {
      try await transport.response(to: HTTPRequest(.get, url, reach: .publicOnly), limit: 10)
    }
    #expect(error?.retry == .never)
    #expect(error?.delivery == .notDelivered)
    #expect(requests.withLock { $0 } == 1)
  }
}
