import KeepHTTP
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

/// The exchange lives as long as the call, no longer and no shorter.
@Suite(.timeLimit(.minutes(10))) struct LifetimeTests {
  /// Serves the start of an endless body, and says when the client is gone.
  private func endless(_ isClosed: Signal) throws -> RawServer {
    try RawServer { connection in
      _ = try connection.readHead()
      try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nabc")
      connection.waitForClose()
      isClosed.fire()
    }
  }

  private func outcome(_ task: Task<Int, any Error>) async -> KeepError? {
    do {
      _ = try await task.value
      return nil
    } catch { return error as? KeepError }
  }

  @Test func cancellingBeforeAnAnswerAborts() async throws {
    let (isAsked, isClosed) = (Signal(), Signal())
    let server = try RawServer { connection in
      _ = try connection.readHead()
      isAsked.fire()
      connection.waitForClose()
      isClosed.fire()
    }
    defer { server.stop() }
    let (transport, url) = (try CurlTransport.direct(), try server.url())
    let task = Task { try await transport.response(to: HTTPRequest(.get, url), limit: 10).status }
    await isAsked.wait()
    task.cancel()
    #expect(await outcome(task)?.code == .interrupted)
    await isClosed.wait()
  }

  @Test func cancellingInTheBodyAborts() async throws {
    let (isRead, isClosed) = (Signal(), Signal())
    let server = try endless(isClosed)
    defer { server.stop() }
    let (transport, url) = (try CurlTransport.direct(), try server.url())
    let task = Task {
      try await transport.withResponse(to: HTTPRequest(.get, url)) { response in
        var count = try await response.body.next()?.count ?? 0
        isRead.fire()
        count += try await response.body.next()?.count ?? 0
        return count
      }
    }
    await isRead.wait()
    task.cancel()
    #expect(await outcome(task)?.code == .interrupted)
    await isClosed.wait()
  }

  @Test func aCancelledTaskConnectsNowhere() async throws {
    let server = try RawServer(answering())
    defer { server.stop() }
    let (transport, url, isCancelled) = (try CurlTransport.direct(), try server.url(), Signal())
    let task = Task {
      await isCancelled.wait()
      return try await transport.response(to: HTTPRequest(.get, url), limit: 10).status
    }
    task.cancel()
    isCancelled.fire()
    let error = await outcome(task)
    #expect(error?.code == .interrupted)
    #expect(error?.delivery == .notDelivered)
    #expect(server.connectionCount == 0)
  }

  @Test func aConsumerThatLeavesEarlyAborts() async throws {
    let isClosed = Signal()
    let server = try endless(isClosed)
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    let status = try await transport.withResponse(to: HTTPRequest(.get, try server.url())) { $0.status }
    #expect(status == 200)
    await isClosed.wait()
  }

  @Test func aConsumerThatThrowsAborts() async throws {
    struct Mine: Error {}
    let isClosed = Signal()
    let server = try endless(isClosed)
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    await #expect(throws: Mine.self) {
      try await transport.withResponse(to: HTTPRequest(.get, server.url())) { response in
        _ = try await response.body.next()
        throw Mine()
      }
    }
    await isClosed.wait()
  }

  @Test func aBodyKeptBeyondTheCallThrows() async throws {
    let isClosed = Signal()
    let server = try endless(isClosed)
    defer { server.stop() }
    let transport = try CurlTransport.direct()
    let body = try await transport.withResponse(to: HTTPRequest(.get, try server.url())) { $0.body }
    await #expect(throws: KeepError(.interrupted, .address(try server.url().description), "")) {
      try await body.next()
    }
  }

  @Test func shuttingDownInterruptsAndRefuses() async throws {
    let (isAsked, isClosed) = (Signal(), Signal())
    let server = try RawServer { connection in
      _ = try connection.readHead()
      isAsked.fire()
      connection.waitForClose()
      isClosed.fire()
    }
    defer { server.stop() }
    let (transport, url) = (try CurlTransport.direct(), try server.url())
    let task = Task { try await transport.response(to: HTTPRequest(.get, url), limit: 10).status }
    await isAsked.wait()
    transport.shutDown()
    #expect(await outcome(task)?.code == .interrupted)
    await isClosed.wait()
    let later = await #expect(throws: KeepError.self) {
      try await transport.response(to: HTTPRequest(.get, url), limit: 10)
    }
    #expect(later?.code == .interrupted)
    transport.shutDown()
  }

  @Test func lettingGoClosesKeptConnections() async throws {
    let isClosed = Signal()
    let server = try RawServer { connection in
      _ = try connection.readHead()
      try connection.answer()
      connection.waitForClose()
      isClosed.fire()
    }
    defer { server.stop() }
    do {
      _ = try await CurlTransport.direct().response(to: HTTPRequest(.get, try server.url()), limit: 10)
    }
    await isClosed.wait()
  }

  @Test func manyCancellationsLeaveATransportThatWorks() async throws {
    let server = try RawServer(answering(body: Array(repeating: 1, count: 100_000)))
    defer { server.stop() }
    let (transport, url) = (try CurlTransport.direct(), try server.url())
    await withTaskGroup { group in
      for _ in 0..<200 {
        group.addTask {
          let task = Task { try await transport.response(to: HTTPRequest(.get, url), limit: 200_000).status }
          await Task.yield()
          task.cancel()
          _ = await task.result
        }
      }
    }
    let answer = try await transport.response(to: HTTPRequest(.get, url), limit: 200_000)
    #expect(answer.body.count == 100_000)
  }
}
