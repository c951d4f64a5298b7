import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct RunTests {
  private func status(_ service: Service, _ submitted: Reply) -> JSONValue? {
    service.ask(submitted, "status").json["status"]
  }

  @Test func statusFollowsTheClock() throws {
    let service = try Service()
    let submitted = service.submit()
    #expect(status(service, submitted) == "in_queue")
    #expect(service.ask(submitted, "status").json["queue_position"] == 0)
    service.clock.advance(by: .seconds(1))
    #expect(status(service, submitted) == "in_progress")
    #expect(service.ask(submitted, "status").json["instance_id"] == nil)
    service.clock.advance(by: .seconds(2))
    #expect(service.ask(submitted, "status").json["instance_id"]?.string != nil)
    #expect(service.ask(submitted, "result").json["status"] == "in_progress")
    service.clock.advance(by: .seconds(4))
    #expect(status(service, submitted) == "completed")
    #expect(service.ask(submitted, "result").json["status"] == "succeeded")
  }

  @Test func warmInstanceStartsAtOnceAndFullOnesMakeAQueue() throws {
    let service = try Service { $0.timing.instances = 1 }
    let first = service.submit()
    let second = service.submit()
    #expect(service.ask(second, "status").json["queue_position"] == 1)
    service.clock.advance(by: .seconds(8))
    #expect(status(service, first) == "completed")
    #expect(status(service, second) == "in_progress")
    service.clock.advance(by: .seconds(3))
    #expect(status(service, second) == "completed")
  }

  @Test func canceledRunEndsSoAndAFinishedOneDoesNot() throws {
    let service = try Service()
    let submitted = service.submit()
    #expect(service.ask(submitted, "cancel", method: "POST").json["status"] == "cancellation_requested")
    #expect(status(service, submitted) == "cancelled")
    let result = service.ask(submitted, "result").json
    #expect(result["status"] == "cancelled")
    #expect(result["outputs"] == nil)
    let other = service.submit()
    service.clock.advance(by: .seconds(60))
    #expect(service.ask(other, "cancel", method: "POST").json["status"] == "not_cancellable")
    #expect(status(service, other) == "completed")
  }

  @Test func cancelHasAnotherShapeAndAnotherSpelling() throws {
    let service = try Service(faults: ["cancel-shape=B", "canceled-word"])
    let submitted = service.submit()
    let reply = service.ask(submitted, "cancel", method: "POST")
    #expect(reply.status == 202)
    #expect(reply.json["outcome"] == "canceled")
    #expect(reply.json["status"] == "completed")
    #expect(status(service, submitted) == "canceled")
  }

  @Test func resultsAreGoneAfterTheRetention() throws {
    let service = try Service()
    let submitted = service.submit()
    service.clock.advance(by: .seconds(60))
    let address = try #require(
      service.ask(submitted, "result").json["outputs"]?["136"]?["images"]?[0]?["url"]?.string)
    #expect(service.fetch(address).status == 200)
    service.clock.advance(by: .seconds(7 * 86_400))
    #expect(service.ask(submitted, "result").json["error_code"] == 404001)
    #expect(service.ask(submitted, "status").status == 404)
    #expect(service.fetch(address).status == 403)
  }

  @Test func timesHaveAZoneWhereAskedFor() throws {
    let plain = try #require(try Service().finishedResult()["created_at"]?.string)
    let zoned = try #require(try Service(faults: ["zoned-timestamps"]).finishedResult()["created_at"]?.string)
    #expect(plain.utf8.count == 26)
    #expect(zoned == plain + "+00:00")
    #expect(Timestamp(parsing: plain) == Timestamp(milliseconds: 1_795_000_000_123))
  }

  @Test func failureHasTheShapeAskedFor() throws {
    let error = { (shape: String) in
      try Service(faults: ["run-fails=no memory", "error-shape=\(shape)"]).finishedResult()["error"]
    }
    #expect(try error("array")?[0]?["error"] == "no memory")
    #expect(try error("object")?["error"] == "no memory")
    #expect(try error("string")?.string?.hasSuffix("no memory") == true)
    #expect(try error("execution")?["exception_message"] == "no memory")
    #expect(try error("type")?["message"] == "no memory")
  }

  @Test func resultMayLagBehindTheStatus() throws {
    let service = try Service(faults: ["result-lag=2"])
    let submitted = service.submit()
    service.clock.advance(by: .seconds(60))
    #expect(status(service, submitted) == "completed")
    let words = (0..<3).map { _ in service.ask(submitted, "result").json["status"] }
    #expect(words == ["in_progress", "in_progress", "succeeded"])
  }

  @Test func statusMayBeStuckUnknownOrGoBack() throws {
    let word = { (fault: String) in
      let service = try Service(faults: [fault])
      let submitted = service.submit()
      service.clock.advance(by: .seconds(60))
      #expect(service.ask(submitted, "result").json["status"] == "succeeded")
      return service.ask(submitted, "status").json["status"]
    }
    #expect(try word("status-stuck") == "in_progress")
    #expect(try word("status-goes-back") == "in_progress")
    #expect(try word("status-word=thinking") == "thinking")
  }

  @Test func duplicateKeysAreNotCleanJSON() throws {
    let service = try Service(faults: ["duplicate-keys"])
    let submitted = service.submit()
    let bytes = service.ask(submitted, "status").bytes
    #expect(try JSONDocument(parsing: bytes, options: .lenient).irregularities == [.duplicateKey])
  }

  @Test func fieldsMayBeMissingOrMore() throws {
    let service = try Service(faults: ["missing-fields"])
    let submitted = service.submit()
    #expect(submitted.json.object?.keys == ["request_id"])
    let id = submitted.json["request_id"]?.string ?? ""
    let path = "/prod/v1/deployments/\(Fixture.deployment)/requests/\(id)/status"
    #expect(service.call("GET", path).json.object?.keys == ["status"])
    #expect(try Service(faults: ["extra-fields"]).submit().json["x_future"] != nil)
  }

  @Test func readsFailAsAskedFor() throws {
    let service = try Service(faults: ["error-status=500@2", "throttle-result=3@1", "garbage-result=html@1"])
    let submitted = service.submit()
    service.clock.advance(by: .seconds(60))
    #expect((0..<3).map { _ in service.ask(submitted, "status").status } == [500, 500, 200])
    #expect(service.ask(submitted, "result").header("Retry-After") == "3")
    #expect(service.ask(submitted, "result").bytes.starts(with: "<!DOCTYPE".utf8))
    #expect(service.ask(submitted, "result").json["status"] == "succeeded")
  }

  @Test func runOfAnotherDeploymentIsNotFound() throws {
    let service = try Service()
    let id = try #require(service.submit().json["request_id"]?.string)
    let other = Simulator.Deployment.sampleID(2)
    #expect(
      service.call("GET", "/prod/v1/deployments/\(other)/requests/\(id)/status").json["error_code"] == 404001)
  }

  @Test func outputsVaryAsAskedFor() throws {
    let outputs = { (fault: String, deployment: Int) in
      try Service(faults: [fault]).finishedResult(["overrides": [:]], deployment: deployment)["outputs"]
    }
    #expect(try outputs("empty-outputs", 1) == [:])
    #expect(try outputs("colon-ids", 1)?.object?.keys == ["38:136"])
    #expect(try outputs("text-channel", 1)?["136"]?["text"]?[1] == ["nested", ["deeper"]])
    let doubled = try #require(try outputs("duplicate-outputs", 1)?["136"])
    let names = (doubled["images"]?.array ?? []) + (doubled["files"]?.array ?? [])
    #expect(Set(names.map { $0["filename"] }).count == 1)
    #expect(names.count == 3)
    #expect(try outputs("output-key", 1) == nil)
  }

  @Test func hostileNamesAllLeadToDifferentBytes() throws {
    let service = try Service(faults: ["hostile-names"])
    let images = try #require(service.finishedResult()["outputs"]?["136"]?["images"]?.array)
    #expect(images.count == RunVariation.hostileNames.count)
    let fetched = images.map { service.fetch($0["url"]?.string ?? "") }
    #expect(fetched.allSatisfy { $0.status == 200 })
    #expect(Set(fetched.map(\.bytes)).count == images.count)
  }

  @Test func filmStandsUnderTheChannelAskedFor() throws {
    let film = Film.frames(after: InputMedia(bytes: Fixture.png()), Painter(checksum: Checksum(of: [])))
    let body: JSONValue = [
      "overrides": ["1": ["inputs": ["file": .string(Fixture.dataURI(film, "video/mp4"))]]]
    ]
    #expect(try Service().finishedResult(body, deployment: 2)["outputs"]?["5"]?["images"] != nil)
    let other = try Service(faults: ["video-channel=videos"]).finishedResult(body, deployment: 2)["outputs"]
    #expect(other?["5"]?["videos"]?[0]?["filename"] == "ComfyUI_00001_.mp4")
    #expect(other?["5"]?["videos"]?[0]?["subfolder"] == "video")
  }
}
