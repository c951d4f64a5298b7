import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct SubmitTests {
  @Test(arguments: ["v1", "v2"]) func answerNamesTheRunAndItsAddresses(_ version: String) throws {
    let reply = try Service().submit(version: version)
    let id = try #require(reply.json["request_id"]?.string)
    let base = "http://127.0.0.1:1/prod/\(version)/deployments/\(Fixture.deployment)/requests/\(id)"
    #expect(reply.status == 200)
    #expect(reply.json["status_url"]?.string == base + "/status")
    #expect(reply.json["result_url"]?.string == base + "/result")
    #expect(reply.json["cancel_url"]?.string == base + "/cancel")
  }

  @Test func bothVersionsShareOneStore() throws {
    let service = try Service()
    let id = try #require(service.submit(version: "v1").json["request_id"]?.string)
    let reply = service.call("GET", "/prod/v2/deployments/\(Fixture.deployment)/requests/\(id)/status")
    #expect(reply.json["status"] == "in_queue")
  }

  @Test(arguments: [nil, "wrong", ""]) func otherTokenIsRefusedAndNothingTaken(_ token: String?) throws {
    let service = try Service()
    let path = "/prod/v1/deployments/\(Fixture.deployment)/inference"
    let reply = service.call("POST", path, Fixture.body(), token: token)
    #expect(reply.status == 401)
    #expect(reply.json["error_code"] == 401001)
    #expect(service.store.withState { $0.submissions }.isEmpty)
  }

  @Test func unknownForeignAndPausedDeploymentsAreRefused() throws {
    let service = try Service { configuration in
      configuration.deployments[1].isForeign = true
      configuration.deployments[2].isEnabled = false
    }
    #expect(service.call("POST", "/prod/v1/deployments/none/inference", [:]).json["error_code"] == 404001)
    #expect(service.submit(to: 2).json["error_code"] == 403003)
    #expect(service.submit(to: 3).json["error_code"] == 10002)
    #expect(service.store.withState { $0.submissions }.isEmpty)
  }

  @Test func everyWrongFieldHasItsEntry() throws {
    let service = try Service()
    let reply = service.submit([
      "overrides": [
        "999": ["inputs": [:]],
        "6": 5,
        "13": ["class_type": "X", "inputs": [:]],
        "25": ["inputs": ["noise_seed": "text"]],
        "189": ["inputs": ["image": "data:image/png;base64,AAA", "nope": 1]],
      ]
    ])
    #expect(reply.status == 422)
    #expect(reply.json["error_code"] == 422001)
    let places = (reply.json["detail"]?.array ?? []).map { entry in
      (entry["loc"]?.array ?? []).compactMap(\.string).dropFirst(2).joined(separator: ".")
    }
    #expect(
      Set(places) == [
        "999", "6", "13.class_type", "25.inputs.noise_seed", "189.inputs.nope", "189.inputs.image",
      ])
    #expect(service.store.withState { $0.submissions }.isEmpty)
  }

  @Test(arguments: [
    ("25", "noise_seed", "0"), ("25", "noise_seed", "18446744073709551615"), ("17", "steps", "1"),
    ("17", "denoise", "0"), ("17", "denoise", "0.5"), ("26", "guidance", "3"),
    ("17", "scheduler", #""beta""#),
    ("16", "sampler_name", #""heun""#), ("10", "vae_name", #""another.safetensors""#), ("6", "text", #""""#),
  ])
  func valueThatFitsIsTaken(_ node: String, _ input: String, _ value: String) throws {
    let text = #"{"overrides":{"\#(node)":{"inputs":{"\#(input)":\#(value)}}}}"#
    #expect(try Service().submit(JSONDocument(parsing: Array(text.utf8)).value).status == 200)
  }

  @Test(arguments: [
    ("25", "noise_seed", "-1", "value_error.number.not_ge"),
    ("25", "noise_seed", "18446744073709551616", "value_error.number.not_le"),
    ("25", "noise_seed", "1.5", "type_error.integer"), ("25", "noise_seed", #""7""#, "type_error.integer"),
    ("17", "steps", "0", "value_error.number.not_ge"), ("17", "steps", "10001", "value_error.number.not_le"),
    ("17", "steps", "1e3", "type_error.integer"), ("17", "denoise", "1.01", "value_error.number.not_le"),
    ("17", "denoise", "1e999", "type_error.float"), ("26", "guidance", "-0.1", "value_error.number.not_ge"),
    ("26", "guidance", #""2""#, "type_error.float"), ("17", "scheduler", #""none""#, "value_error.enum"),
    ("16", "sampler_name", "1", "type_error.string"), ("6", "text", "true", "type_error.string"),
    ("10", "vae_name", "1", "type_error.string"),
  ])
  func valueThatDoesNotFitIsRefused(
    _ node: String, _ input: String, _ value: String, _ type: String
  ) throws {
    let text = #"{"overrides":{"\#(node)":{"inputs":{"\#(input)":\#(value)}}}}"#
    let reply = try Service().submit(JSONDocument(parsing: Array(text.utf8)).value)
    #expect(reply.json["error_code"] == 422001)
    #expect(reply.json["detail"]?.array?.count == 1)
    #expect(reply.json["detail"]?[0]?["type"]?.string == type)
    #expect(
      reply.json["detail"]?[0]?["loc"]
        == .array(["body", "overrides", .string(node), "inputs", .string(input)]))
  }

  @Test(arguments: ["v1", "v2"]) func unknownVersionKnowsNoRunAndTakesNone(_ version: String) throws {
    let service = try Service()
    let submitted = service.submit(version: version)
    let fault = try ArmedFault(parsing: "version-unknown=\(version)")
    service.store.withState { $0.faults.arm([fault]) }
    #expect(service.submit(version: version).status == 404)
    #expect(service.ask(submitted, "status").status == 404)
    #expect(service.ask(submitted, "result").status == 404)
    #expect(service.ask(submitted, "cancel", method: "POST").status == 404)
    let other = version == "v1" ? "v2" : "v1"
    #expect(service.submit(version: other).status == 200)
    #expect(service.call("GET", "/prod/v2/deployments/\(Fixture.deployment)").status == 200)
    #expect(service.store.withState { $0.submissions.count } == 2)
  }

  @Test(arguments: [
    #"{}"#, #"[]"#, #"{"overrides":[]}"#, #"{"overrides":{},"extra_data":"x"}"#, #"{"workflow_api_json":{}}"#,
    #"{"workflow_api_json":{"nodes":[]}}"#, #"{"workflow_api_json":3}"#,
    #"{"overrides":{"6":{"inputs":{"text":"a"}}},"workflow_api_json":{"1":{"class_type":"A","inputs":{}}}}"#,
  ])
  func malformedBodyIsRefused(_ text: String) throws {
    let body = try JSONDocument(parsing: Array(text.utf8)).value
    #expect(try Service().submit(body).json["error_code"] == 422001)
  }

  @Test func emptyOverridesRunTheSavedGraph() throws {
    #expect(try Service().finishedResult(["overrides": [:]])["status"] == "succeeded")
  }

  @Test func lenientServiceTakesWrongOverridesAndLetsTheRunFail() throws {
    let result = try Service(faults: ["lenient-overrides"]).finishedResult([
      "overrides": ["999": ["inputs": [:]]]
    ])
    #expect(result["status"] == "failed")
  }

  @Test func acceptedSubmissionNamesItsMediaByTheirBytes() throws {
    let service = try Service()
    _ = service.submit(Fixture.body(Fixture.png(5)))
    let submission = try #require(service.store.withState { $0.submissions }.first)
    let media = try #require(submission.media.first)
    #expect(media.checksum == Checksum(of: Fixture.png(5)))
    #expect(media.form == "data_uri")
    #expect(media.node == "189")
    #expect(media.mediaType == "image/png")
  }

  @Test func overridesChecksumIsTheSameInlineAndHosted() throws {
    let service = try Service()
    let address = "http://127.0.0.1:2/uploads/a%20photo.png"
    _ = service.fetch(address, method: "PUT", body: Fixture.png())
    _ = service.submit(["overrides": ["189": ["inputs": ["image": .string(Fixture.dataURI(Fixture.png()))]]]])
    _ = service.submit(["overrides": ["189": ["inputs": ["image": .string(address + "?signed=1")]]]])
    _ = service.submit(["overrides": ["189": ["inputs": ["image": .string(Fixture.dataURI(Fixture.png(2)))]]]]
    )
    let submissions = service.store.withState { $0.submissions }
    #expect(submissions[0].overridesChecksum == submissions[1].overridesChecksum)
    #expect(submissions[0].overridesChecksum != submissions[2].overridesChecksum)
    #expect(submissions.map { $0.media.first?.form } == ["data_uri", "url", "data_uri"])
  }

  @Test(arguments: ["http://127.0.0.1:2/uploads/missing.png", "https://example.com/a.png"])
  func addressWithoutAnUploadFailsTheRun(_ address: String) throws {
    let result = try Service().finishedResult(["overrides": ["189": ["inputs": ["image": .string(address)]]]])
    #expect(result["status"] == "failed")
    #expect(result["error"]?[0]?["debugInfo"]?.string?.contains("189") == true)
  }

  @Test func addressInAPromptIsNotFetched() throws {
    let body: JSONValue = ["overrides": ["6": ["inputs": ["text": "see https://example.com/a.png"]]]]
    #expect(try Service().finishedResult(body)["status"] == "succeeded")
  }

  @Test func inlineGraphRunsInPlaceOfTheSavedOne() throws {
    let service = try Service()
    let result = service.finishedResult([
      "workflow_api_json": ["7": ["class_type": "PreviewAny", "inputs": ["source": "hello"]]],
      "extra_data": ["api_key_comfy_org": "comfyui-secret"],
    ])
    #expect(result["outputs"] == ["7": ["text": ["hello"]]])
    let submission = try #require(service.store.withState { $0.submissions }.first)
    #expect(submission.isInline)
    #expect(submission.hasComfyOrgKey)
  }

  @Test func defaultOverridesYieldToThoseOfTheRequest() throws {
    let text: JSONValue = ["inputs": ["value": "default"]]
    let change: (inout Simulator.Configuration) -> Void = { configuration in
      configuration.deployments[2].overrides = JSONObject([.init(key: "5", value: text)])
    }
    let shown = { (result: JSONValue) in result["outputs"]?["7"]?["text"]?[0]?.string }
    #expect(
      shown(try Service(change: change).finishedResult(["overrides": [:]], deployment: 3))
        == "default, 35mm, high detail")
    let own: JSONValue = ["overrides": ["5": ["inputs": ["value": "own"]]]]
    #expect(shown(try Service(change: change).finishedResult(own, deployment: 3)) == "own, 35mm, high detail")
  }

  @Test(arguments: ["10001", "10002", "10003"]) func gatedSubmitIsNotTaken(_ code: String) throws {
    let service = try Service(faults: ["gate=\(code)@1"])
    #expect(service.submit().json["error_code"]?.number?.text == code)
    #expect(service.store.withState { $0.submissions }.isEmpty)
    #expect(service.submit().status == 200)
  }

  @Test func throttledSubmitNamesRetryAfterAsGivenAndIsNotTaken() throws {
    let service = try Service(faults: ["throttle-submit=-5@1"])
    let reply = service.submit()
    #expect(reply.status == 429)
    #expect(reply.header("Retry-After") == "-5")
    #expect(service.store.withState { $0.submissions }.isEmpty)
    service.store.withState { $0.faults.arm([]) }
    let bare = try Service(faults: ["throttle-submit"]).submit()
    #expect(bare.header("Retry-After") == nil)
  }

  @Test(arguments: [("drop-before-accept", 0), ("drop-after-accept", 1)])
  func droppedSubmitIsTakenOrNotAsNamed(_ fault: String, _ count: Int) throws {
    let service = try Service(faults: [fault])
    #expect(service.submit().isDropped)
    #expect(service.store.withState { $0.submissions.count } == count)
  }

  @Test(arguments: [("error-submit=504", 0), ("error-after-accept=504", 1)])
  func failedSubmitIsTakenOrNotAsNamed(_ fault: String, _ count: Int) throws {
    let service = try Service(faults: [fault])
    #expect(service.submit().status == 504)
    #expect(service.store.withState { $0.submissions.count } == count)
  }

  @Test(arguments: Garbage.names) func garbageNeverNamesTheRunCleanly(_ name: String) throws {
    let service = try Service(faults: ["garbage-submit=\(name)"])
    let reply = service.submit()
    let strict = try? JSONDocument(parsing: reply.bytes).value
    #expect(reply.status == 200)
    #expect(strict?["request_id"] == nil)
    #expect(service.store.withState { $0.submissions.count } == 1)
  }

  @Test func errorsMayComeWithStatus200() throws {
    let service = try Service(faults: ["errors-as-200"])
    let reply = service.submit(["overrides": ["999": [:]]])
    #expect(reply.status == 200)
    #expect(reply.json["error_code"] == 422001)
  }
}
