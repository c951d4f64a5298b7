import KeepModel
import KeepTestKit
import Testing

@testable import KeepSimulator

/// The service on its ports.
@Suite struct HTTPTests {
  private let inference = "/prod/v1/deployments/\(Fixture.deployment)/inference"

  private func simulator(
    _ faults: [String] = [], _ change: (inout Simulator.Configuration) -> Void = { _ in }
  ) throws -> Simulator {
    var configuration = Simulator.Configuration()
    configuration.longestSide = 32
    configuration.timing.queue = .zero
    configuration.timing.coldStart = .zero
    configuration.timing.run = .zero
    configuration.faults = try faults.map { try ArmedFault(parsing: $0) }
    change(&configuration)
    return try Simulator(configuration)
  }

  private static func path(_ address: JSONValue?, _ origin: String) -> String {
    String((address?.string ?? "").dropFirst(origin.count))
  }

  /// Submits, asks until it is done, and gives the result.
  private static func result(_ addresses: Simulator.Addresses, _ path: String) async throws -> JSONValue {
    let client = try RawClient(addresses.api)
    let submitted = await client.send("POST", path, json: Fixture.body()).json
    while true {
      let status = await client.send("GET", Self.path(submitted["status_url"], addresses.api), json: .null)
        .json
      guard let word = status["status"]?.string else { return status }
      if word == "completed" { break }
    }
    return await client.send("GET", Self.path(submitted["result_url"], addresses.api), json: .null).json
  }

  @Test func photoGoesInAndItsPictureComesOut() async throws {
    let simulator = try simulator()
    try await simulator.whileRunning { [inference] addresses in
      let result = try await Self.result(addresses, inference)
      #expect(result["status"] == "succeeded")
      let entry = result["outputs"]?["136"]?["images"]?[0]
      let storage = try RawClient(addresses.outputs)
      let answer = await storage.send("GET", Self.path(entry?["url"], addresses.outputs))
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "image/png")
      #expect(answer.headers["content-length"] == String(answer.body.count))
      #expect(PNGFile.decode(answer.body) != nil)
      let head = await storage.send("HEAD", Self.path(entry?["url"], addresses.outputs))
      #expect(head.headers["content-length"] == String(answer.body.count))
      #expect(head.body.isEmpty)
    }
    #expect(simulator.submissions.count == 1)
    #expect(simulator.violations.isEmpty)
  }

  @Test(arguments: [("drop-after-accept", 1), ("drop-before-accept", 0)])
  func droppedSubmitClosesWithoutAByte(_ fault: String, _ count: Int) async throws {
    let simulator = try simulator([fault + "@1"])
    try await simulator.whileRunning { [inference] addresses in
      let client = try RawClient(addresses.api)
      #expect(await client.send("POST", inference, json: Fixture.body()).raw == [])
      #expect(await client.send("GET", "/prod/v2/balance", json: .null).status == 200)
    }
    #expect(simulator.submissions.count == count)
  }

  @Test func truncatedDownloadClosesShortAndResumes() async throws {
    let simulator = try simulator(["output-truncated@1"])
    try await simulator.whileRunning { [inference] addresses in
      let result = try await Self.result(addresses, inference)
      let path = Self.path(result["outputs"]?["136"]?["images"]?[0]?["url"], addresses.outputs)
      let storage = try RawClient(addresses.outputs)
      let part = await storage.send("GET", path)
      let length = try #require(part.headers["content-length"].flatMap { Int($0) })
      #expect(part.body.count == length / 2)
      let rest = await storage.send(
        "GET", path, headers: ["Range: bytes=\(part.body.count)-", "If-Range: \(part.headers["etag"] ?? "")"])
      #expect(rest.status == 206)
      #expect(PNGFile.decode(part.body + rest.body) != nil)
    }
  }

  @Test func stalledDownloadSendsHalfAndHoldsNobodyUp() async throws {
    let simulator = try simulator(["output-stalled@1"])
    try await simulator.whileRunning { [inference] addresses in
      let result = try await Self.result(addresses, inference)
      let path = Self.path(result["outputs"]?["136"]?["images"]?[0]?["url"], addresses.outputs)
      let storage = try RawClient(addresses.outputs)
      let stalled = await storage.send("GET", path, limit: 300)
      #expect(stalled.status == 200)
      #expect(PNGFile.decode(stalled.body) == nil)
      #expect(PNGFile.decode(await storage.send("GET", path).body) != nil)
    }
  }

  @Test func bodyAboveTheLimitIsRefusedBeforeItIsSent() async throws {
    let simulator = try simulator { $0.maximumBody = 1000 }
    try await simulator.whileRunning { [inference] addresses in
      let client = try RawClient(addresses.api)
      let head = "POST \(inference) HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"
      #expect(await client.exchange(Array(head.utf8), limit: 12).raw.starts(with: "HTTP/1.1 413".utf8))
      let chunks = "POST \(inference) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      let body = "400\r\n" + String(repeating: "x", count: 1024) + "\r\n"
      #expect(
        await client.exchange(Array((chunks + body).utf8), limit: 12).raw.starts(with: "HTTP/1.1 413".utf8))
    }
    #expect(simulator.submissions.isEmpty)
  }

  @Test func expectationOfContinueIsMet() async throws {
    try await simulator().whileRunning { [inference] addresses in
      let head =
        "POST \(inference) HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
      let answer = try await RawClient(addresses.api).exchange(Array(head.utf8), limit: 12)
      #expect(answer.raw.starts(with: "HTTP/1.1 100".utf8))
    }
  }

  @Test func webhooksComeInOrderAndAreTriedAgain() async throws {
    let simulator = try simulator { $0.timing.run = .milliseconds(50) }
    let listener = try RawListener()
    let told = try await simulator.whileRunning { [inference] addresses in
      async let told = listener.receive([200, 500, 200, 200])
      let path =
        inference
        + "?webhook=http%3A%2F%2F127.0.0.1%3A\(listener.port)%2Fhook&webhook_intermediate_status=true"
      _ = try await RawClient(addresses.api).send("POST", path, json: Fixture.body())
      return await told
    }
    #expect(told.prefix(2).map { $0["status"] } == ["in_queue", "in_progress"])
    // What failed comes again beside what follows.
    let words = told.suffix(2).compactMap { $0["status"]?.string }
    #expect(words.sorted() == ["in_progress", "succeeded"])
    let end = told.first { $0["status"] == "succeeded" }
    #expect(end?["deployment_id"]?.string == Fixture.deployment.rawValue)
    #expect(end?["outputs"]?["136"]?["images"]?[0]?["url"]?.string != nil)
    #expect(told.last?["request_id"]?.string == simulator.submissions.first?.request.rawValue)
  }

  @Test func webhookInTheBodyTellsTheEndAlone() async throws {
    let simulator = try simulator(["run-fails"])
    let listener = try RawListener()
    let told = try await simulator.whileRunning { [inference] addresses in
      async let told = listener.receive([200])
      var body = Fixture.body().object ?? JSONObject()
      body["webhook"] = .string("http://localhost:\(listener.port)/hook")
      _ = try await RawClient(addresses.api).send("POST", inference, json: .object(body))
      return await told
    }
    #expect(told.map { $0["status"] } == ["failed"])
    #expect(told[0]["error"] != nil)
  }

  @Test func logTellsAllButTheSecretsThatBelongThere() async throws {
    let folder = try TemporaryFolder()
    let simulator = try simulator { $0.log = folder("log.jsonl") }
    try await simulator.whileRunning { [inference] addresses in
      _ = try await Self.result(addresses, inference)
      let body: JSONValue = ["overrides": [:], "extra_data": ["api_key_comfy_org": "comfyui-0123456789"]]
      _ = try await RawClient(addresses.api).send("POST", inference, json: body)
      let leak = ["Authorization: Bearer simulator-token", "X-Custom: seen"]
      let refused = try await RawClient(addresses.outputs).send(
        "GET", "/deployment_requests/x/output/y.png", headers: leak)
      #expect(refused.status == 400)
    }
    let text = String(decoding: try folder.read("log.jsonl"), as: UTF8.self)
    // The API's token is left out where it belongs, and shown where it must never come.
    #expect(text.split(separator: "\n").count { $0.contains("simulator-token") } == 1)
    #expect(!text.contains("comfyui-0123456789"))
    let lines = try text.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).value }
    let events = { (name: String) in lines.filter { $0["event"]?.string == name } }
    #expect(events("listening").count == 1)
    #expect(events("submission").map { $0["total"]?.number?.text } == ["1", "2"])
    #expect(
      events("submission")[0]["media"]?[0]?["sha256"]?.string == Checksum(of: Fixture.png()).hexadecimal)
    #expect(events("api").allSatisfy { $0["authorized"] == true })
    #expect(events("storage")[0]["violation"]?.string != nil)
    #expect(
      events("storage")[0]["headers"]?.array?.contains(["Authorization", "Bearer simulator-token"]) == true)
    #expect(events("storage")[0]["headers"]?.array?.contains(["X-Custom", "seen"]) == true)
    #expect(simulator.violations.count == 1)
  }

  @Test func takenPortIsSaidSo() async throws {
    let first = try simulator()
    try await first.whileRunning { addresses in
      let port = try RawClient(addresses.api).port
      let second = try self.simulator { $0.port = Int(port) }
      let error = await #expect(throws: KeepError.self) { try await second.whileRunning { _ in } }
      #expect(error == KeepError(.localIO, .address("127.0.0.1:\(port)"), ""))
      #expect(error?.reason == "cannot be listened on: address already in use")
    }
  }

  @Test func canceledServiceReturns() async throws {
    let simulator = try simulator()
    let (ready, sink) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await simulator.run { _ in sink.yield() } }
      for await _ in ready { break }
      group.cancelAll()
      try await group.waitForAll()
    }
  }
}
