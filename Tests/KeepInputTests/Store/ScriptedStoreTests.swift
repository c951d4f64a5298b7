import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepInput

/// What a store makes of answers that no server at hand gives.
@Suite struct ScriptedStoreTests {
  private let clock = ManualClock()

  private func answer(_ status: Int, _ headers: HTTPHeaders = [:], _ body: String = "")
    -> ScriptedTransport.Answer
  {
    .response(BufferedResponse(status: status, headers: headers, body: Array(body.utf8)))
  }

  /// A store whose HEAD says 404 until a PUT was answered well, and whose PUTs are answered in order.
  private func transport(
    _ sample: SampleAsset, length: Int? = nil, puts: [ScriptedTransport.Answer]
  ) -> ScriptedTransport {
    let state = Mutex((number: 0, isThere: false))
    return ScriptedTransport { exchange, _ in
      state.withLock { state in
        guard exchange.request.method == .put else {
          let size = length ?? sample.bytes.count
          return self.answer(state.isThere ? 200 : 404, ["Content-Length": "\(size)"])
        }
        let answer = puts[min(state.number, puts.count - 1)]
        state.number += 1
        if case .response(let response) = answer, response.status < 300 { state.isThere = true }
        return answer
      }
    }
  }

  private func s3(
    _ transport: ScriptedTransport, token: Secret? = nil,
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> any ObjectStore {
    try UploadTarget.s3(
      S3Target(
        bucket: "media-bucket", region: "eu-west-1", accessKey: "AKIA", secretKey: Secret("hidden-secret"),
        sessionToken: token)
    ).store(
      over: transport, clock: clock, now: { Timestamp(milliseconds: 1_700_000_000_000) }, random: { 0.5 },
      note: note)
  }

  private func put(_ transport: ScriptedTransport) throws -> any ObjectStore {
    try UploadTarget.put(
      PutTarget(
        template: "https://media.example.org/{sha256}",
        headers: [.init(name: "X-Api-Key", value: Secret("k3y"))],
        credentials: .bearer(Secret("t0ken")))
    ).store(over: transport, clock: clock, now: { Timestamp(milliseconds: 0) }, random: { 0.5 })
  }

  private func puts(_ transport: ScriptedTransport) -> [HTTPRequest] {
    transport.exchanges.map(\.request).filter { $0.method == .put }
  }

  private func failure(_ store: any ObjectStore, _ sample: SampleAsset) async throws -> KeepError {
    let error = await #expect(throws: KeepError.self) { try await store.put(sample.asset) { _ in } }
    return try #require(error)
  }

  @Test func aStoreThatAsksToSlowDownIsWaitedForAsItSaysWithinReason() async throws {
    let sample = try SampleAsset()
    let slow = transport(
      sample,
      puts: [
        answer(503, ["Retry-After": "7"]), answer(429, ["Retry-After": "100000"]), answer(500), answer(200),
      ])
    let object = try await s3(slow).put(sample.asset) { _ in }
    #expect(!object.wasThere)
    #expect(clock.sleeps == [.seconds(7), .seconds(60), .milliseconds(1500)])
  }

  @Test func aServerThatKeepsFailingIsUnavailable() async throws {
    let sample = try SampleAsset()
    let failing = transport(sample, puts: [answer(502)])
    let error = try await failure(put(failing), sample)
    #expect(error.code == .unavailable)
    #expect(error.httpStatus == 502)
    #expect(puts(failing).count == 6)
  }

  @Test(arguments: [400, 401, 403, 404, 405, 411, 413, 423, 507])
  func aRefusalIsNotTriedAgain(_ status: Int) async throws {
    let sample = try SampleAsset()
    let refusing = transport(sample, puts: [answer(status)])
    let error = try await failure(put(refusing), sample)
    #expect(error.code == .uploadFailed)
    #expect(error.httpStatus == status)
    #expect(puts(refusing).count == 1)
  }

  @Test(arguments: [
    (
      "RequestTimeTooSkewed", "<ServerTime>2023-11-14T21:33:20Z</ServerTime>",
      "the clock here is 40 minutes ahead of"
    ),
    (
      "RequestTimeTooSkewed", "<ServerTime>2023-11-14T22:33:20Z</ServerTime>",
      "the clock here is 20 minutes behind"
    ),
    ("RequestTimeTooSkewed", "", "the clock here and the store's differ"),
    ("SignatureDoesNotMatch", "", "the secret key is not the access key's"),
    ("ExpiredToken", "", "the session token has expired"), ("NoSuchBucket", "", "no such bucket"),
    ("QuotaExceeded", "", "quota is used up"), ("InvalidAccessKeyId", "", "does not know the access key"),
    ("AuthorizationHeaderMalformed", "<Region>us-west-2</Region>", "is in the region us-west-2"),
    ("Strange\u{1B}[31m", "", "refused"),
  ])
  func aRefusalIsSaidInWords(_ code: String, _ more: String, _ words: String) async throws {
    let sample = try SampleAsset()
    let body = "<Error><Code>\(code)</Code>\(more)<Message>hidden-secret</Message></Error>"
    let refusing = transport(sample, puts: [answer(code == "NoSuchBucket" ? 404 : 403, [:], body)])
    let error = try await failure(s3(refusing), sample)
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains(words), "\(error.reason)")
    #expect(!"\(error) \(error.hint ?? "")".contains("hidden-secret") && !error.reason.contains("\u{1B}"))
    #expect(puts(refusing).count == 1)
  }

  @Test(arguments: [301, 307])
  func aRedirectToAnotherRegionIsNamedAndNotFollowed(_ status: Int) async throws {
    let sample = try SampleAsset()
    let elsewhere = transport(
      sample,
      puts: [
        answer(
          status, ["Location": "https://evil.example/x", "x-amz-bucket-region": "us-west-2"],
          "<Error><Code>PermanentRedirect</Code></Error>")
      ])
    let error = try await failure(s3(elsewhere), sample)
    #expect(error.reason.contains("us-west-2"))
    #expect(elsewhere.exchanges.allSatisfy { $0.request.url.origin.host.hasSuffix(".amazonaws.com") })
  }

  @Test func aRedirectOfAnUploadIsNotFollowed() async throws {
    let sample = try SampleAsset()
    let elsewhere = transport(sample, puts: [answer(307, ["Location": "https://evil.example/x?a=b"])])
    let error = try await failure(put(elsewhere), sample)
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains("https://evil.example"))
    #expect(elsewhere.exchanges.allSatisfy { $0.request.url.origin.host == "media.example.org" })
  }

  @Test func aStoreWithoutConditionsIsSentToWithoutAndThatIsSaid() async throws {
    let sample = try SampleAsset()
    let old = transport(
      sample, puts: [answer(501, [:], "<Error><Code>NotImplemented</Code></Error>"), answer(200)])
    let notes = Mutex<[String]>([])
    _ = try await s3(old, note: { text in notes.withLock { $0.append(text) } }).put(sample.asset) { _ in }
    #expect(notes.withLock { $0.map { $0.contains("does not know If-None-Match") } } == [true])
    #expect(puts(old).map { $0.headers["If-None-Match"] } == ["*", nil])
    #expect(clock.sleeps.isEmpty)
  }

  @Test func aConflictWithAnotherWriteIsTriedAgain() async throws {
    let sample = try SampleAsset()
    let busy = transport(
      sample, puts: [answer(409, [:], "<Error><Code>ConditionalRequestConflict</Code></Error>"), answer(200)])
    _ = try await s3(busy).put(sample.asset) { _ in }
    #expect(puts(busy).count == 2)
    #expect(clock.sleeps.count == 1)
  }

  @Test func aPutThatCameTooLateFindsTheSameBytes() async throws {
    let sample = try SampleAsset()
    let state = Mutex(false)
    let raced = ScriptedTransport { exchange, _ in
      state.withLock { isThere in
        if exchange.request.method == .put {
          isThere = true
          return self.answer(412)
        }
        return self.answer(isThere ? 200 : 404, ["Content-Length": "\(sample.bytes.count)"])
      }
    }
    #expect(try await put(raced).put(sample.asset) { _ in }.wasThere)
  }

  /// While another upload of the same bytes gets its name, a server may hold a lock on that name.
  @Test(arguments: [(locked: 2, other: false), (2, true), (1000, true), (1000, false)])
  func aLockedNameIsTriedAgain(locked: Int, other: Bool) async throws {
    let sample = try SampleAsset()
    let state = Mutex((moves: 0, isThere: false))
    let server = ScriptedTransport { exchange, _ in
      state.withLock { state in
        let isPart = exchange.request.url.path.hasSuffix(".part")
        switch exchange.request.method {
        case .put: return self.answer(201)
        case .move:
          state.moves += 1
          let isFirst = state.isThere
          state.isThere = state.isThere || other || state.moves > locked
          return self.answer(state.moves <= locked ? 423 : isFirst ? 412 : 201)
        default:
          return self.answer(
            isPart || state.isThere ? 200 : 404, ["Content-Length": "\(sample.bytes.count)"])
        }
      }
    }
    let store = try UploadTarget.webDAV(WebDAVTarget(template: "https://dav.example.org/{sha256}.{ext}"))
      .store(over: server, clock: clock, now: { Timestamp(milliseconds: 0) }, random: { 0.5 })
    if locked > 100, !other {
      #expect(try await failure(store, sample).reason.contains("locked"))
    } else {
      #expect(try await store.put(sample.asset) { _ in }.wasThere == other)
    }
    #expect(state.withLock { $0.moves } == (locked > 100 ? 6 : 3))
  }

  @Test func anUploadWhoseAnswerWasLostIsFoundAndNotSentAgain() async throws {
    let sample = try SampleAsset()
    let state = Mutex(false)
    let lossy = ScriptedTransport { exchange, _ in
      try state.withLock { isThere in
        if exchange.request.method == .put {
          isThere = true
          throw KeepError(.unavailable, .none, "the connection broke", retry: .backOff, delivery: .unknown)
        }
        return self.answer(isThere ? 200 : 404, ["Content-Length": "\(sample.bytes.count)"])
      }
    }
    #expect(try await put(lossy).put(sample.asset) { _ in }.wasThere == false)
    #expect(puts(lossy).count == 1)
  }

  @Test func aPartThatAFailingServerKeptIsOurOwnToReplace() async throws {
    let sample = try SampleAsset(5000)
    let state = Mutex((puts: 0, length: -1))
    let failing = ScriptedTransport { exchange, _ in
      state.withLock { state in
        guard exchange.request.method == .put else {
          return self.answer(state.length < 0 ? 404 : 200, ["Content-Length": "\(state.length)"])
        }
        state.puts += 1
        state.length = state.puts == 3 ? 5000 : 70
        return self.answer([502, 412, 201][state.puts - 1])
      }
    }
    #expect(try await put(failing).put(sample.asset) { _ in }.wasThere == false)
    #expect(puts(failing).map { $0.headers["If-None-Match"] } == ["*", "*", nil])
  }

  @Test(arguments: [0, 4999])
  func aStoreThatKeptLessThanItSaysIsFoundOut(_ length: Int) async throws {
    let sample = try SampleAsset(5000)
    let lying = transport(sample, length: length, puts: [answer(200)])
    let error = try await failure(s3(lying), sample)
    #expect(error.code == .uploadFailed)
    #expect(error.reason.contains("\(length) bytes where the file has 5000"))
  }

  @Test func aStoreThatKeptNothingIsFoundOut() async throws {
    let sample = try SampleAsset()
    let forgetful = ScriptedTransport { exchange, _ in
      self.answer(exchange.request.method == .put ? 200 : 404)
    }
    #expect(try await failure(put(forgetful), sample).reason.contains("has nothing under its name"))
  }

  /// A login that may put and not look, as drop boxes have.
  @Test func aStoreThatDoesNotLetUsLookIsSentToOnConditionOnly() async throws {
    let sample = try SampleAsset()
    let blind = ScriptedTransport { exchange, number in
      self.answer(exchange.request.method == .put ? (number < 3 ? 201 : 412) : 403)
    }
    let store = try put(blind)
    #expect(try await store.put(sample.asset) { _ in }.wasThere == false)
    #expect(try await store.put(sample.asset) { _ in }.wasThere)
    #expect(puts(blind).allSatisfy { $0.headers["If-None-Match"] == "*" })
    #expect(try await store.find(sample.asset) == nil)
  }

  @Test func keysThatMayPutAndNotListAreEnough() async throws {
    let sample = try SampleAsset()
    let body = "<Error><Code>AccessDenied</Code></Error>"
    let blind = ScriptedTransport { exchange, _ in
      self.answer(
        exchange.request.method == .put ? 200 : 403, [:], exchange.request.method == .get ? body : "")
    }
    #expect(try await s3(blind).put(sample.asset) { _ in }.wasThere == false)
    #expect(puts(blind).count == 1)
  }

  @Test func credentialsGoWithEachRequestAndIntoNoError() async throws {
    let sample = try SampleAsset()
    let server = transport(sample, puts: [answer(403)])
    let error = try await failure(put(server), sample)
    for exchange in server.exchanges {
      #expect(exchange.request.bearer == Secret("t0ken"))
      #expect(exchange.request.headers["X-Api-Key"] == "k3y")
    }
    #expect(!"\(error)".contains("k3y") && !"\(error)".contains("t0ken"))
  }

  @Test func aSessionTokenIsAHeaderThatIsSigned() async throws {
    let sample = try SampleAsset()
    let server = transport(sample, puts: [answer(200)])
    _ = try await s3(server, token: Secret("tok")).put(sample.asset) { _ in }
    #expect(server.exchanges.allSatisfy { $0.request.headers["x-amz-security-token"] == "tok" })
    #expect(server.exchanges.allSatisfy { $0.request.signing?.region == "eu-west-1" })
    #expect(puts(server)[0].headers["x-amz-content-sha256"] == sample.asset.checksum.hexadecimal)
  }

  @Test func aKeyOfAnotherServerIsNotRemovedWithOurLogin() async throws {
    let server = ScriptedTransport { _, _ in self.answer(204) }
    let store = try put(server)
    await #expect(throws: KeepError.self) { try await store.remove("https://evil.example/x") }
    #expect(server.exchanges.isEmpty)
  }
}
