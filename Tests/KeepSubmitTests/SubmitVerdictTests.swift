import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@testable import KeepSubmit

/// One row of what can happen to a submit.
struct SubmitCase: Sendable, CustomTestStringConvertible {
  enum Wanted: Equatable { case accepted, refused, notTaken, inDoubt, interrupted }

  let name: String
  let answer: ScriptedTransport.Answer
  let wanted: Wanted
  let code: KeepError.Code?

  var testDescription: String { name }

  init(_ name: String, _ answer: ScriptedTransport.Answer, _ wanted: Wanted, _ code: KeepError.Code?) {
    self.name = name
    self.answer = answer
    self.wanted = wanted
    self.code = code
  }

  /// A row by status and body.
  static func http(
    _ status: Int, _ body: String, _ wanted: Wanted, _ code: KeepError.Code?
  ) -> SubmitCase {
    SubmitCase("\(status) \(body.prefix(60))", .response(Samples.answer(status, body)), wanted, code)
  }

  /// A row by how the exchange failed.
  static func failed(
    _ name: String, _ delivery: KeepError.Delivery?, _ wanted: Wanted, _ code: KeepError.Code,
    thrown: KeepError.Code = .unavailable, retry: KeepError.Retry = .backOff
  ) -> SubmitCase {
    SubmitCase(
      name, .failure(KeepError(thrown, .address("h"), name, retry: retry, delivery: delivery)), wanted, code)
  }

  /// A row by where an answer with status 200 broke off.
  static func cut(_ body: String, _ wanted: Wanted, _ code: KeepError.Code?) -> SubmitCase {
    SubmitCase(
      "cut after \(body)",
      .broken(
        status: 200, headers: HTTPHeaders(), pieces: body.isEmpty ? [] : [Array(body.utf8)],
        Samples.unreachable(.unknown)), wanted, code)
  }
}

@Suite struct SubmitVerdictTests {
  static let failures: [SubmitCase] = [
    .failed("name not resolved", .notDelivered, .notTaken, .unavailable),
    .failed("connection refused", .notDelivered, .notTaken, .unavailable),
    .failed("certificate not trusted", .notDelivered, .refused, .unavailable, retry: .never),
    .failed("reset before the body was whole", .notDelivered, .notTaken, .unavailable),
    .failed("reset after the body was whole", .unknown, .inDoubt, .inDoubt),
    .failed("no answer in time", .unknown, .inDoubt, .inDoubt),
    .failed("broken without telling", nil, .inDoubt, .inDoubt),
    .failed("file unreadable", nil, .refused, .localIO, thrown: .localIO),
    .failed("file changed", .notDelivered, .refused, .inputRejected, thrown: .inputRejected),
    .failed("file changed after it was sent once", .unknown, .inDoubt, .inDoubt, thrown: .inputRejected),
    .failed("stopped before", .notDelivered, .interrupted, .interrupted, thrown: .interrupted),
    .failed("stopped under way", .unknown, .interrupted, .interrupted, thrown: .interrupted),
  ]

  static let answers: [SubmitCase] = [
    .http(200, #"{"request_id":"req-1"}"#, .accepted, nil),
    .http(201, #"{"request_id":"req-1","new":1}"#, .accepted, nil),
    .http(202, "\u{FEFF}{\"request_id\":\"req-1\"}", .accepted, nil),
    .http(200, #"{"request_id":"req-1","error_code":null}"#, .accepted, nil),
    .http(200, "<html>ok</html>", .inDoubt, .inDoubt),
    .http(200, "", .inDoubt, .inDoubt),
    .http(200, #"{"id":"req-1"}"#, .inDoubt, .inDoubt),
    .http(200, #"{"request_id":"../x"}"#, .inDoubt, .inDoubt),
    .http(200, #"{"request_id":""}"#, .inDoubt, .inDoubt),
    .http(200, #"{"request_id":"req-1","status_url":"#, .accepted, nil),
    .http(200, #"{"error_code":10001,"error_message":"InsufficientFunds"}"#, .refused, .deploymentUnusable),
    .http(200, #"{"error_code":"10002"}"#, .refused, .deploymentUnusable),
    .http(200, #"{"request_id":"req-1","error_code":10001}"#, .inDoubt, .inDoubt),
    .http(422, #"{"request_id":"trace-1","error_code":422001}"#, .refused, .inputRejected),
    .http(200, #"{"error_code":10003}"#, .refused, .deploymentUnusable),
    .http(500, #"{"error_code":403003}"#, .refused, .deploymentUnusable),
    .http(200, #"{"error_code":401001}"#, .refused, .tokenRefused),
    .http(200, #"{"error_code":422001,"detail":[]}"#, .refused, .inputRejected),
    .http(200, #"{"error_code":500001}"#, .inDoubt, .inDoubt),
    .http(200, #"{"error_code":20999,"error_message":"new"}"#, .inDoubt, .inDoubt),
    .http(301, "", .refused, .unavailable), .http(303, "", .inDoubt, .inDoubt),
    .http(307, "", .refused, .unavailable),
    .http(400, #"{"detail":"bad"}"#, .refused, .inputRejected),
    .http(401, "", .refused, .tokenRefused), .http(402, "", .refused, .deploymentUnusable),
    .http(403, #"{"message":"Forbidden"}"#, .refused, .tokenRefused),
    .http(403, #"{"error_code":403003}"#, .refused, .deploymentUnusable),
    .http(404, #"{"error_code":404001}"#, .refused, .deploymentUnusable),
    .http(405, "", .refused, .failure), .http(408, "", .inDoubt, .inDoubt),
    .http(413, "", .refused, .inputRejected), .http(422, "", .refused, .inputRejected),
    .http(425, "", .notTaken, .unavailable), .http(429, "", .notTaken, .unavailable),
    .http(429, #"{"message":"Insufficient balance"}"#, .refused, .deploymentUnusable),
    .http(499, "", .inDoubt, .inDoubt), .http(500, "", .inDoubt, .inDoubt),
    .http(502, "<html>", .inDoubt, .inDoubt), .http(503, "", .inDoubt, .inDoubt),
    .http(504, "", .inDoubt, .inDoubt), .http(524, "", .inDoubt, .inDoubt),
    .cut("", .inDoubt, .inDoubt), .cut(#"{"request_id":"re"#, .inDoubt, .inDoubt),
    .cut(#"{ "request_id" : "req-1","sta"#, .accepted, nil),
    .cut(#"{"error_code":10001,"request_id":"trace","error_mes"#, .inDoubt, .inDoubt),
    .cut(#"{"meta":{"request_id":"trace-1"},"request_"#, .inDoubt, .inDoubt),
    .cut(#"{"meta":[{"request_id":"trace-1"}],"request_id":"req-1","sta"#, .accepted, nil),
    .cut(#"{"note":"a \"request_id\": \"x\" {","request_id":"req-1""#, .accepted, nil),
    .cut(#"<p>{"request_id":"req-1"}"#, .inDoubt, .inDoubt),
    .cut("\u{FEFF} {\"request_id\":\"req-1\"", .accepted, nil),
    SubmitCase(
      "stopped in the answer",
      .broken(
        status: 200, headers: HTTPHeaders(), pieces: [Array(#"{"requ"#.utf8)],
        KeepError(.interrupted, .none, "stopped")), .interrupted, .interrupted),
    SubmitCase(
      "stopped after the id",
      .broken(
        status: 200, headers: HTTPHeaders(), pieces: [Array(#"{"request_id":"req-1","#.utf8)],
        KeepError(.interrupted, .none, "stopped")), .accepted, nil),
  ]

  @Test(arguments: failures + answers)
  func everyEndHasOneVerdict(row: SubmitCase) async throws {
    let transport = ScriptedTransport { _, _ in row.answer }
    let client = DeploymentClient(transport: transport, api: try Samples.api())
    let verdict = try await client.attempt(Samples.emptyBody, to: Samples.deployment)
    let (kind, error): (SubmitCase.Wanted, KeepError?) =
      switch verdict {
      case .accepted: (.accepted, nil)
      case .refused(let error): (.refused, error)
      case .notTaken(let error): (.notTaken, error)
      case .inDoubt(let error): (.inDoubt, error)
      case .interrupted(let error): (.interrupted, error)
      }
    #expect(kind == row.wanted)
    #expect(error?.code == row.code)
    if case .accepted(let request) = verdict { #expect(request.id == "req-1") }
    #expect(transport.exchanges.count == 1)
    let mayRun = kind == .inDoubt || kind == .interrupted && row.name != "stopped before"
    #expect(error.map(SubmitVerdict.leavesDoubt) ?? false == mayRun)
  }

  @Test func everyDetailOfAValidationErrorIsShown() async throws {
    let body = #"""
      {"error_code":422001,"error_message":"invalid","detail":[
       {"loc":["body","overrides","189"],"msg":"unknown node","type":"value_error","input":"x"},
       {"loc":["body","overrides",6,"inputs","txt"],"msg":"unknown input"},"plain",{"weird":true}]}
      """#
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(422, body)) }
    let client = DeploymentClient(transport: transport, api: try Samples.api())
    let error = await #expect(throws: KeepError.self) {
      try await client.submit(Samples.emptyBody, to: Samples.deployment)
    }
    #expect(
      error?.reason.contains(
        "invalid; body.overrides.189: unknown node; body.overrides.6.inputs.txt: unknown input; "
          + #"plain; {"weird":true}"#) == true)
  }

  @Test func anUnreadableAnswerIsShownBoundedAndWithoutSecrets() async throws {
    let page = "<html>Bearer tok-0123456789abcdef comfyui-secret-key \(String(repeating: "x", count: 9000))"
    for status in [200, 502] {
      let transport = ScriptedTransport { _, _ in .response(Samples.answer(status, page)) }
      let client = DeploymentClient(transport: transport, api: try Samples.api())
      let error = await #expect(throws: KeepError.self) {
        try await client.submit(Samples.emptyBody, to: Samples.deployment)
      }
      let reason = try #require(error?.reason)
      #expect(reason.contains("<html>Bearer **redacted** **redacted**"))
      #expect(!reason.contains("tok-0123456789abcdef") && !reason.contains("secret-key"))
      #expect(reason.utf8.count < 500)
    }
  }

  @Test func aSecretIsStruckOutWhereverTheTextIsCut() async throws {
    for padding in 480..<500 {
      let message = String(repeating: "x", count: padding) + Samples.token.reveal()
      let body = #"{"error_code":422001,"detail":[{"loc":["body"],"msg":"\#(message)"}]}"#
      let transport = ScriptedTransport { _, _ in .response(Samples.answer(422, body)) }
      let client = DeploymentClient(transport: transport, api: try Samples.api())
      let error = await #expect(throws: KeepError.self) {
        try await client.submit(Samples.emptyBody, to: Samples.deployment)
      }
      #expect(error?.reason.contains("xtok-") == false)
    }
  }

  @Test func halfASecretBehindMuchWhiteSpaceIsNotShown() async throws {
    let message = "refused" + String(repeating: " ", count: 3980) + Samples.token.reveal()
    let body = #"{"error_code":422001,"detail":[{"loc":["body"],"msg":"\#(message)"}]}"#
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(422, body)) }
    let client = DeploymentClient(transport: transport, api: try Samples.api())
    let error = await #expect(throws: KeepError.self) {
      try await client.submit(Samples.emptyBody, to: Samples.deployment)
    }
    #expect(error?.reason.contains("refused") == true)
    #expect(error?.reason.contains("tok-") == false)
  }

  @Test func anAcceptedRunKeepsTheAddressesOfTheAPIsOwnOriginAlone() async throws {
    let body = #"""
      {"request_id":"req-1","status_url":"https://api.example.net/a/status",
       "result_url":"https://evil.example/a/result","cancel_url":"https://api.example.net/a/inference"}
      """#
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(200, body)) }
    let client = DeploymentClient(transport: transport, api: try Samples.api())
    let request = try await client.submit(Samples.emptyBody, to: Samples.deployment)
    #expect(request.statusURL?.description == "https://api.example.net/a/status")
    #expect(request.resultURL == nil && request.cancelURL == nil)
    #expect(request.deployment == Samples.deployment)
  }

  @Test func aTaskThatWasCancelledSendsNothing() async throws {
    let transport = ScriptedTransport { _, _ in .failure(Samples.unreachable(.unknown)) }
    let client = DeploymentClient(transport: transport, api: try Samples.api())
    let error = await withTaskGroup(of: KeepError?.self) { group in
      group.cancelAll()
      group.addTask {
        do {
          _ = try await client.submit(Samples.emptyBody, to: Samples.deployment)
          return nil
        } catch { return error as? KeepError }
      }
      return await group.next() ?? nil
    }
    #expect(error?.code == .interrupted)
    #expect(error.map(SubmitVerdict.leavesDoubt) == false)
    #expect(transport.exchanges.isEmpty)
  }

  @Test func aSubmitGoesOnceToItsAddressWithTheToken() async throws {
    let transport = ScriptedTransport { _, _ in
      .response(Samples.answer(200, #"{"request_id":"req-1"}"#))
    }
    let client = DeploymentClient(transport: transport, api: try Samples.api(version: .v2))
    let hook = try #require(HTTPURL("https://me.example/hook?k=1&s=a%20b"))
    _ = try await client.submit(
      Samples.emptyBody, to: "dep:1", webhook: Webhook(url: hook, includesIntermediate: true))
    let exchange = try #require(transport.exchanges.first)
    #expect(
      exchange.request.url.description
        == "https://api.example.net/prod/v2/deployments/dep%3A1/inference"
        + "?webhook=https%3A%2F%2Fme.example%2Fhook%3Fk%3D1%26s%3Da%2520b"
        + "&webhook_intermediate_status=true")
    #expect(exchange.request.method == .post)
    #expect(exchange.request.bearer == Samples.token)
    #expect(exchange.body == Array(#"{"overrides":{}}"#.utf8))
  }

  @Test func anIDThatIsNoPathComponentIsRefusedBeforeAnythingIsSent() async throws {
    let transport = ScriptedTransport { _, _ in .failure(Samples.unreachable(.unknown)) }
    let client = DeploymentClient(transport: transport, api: try Samples.api())
    for id in ["", "..", "a/b", "a?b", "a#b", "a\\b", "é"] {
      await #expect(throws: KeepError(.inputRejected, .deployment(DeploymentID(id)), "")) {
        try await client.submit(Samples.emptyBody, to: DeploymentID(id))
      }
    }
    #expect(transport.exchanges.isEmpty)
  }
}
