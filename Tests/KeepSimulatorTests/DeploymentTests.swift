import KeepModel
import Testing

@testable import KeepSimulator

/// Endpoints 6 to 10, and what can be wrong with a schema.
@Suite struct DeploymentTests {
  private static let path = "/prod/v2/deployments"

  private func wanted(_ service: Service, _ change: (inout JSONObject) -> Void = { _ in }) -> JSONValue {
    let list = service.call("GET", Self.path).json
    var body = JSONObject()
    body["name"] = "portraits"
    body["workflow_id"] = list[0]?["workflow_id"]
    body["workflow_version"] = "v1"
    body["hardware"] = ["AMPERE_24"]
    body["min_instances"] = 0
    body["max_instances"] = 2
    body["queue_size"] = 3
    body["keep_warm_duration_in_seconds"] = 30
    change(&body)
    return .object(body)
  }

  private func places(_ reply: Reply) -> [String] {
    (reply.json["detail"]?.array ?? []).map {
      ($0["loc"]?.array ?? []).compactMap(\.string).joined(separator: ".")
    }
  }

  @Test func aDeploymentIsMadeSubmittedToChangedAndDeleted() throws {
    let service = try Service()
    let made = service.call("POST", Self.path, wanted(service)).json
    let id = try #require(made["id"]?.string)
    #expect(made["hardware"] == ["AMPERE_24"] && made["keep_warm_duration_in_seconds"] == 30)
    #expect(made["payload"]?["workflow_api_json"]?.object?.count == 16)
    #expect(service.call("GET", Self.path).json.array?.count == 4)
    #expect(service.call("POST", "/prod/v1/deployments/\(id)/inference", Fixture.body()).status == 200)
    service.clock.advance(by: .seconds(5))
    let changed = service.call("PATCH", "\(Self.path)/\(id)", ["name": "p2", "is_enabled": false]).json
    #expect(changed["name"] == "p2" && changed["is_enabled"] == false && changed["max_instances"] == 2)
    #expect(changed["updated_at"] != made["updated_at"] && changed["created_at"] == made["created_at"])
    let deleted = service.call("DELETE", "\(Self.path)/\(id)")
    #expect(deleted.status == 204 && deleted.bytes.isEmpty)
    #expect(service.call("GET", "\(Self.path)/\(id)").json["error_code"] == 404001)
    #expect(service.call("DELETE", "\(Self.path)/\(id)").json["error_code"] == 404001)
    #expect(
      service.call("POST", "/prod/v1/deployments/\(id)/inference", Fixture.body()).json["error_code"] == 10003
    )
  }

  @Test func everyFieldThatIsMissingOrWrongHasItsEntry() throws {
    let service = try Service()
    let missing = service.call("POST", Self.path, [:])
    #expect(missing.status == 422 && missing.json["error_code"] == 422001)
    #expect(places(missing).count == 8 && places(missing).contains("body.hardware"))
    for (change, place) in [
      ({ $0["hardware"] = ["AMPERE_24", "AMPERE_48"] }, "hardware"),
      ({ $0["hardware"] = "AMPERE_24" }, "hardware"),
      ({ $0["hardware"] = ["ABACUS"] }, "hardware"), ({ $0["min_instances"] = 31 }, "min_instances"),
      ({ $0["min_instances"] = 3 }, "max_instances"), ({ $0["max_instances"] = "2" }, "max_instances"),
      ({ $0["name"] = "" }, "name"),
    ] as [((inout JSONObject) -> Void, String)] {
      #expect(places(service.call("POST", Self.path, wanted(service, change))) == ["body.\(place)"])
    }
    let unknown = service.call("POST", Self.path, wanted(service) { $0["workflow_version"] = "v9" })
    #expect(unknown.json["error_code"] == 404001)
    #expect(service.call("GET", Self.path).json.array?.count == 3)
  }

  @Test func anUpdateNeedsTheName() throws {
    let service = try Service()
    let path = "\(Self.path)/\(Fixture.deployment)"
    #expect(places(service.call("PATCH", path, ["is_enabled": false])) == ["body.name"])
    #expect(places(service.call("PATCH", path, ["name": "x", "min_instances": 9])) == ["body.max_instances"])
    #expect(
      service.call("PATCH", path, ["name": "x", "workflow_version": "v9"]).json["error_code"] == 404001)
    let other = service.call("GET", Self.path).json[1]?["workflow_id"] ?? .null
    #expect(service.call("PATCH", path, ["name": "x", "workflow_id": other]).json["workflow_id"] == other)
    #expect(service.call("PUT", path, [:]).status == 405)
  }

  @Test func theOtherShapesAreServedOnRequest() throws {
    let service = try Service(faults: ["plain-deployments"])
    let list = service.call("GET", Self.path).json["deployments"]
    #expect(list?.array?.count == 3)
    #expect(list?[0]?["hardware"] == "AMPERE_48")
  }

  @Test func aChangeWhoseAnswerIsLostIsMade() throws {
    let service = try Service(faults: ["drop-after-change@3"])
    #expect(service.call("POST", Self.path, wanted(service)).isDropped)
    let made = try #require(service.call("GET", Self.path).json[3]?["id"]?.string)
    #expect(service.call("PATCH", "\(Self.path)/\(made)", ["name": "p2"]).isDropped)
    #expect(service.call("GET", "\(Self.path)/\(made)").json["name"] == "p2")
    #expect(service.call("DELETE", "\(Self.path)/\(made)").isDropped)
    #expect(service.call("GET", Self.path).json.array?.count == 3)
  }

  @Test func aSchemaFailsOnRequest() throws {
    let path = "\(Self.path)/\(Fixture.deployment)/object_info"
    #expect(try Service(faults: ["error-object-info"]).call("GET", path).status == 404)
    #expect(try Service(faults: ["error-object-info=503"]).call("GET", path).status == 503)
    #expect(try Service(faults: ["garbage-object-info=html"]).call("GET", path).json.isNull)
    let huge = try Service(faults: ["huge-object-info=1"]).call("GET", path)
    #expect(huge.bytes.count >= 1 << 20)
    #expect(huge.json["LoadImage"]?["input"] != nil && huge.json["Filler0"]?["input"] != nil)
  }
}
