import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct RetryingTransportTests {
  private let clock = RecordingClock()
  private let url: HTTPURL

  init() throws {
    self.url = try #require(HTTPURL("https://api.example/v1/status?token=abc"))
  }

  private func retrying(_ base: ScriptedTransport) -> RetryingTransport {
    RetryingTransport(
      base, policy: RetryPolicy(attempts: 4, firstWait: .seconds(1)), clock: clock,
      now: { Timestamp(milliseconds: 784_111_747_000) },
      random: { 1 })
  }

  private static func unavailable(_ retry: KeepError.Retry) -> KeepError {
    KeepError(.unavailable, .address("https://api.example/"), "no answer", retry: retry)
  }

  @Test func triesAgainUntilAnAnswerComes() async throws {
    let base = ScriptedTransport { _, number in
      number < 2
        ? .failure(Self.unavailable(.backOff)) : .response(BufferedResponse(status: 200, body: [7]))
    }
    let answer = try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    #expect(answer.body == [7])
    #expect(clock.sleeps == [.seconds(1), .seconds(2)])
  }

  @Test(arguments: [408, 429, 500, 502, 503, 504])
  func triesTemporaryAnswersAgainBeforeTheConsumerSeesThem(status: Int) async throws {
    let base = ScriptedTransport { _, number in
      .response(BufferedResponse(status: number == 0 ? status : 200, body: []))
    }
    let seen = Mutex<[Int]>([])
    try await retrying(base).withResponse(to: HTTPRequest(.head, url)) { response in
      seen.withLock { $0.append(response.status) }
    }
    #expect(seen.withLock { $0 } == [200])
    #expect(base.exchanges.count == 2)
  }

  @Test(arguments: [200, 302, 400, 401, 403, 404, 501, 505])
  func handsOtherAnswersOverAtOnce(status: Int) async throws {
    let base = ScriptedTransport { _, _ in .response(BufferedResponse(status: status, body: [])) }
    let answer = try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    #expect(answer.status == status)
    #expect(base.exchanges.count == 1)
  }

  @Test func givesTheLastAnswerBack() async throws {
    let base = ScriptedTransport { _, number in
      .response(BufferedResponse(status: 503, body: [UInt8(number)]))
    }
    let answer = try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    #expect(answer.status == 503)
    #expect(answer.body == [3])
    #expect(clock.sleeps == [.seconds(1), .seconds(2), .seconds(4)])
  }

  @Test func givesTheLastErrorBack() async throws {
    let base = ScriptedTransport { _, _ in .failure(Self.unavailable(.backOff)) }
    await #expect(throws: Self.unavailable(.backOff)) {
      try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    }
    #expect(base.exchanges.count == 4)
  }

  @Test func doesNotTryAgainWhatCannotHelp() async throws {
    let base = ScriptedTransport { _, _ in .failure(Self.unavailable(.never)) }
    await #expect(throws: KeepError.self) {
      try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    }
    #expect(base.exchanges.count == 1)
    #expect(clock.sleeps.isEmpty)
  }

  @Test(arguments: [HTTPRequest.Method.post, .put, .delete])
  func neverRepeatsWhatMayCostSomething(method: HTTPRequest.Method) async throws {
    let base = ScriptedTransport { _, _ in .failure(Self.unavailable(.backOff)) }
    await #expect(throws: KeepError.self) {
      try await retrying(base).response(to: HTTPRequest(method, url), limit: 10)
    }
    #expect(base.exchanges.count == 1)
  }

  @Test func waitsAsLongAsTheServiceAsks() async throws {
    let answers = ["7", "Sun, 06 Nov 1994 08:49:37 GMT", "-5"]
    let base = ScriptedTransport { _, number in
      number < 3
        ? .response(BufferedResponse(status: 429, headers: ["Retry-After": answers[number]], body: []))
        : .response(BufferedResponse(status: 200, body: []))
    }
    _ = try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    #expect(clock.sleeps == [.seconds(7), .seconds(30), .seconds(4)])
  }

  @Test func honoursTheWaitNamedByAnError() async throws {
    let base = ScriptedTransport { _, number in
      number == 0
        ? .failure(Self.unavailable(.after(.seconds(9)))) : .response(BufferedResponse(status: 200, body: []))
    }
    _ = try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    #expect(clock.sleeps == [.seconds(9)])
  }

  @Test func leavesTheConsumersErrorsAlone() async throws {
    let base = ScriptedTransport { _, _ in
      .broken(status: 200, headers: HTTPHeaders(), pieces: [[1]], Self.unavailable(.backOff))
    }
    await #expect(throws: Self.unavailable(.backOff)) {
      try await retrying(base).response(to: HTTPRequest(.get, url), limit: 10)
    }
    #expect(base.exchanges.count == 1)
  }

  @Test func cancellingEndsTheWait() async throws {
    let base = ScriptedTransport { _, _ in .failure(Self.unavailable(.backOff)) }
    let transport = retrying(base)
    let error = await withTaskGroup(of: KeepError?.self) { group in
      group.cancelAll()
      group.addTask {
        do {
          _ = try await transport.response(to: HTTPRequest(.get, url), limit: 10)
          return nil
        } catch { return error as? KeepError }
      }
      return await group.next() ?? nil
    }
    #expect(error?.code == .interrupted)
    #expect(error?.description.contains("abc") == false)
  }
}

@Suite struct ScriptedTransportTests {
  private let url: HTTPURL

  init() throws {
    self.url = try #require(HTTPURL("https://api.example/a"))
  }

  private func contract(
    _ answer: @escaping @Sendable (ScriptedTransport.Exchange) -> ScriptedTransport.Answer
  )
    -> TransportContract
  {
    TransportContract(ScriptedTransport { exchange, _ in answer(exchange) })
  }

  @Test func keepsThePromisesOfATransport() async throws {
    let kept: HTTPHeaders = ["X-Kept": "yes"]
    try await contract { _ in
      .response(BufferedResponse(status: 201, headers: kept, body: Array("hello".utf8)))
    }.deliversTheAnswer(of: url)
    try await contract { _ in .response(BufferedResponse(status: 302, headers: ["Location": "/"], body: [])) }
      .handsRedirectsOver(from: url)
    try await contract { _ in .response(BufferedResponse(status: 200, body: [])) }
      .passesTheConsumersErrorOn(from: url)
    let error = KeepError(.unavailable, .none, "broke", delivery: .unknown)
    try await contract { _ in .broken(status: 200, headers: HTTPHeaders(), pieces: [[1], [2]], error) }
      .throwsForBrokenBody(after: [1, 2], from: url)
    try await contract { _ in .failure(error) }.tellsDelivery(of: url, expected: .unknown)
    try await contract { .response(BufferedResponse(status: 200, body: $0.body)) }
      .sendsTheBody(to: url, .put, [1, 2, 3])
  }
}
