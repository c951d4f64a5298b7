import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@testable import KeepSubmit

@Suite struct DeploymentClientTests {
  private func client(
    _ transport: ScriptedTransport, version: APIConfiguration.Version = .v1
  ) throws -> DeploymentClient {
    DeploymentClient(transport: transport, api: try Samples.api(version: version))
  }

  private func paths(_ transport: ScriptedTransport) -> [String] {
    transport.exchanges.map { $0.request.url.description }
  }

  private static let root = "https://api.example.net/prod"
  private static let requestPath = "/deployments/\(Samples.deployment)/requests/req-1"

  private func request(_ url: String) -> Request {
    Request(
      id: "req-1", deployment: Samples.deployment, statusURL: HTTPURL(url), resultURL: HTTPURL(url),
      cancelURL: HTTPURL(url))
  }

  @Test(arguments: [
    ("in_queue", RequestStatus.Phase.queued), ("IN-PROGRESS", .running), (" completed ", .finished),
    ("cancelled", .canceled), ("canceled", .canceled), ("failed", .failed), ("Succeeded", .finished),
    ("cancellation_requested", .running), ("warming_up", .unknown),
  ])
  func statusWordsOfAllVocabulariesAreRead(word: String, phase: RequestStatus.Phase) async throws {
    let transport = ScriptedTransport { _, _ in
      .response(Samples.answer(200, #"{"status":"\#(word)","queue_position":3,"new":[]}"#))
    }
    let status = try await client(transport).status(of: Samples.request)
    #expect(status.phase == phase)
    #expect(status.word == word)
    #expect(status.queuePosition == (phase == .queued ? 3 : nil))
    #expect(paths(transport) == ["\(Self.root)/v1\(Self.requestPath)/status"])
    #expect(transport.exchanges.first?.request.bearer == Samples.token)
  }

  @Test func theServicesAddressIsFollowedOnTheAPIsOwnOriginAlone() async throws {
    let answer = #"{"status":"in_queue","outcome":"cancelled"}"#
    let own = "https://api.example.net/other/place/status"
    for url in [
      own, "https://api.example.net:8443/x/status", "http://api.example.net/x/status",
      "https://evil.example/x/status", "https://api.example.net/prod/v1/deployments/d/inference",
    ] {
      let transport = ScriptedTransport { _, _ in .response(Samples.answer(200, answer)) }
      _ = try await client(transport).status(of: request(url))
      _ = try await client(transport).cancel(request(url))
      let built = "\(Self.root)/v1\(Self.requestPath)"
      #expect(paths(transport) == [url == own ? own : "\(built)/status", "\(built)/cancel"])
    }
  }

  @Test func aRunUnknownUnderOneVersionIsSoughtUnderTheOtherAndFoundThereFromThenOn() async throws {
    let transport = ScriptedTransport { exchange, _ in
      exchange.request.url.path.contains("/v2/")
        ? .response(Samples.answer(200, #"{"status":"completed","outputs":{}}"#))
        : .response(Samples.answer(404, #"{"error_code":404001}"#))
    }
    let client = try client(transport)
    #expect(try await client.status(of: Samples.request).phase == .finished)
    #expect(try await client.status(of: Samples.request).phase == .finished)
    #expect(try await client.result(of: Samples.request).verdict == .succeeded)
    #expect(
      paths(transport) == [
        "\(Self.root)/v1\(Self.requestPath)/status", "\(Self.root)/v2\(Self.requestPath)/status",
        "\(Self.root)/v2\(Self.requestPath)/status", "\(Self.root)/v2\(Self.requestPath)/result",
      ])
  }

  @Test func aSubmitIsNeverSentToTheOtherVersion() async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(404, "{}")) }
    let client = try client(transport)
    await #expect(throws: KeepError(.deploymentUnusable, .deployment(Samples.deployment), "")) {
      try await client.submit(Samples.emptyBody, to: Samples.deployment)
    }
    #expect(transport.exchanges.count == 1)
  }

  @Test func anUnknownRunIsExpiredOnlyAfterSevenDays() async throws {
    let transport = ScriptedTransport { _, _ in
      .response(Samples.answer(200, #"{"error_code":"404001","error_message":"gone"}"#))
    }
    let client = try client(transport)
    let young = await #expect(throws: KeepError.self) {
      try await client.result(of: Samples.request, age: .seconds(7 * 86_400))
    }
    #expect(young?.code == .failure)
    #expect(young?.httpStatus == 404)
    let old = await #expect(throws: KeepError.self) {
      try await client.result(of: Samples.request, age: .seconds(7 * 86_400 + 1))
    }
    #expect(old?.code == .expired)
  }

  @Test(arguments: [
    (401, "{}", KeepError.Code.tokenRefused), (403, #"{"message":"Forbidden"}"#, .tokenRefused),
    (403, #"{"error_code":403003}"#, .deploymentUnusable), (500, "", .unavailable),
    (200, "<html>", .unavailable), (200, #"{"error_code":500001}"#, .unavailable), (429, "", .unavailable),
    (200, "{}", .unavailable), (302, "", .unavailable),
  ])
  func aReadThatFailsSaysWhy(status: Int, body: String, code: KeepError.Code) async throws {
    let transport = ScriptedTransport { _, _ in
      .response(Samples.answer(status, body, headers: ["Retry-After": "3"]))
    }
    let error = await #expect(throws: KeepError.self) {
      try await client(transport).status(of: Samples.request)
    }
    #expect(error?.code == code)
    #expect(error?.subject == .request("req-1"))
    if status == 429 { #expect(error?.retry == .after(.seconds(3))) }
  }

  @Test func anEndlessAnswerIsCut() async throws {
    let piece = [UInt8](repeating: 0x20, count: 1 << 18)
    let transport = ScriptedTransport { _, _ in
      .broken(
        status: 200, headers: HTTPHeaders(), pieces: Array(repeating: piece, count: 5),
        KeepError(.failure, .none, "read to the end"))
    }
    let error = await #expect(throws: KeepError.self) {
      try await client(transport).status(of: Samples.request)
    }
    #expect(error?.code == .unavailable)
  }

  @Test(arguments: [
    (#"{"status":"cancellation_requested"}"#, CancelAnswer.accepted(word: "cancellation_requested")),
    (#"{"status":"not_cancellable"}"#, .notCancellable(word: "not_cancellable")),
    (#"{"status":"completed","outcome":"cancelled"}"#, .accepted(word: "cancelled")),
    (#"{"status":"completed","outcome":"not_cancellable"}"#, .notCancellable(word: "not_cancellable")),
    (#"{"status":"completed"}"#, .notCancellable(word: "completed")), ("", .accepted(word: "")),
  ])
  func bothShapesOfCancelAreRead(body: String, wanted: CancelAnswer) async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(202, body)) }
    #expect(try await client(transport).cancel(Samples.request) == wanted)
    #expect(transport.exchanges.first?.request.method == .post)
  }

  @Test func aDeploymentShowsItsWorkflowAndDefaults() async throws {
    let body = """
      {"id":"d-1","name":"Fox","is_enabled":false,"status":"standby","hardware":"AMPERE_48",
       "max_instances":3,"payload":{"workflow_api_json":\(Samples.workflow),
       "overrides":{"6":{"inputs":{"text":"x"}}},"object_info_url":"https://cdn.example/o.json"}}
      """
    let transport = ScriptedTransport { _, number in
      .response(
        Samples.answer(200, number == 0 ? body : #"{"KSampler":{"input":{}},"CLIPLoader":{"input":{}}}"#))
    }
    let client = try client(transport)
    let deployment = try await client.deployment("d-1", includesPayload: true)
    #expect(deployment.name == "Fox" && deployment.isEnabled == false && deployment.maxInstances == 3)
    #expect(deployment.hardware == ["AMPERE_48"])
    #expect(deployment.workflow?.nodes.count == 7)
    #expect(deployment.defaultOverrides?.keys == ["6"])
    #expect(try await client.objectInfo(of: deployment, for: Samples.graph())?.object?.keys == ["CLIPLoader"])
    #expect(
      paths(transport) == [
        "\(Self.root)/v2/deployments/d-1?includes=payload", "https://cdn.example/o.json",
      ])
    #expect(transport.exchanges.last?.request.bearer == nil)
    #expect(transport.exchanges.last?.request.reach == .publicOnly)
  }

  @Test(arguments: [
    (200, "[1]"), (200, ""), (200, "<html>"), (200, #"{"KSampler":{"input":{}}"#), (404, "gone"),
    (200, #"{"error_code":404001,"error_message":"gone"}"#),
  ])
  func aSchemaThatIsNoneIsSaidWithItsPlaceAndNotItsQuery(status: Int, body: String) async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(status, body)) }
    let deployment = Deployment(id: "d-1", objectInfoURL: HTTPURL("https://cdn.example/o.json?sig=secret"))
    let error = await #expect(throws: KeepError.self) {
      try await client(transport).objectInfo(of: deployment, for: Samples.graph())
    }
    #expect(error == KeepError(.unavailable, .address("https://cdn.example/o.json"), ""))
    #expect(error?.description.contains("secret") == false)
  }

  @Test(arguments: [#"[{"id":"a"},{"id":"../b"},{"id":"c"}]"#, #"{"deployments":[{"id":"a"},{"id":"c"}]}"#])
  func deploymentsAreListedInEitherShape(body: String) async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(200, body)) }
    #expect(try await client(transport).deployments().map(\.id) == ["a", "c"])
  }

  @Test func theBalanceKeepsItsDigits() async throws {
    let transport = ScriptedTransport { _, _ in
      .response(
        Samples.answer(200, #"{"balance_usd":-0.10,"balance_microdollars":-100000,"currency":"USD"}"#))
    }
    #expect(try await client(transport).balance() == Balance(microdollars: -100_000))
  }

  @Test(arguments: [
    (#"{"balance_usd":12.3,"balance_microdollars":12345678}"#, 12_345_678),
    (#"{"balance_usd":0.1}"#, 100_000),
    (#"{"balance_usd":12.3456789}"#, 12_345_678), (#"{"balance_usd":-12.3456789}"#, -12_345_679),
    (#"{"balance_usd":9007199254740993.25,"currency":"USD"}"#, nil),
    (#"{"balance_usd":9007199254.740993}"#, 9_007_199_254_740_993),
    (#"{"balance_usd":1e2,"balance_microdollars":1e8}"#, 100_000_000),
    (#"{"balance_usd":100,"currency":"EUR"}"#, nil), (#"{"balance_usd":"100"}"#, nil),
    (#"{"balance_usd":NaN}"#, nil), (#"{"balance_usd":1e400}"#, nil), ("[]", nil), ("", nil),
    (#"{"error_code":401001,"balance_usd":1}"#, nil),
  ])
  func theBalanceIsExactOrNone(body: String, microdollars: Int64?) async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(200, body)) }
    let balance = try? await client(transport).balance()
    #expect(balance?.microdollars == microdollars)
  }
}
