import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@testable import KeepSubmit

/// Making, changing and deleting deployments: what is sent, and what is known when no success comes back.
@Suite struct DeploymentChangeTests {
  private func client(_ transport: ScriptedTransport) throws -> DeploymentClient {
    DeploymentClient(transport: transport, api: try Samples.api())
  }

  private static var settings: DeploymentSettings {
    var settings = DeploymentSettings.standard
    settings.name = "Fox"
    settings.workflowID = "w-1"
    settings.workflowVersion = "v2"
    return settings
  }

  private static let place = "https://api.example.net/prod/v2/deployments"

  @Test func aCreateSendsEverythingWithExactlyOneMachine() async throws {
    let big =
      #"{"id":"d-9","name":"Fox","hardware":["AMPERE_48"],"payload":{"workflow_api_json":\#(Samples.workflow)}}"#
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(201, big)) }
    #expect(try await client(transport).create(Self.settings).id == "d-9")
    let exchange = try #require(transport.exchanges.first)
    #expect(exchange.request.method == .post && exchange.request.url.description == Self.place)
    #expect(exchange.request.bearer == Samples.token)
    let wanted = #"""
      {"hardware":["AMPERE_48"],"keep_warm_duration_in_seconds":60,"max_instances":1,"min_instances":0,
       "name":"Fox","queue_size":1,"workflow_id":"w-1","workflow_version":"v2"}
      """#
    #expect(exchange.body == CanonicalJSON.compact(try Samples.json(wanted)))
  }

  @Test func anUpdateSendsWhatChangesAndNeverMore() async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(200, "")) }
    var settings = DeploymentSettings()
    settings.name = "Fox"
    settings.isEnabled = false
    #expect(try await client(transport).update("d-9", settings) == nil)
    let exchange = try #require(transport.exchanges.first)
    #expect(exchange.request.method == .patch && exchange.request.url.description == Self.place + "/d-9")
    #expect(String(decoding: exchange.body, as: UTF8.self) == #"{"is_enabled":false,"name":"Fox"}"#)
  }

  @Test(arguments: [(200, ""), (204, ""), (200, "{}"), (202, "gone")])
  func aDeleteTakesAnyBody(status: Int, body: String) async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(status, body)) }
    try await client(transport).delete("d-9")
    #expect(transport.exchanges.map(\.request.method) == [.delete])
  }

  @Test(arguments: [
    (
      422, #"{"error_code":422001,"detail":[{"loc":["body","hardware"],"msg":"one item"}]}"#,
      KeepError.Code.inputRejected
    ),
    (400, "{}", .inputRejected), (401, "", .tokenRefused),
    (404, #"{"error_code":404001}"#, .deploymentUnusable),
    (200, #"{"error_code":"422001","error_message":"no"}"#, .inputRejected), (402, "{}", .deploymentUnusable),
    (500, "", .inDoubt), (502, "<html>", .inDoubt), (200, #"{"error_code":500001}"#, .inDoubt),
    (408, "", .inDoubt),
  ])
  func aRefusalIsToldFromAnUnknownOutcome(status: Int, body: String, code: KeepError.Code) async throws {
    let transport = ScriptedTransport { _, _ in .response(Samples.answer(status, body)) }
    let client = try client(transport)
    let created = await #expect(throws: KeepError.self) { try await client.create(Self.settings) }
    let updated = await #expect(throws: KeepError.self) { try await client.update("d-9", Self.settings) }
    let deleted = await #expect(throws: KeepError.self) { try await client.delete("d-9") }
    // There is no deployment yet that could be unknown.
    #expect(created?.code == (status == 404 ? .inputRejected : code))
    #expect([updated?.code, deleted?.code] == [code, code])
    #expect(transport.exchanges.count == 3)
    guard code == .inDoubt else { return }
    #expect(created?.reason.contains("the create may or may not have happened") == true)
    #expect(deleted?.hint?.contains("deployments list") == true)
  }

  @Test func aCreateWithoutAnIDIsInDoubt() async throws {
    for body in ["", "{}", "<html>"] {
      let transport = ScriptedTransport { _, _ in .response(Samples.answer(200, body)) }
      let error = await #expect(throws: KeepError.self) { try await client(transport).create(Self.settings) }
      #expect(error?.code == .inDoubt)
    }
  }

  @Test func whatNeverLeftIsNoDoubt() async throws {
    for (delivery, code) in [
      (KeepError.Delivery.notDelivered, KeepError.Code.unavailable), (.unknown, .inDoubt), (nil, .inDoubt),
    ] as [(KeepError.Delivery?, KeepError.Code)] {
      let transport = ScriptedTransport { _, _ in .failure(Samples.unreachable(delivery)) }
      let error = await #expect(throws: KeepError.self) { try await client(transport).create(Self.settings) }
      #expect(error?.code == code)
      #expect(transport.exchanges.count == 1)
    }
  }

  @Test func everythingThatADeploymentSaysIsRead() throws {
    let answer = try Samples.json(
      #"""
      {"id":"d-1","name":"Fox","workflow_id":"w-1","workflow_version":"v3","hardware":["ADA_80_PLUS"],
       "min_instances":1,"max_instances":4,"queue_size":2,"keep_warm_duration_in_seconds":90,"status":"standby",
       "is_enabled":true,"created_at":"2026-01-02T03:04:05","updated_at":"later","readme":"# Fox"}
      """#)
    let deployment = try #require(DeploymentAnswer.deployment(answer))
    #expect(deployment.workflowID == "w-1" && deployment.queueSize == 2 && deployment.keepWarmSeconds == 90)
    #expect(deployment.createdAt == "2026-01-02T03:04:05" && deployment.updatedAt == "later")
    #expect(deployment.readme == "# Fox" && deployment.minInstances == 1)
  }
}
