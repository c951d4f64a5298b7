import KeepModel
import Testing

@testable import KeepSimulator

/// The simulator's answers beside results captured from real runs, and the samples beside their files.
@Suite struct ContractShapeTests {
  private func captured(_ name: String) throws -> JSONValue {
    try #require(try Fixture.json("Tests/KeepArchiveTests/Fixtures/\(name).json")["result"])
  }

  private func entryKeys(_ result: JSONValue, _ node: String, _ channel: String) -> Set<String>? {
    result["outputs"]?[node]?[channel]?[0]?.object.map { Set($0.keys) }
  }

  private func result(_ graph: String) throws -> JSONValue {
    try Service().finishedResult(["workflow_api_json": try JSONDocument(parsing: Array(graph.utf8)).value])
  }

  @Test func pictureHasTheMembersOfACapturedOne() throws {
    let real = try captured("result_01_image_to_image")
    let ours = try Service().finishedResult()
    #expect(entryKeys(ours, "136", "images") == entryKeys(real, "9", "images"))
    let (realKeys, ourKeys) = (Set(real.object?.keys ?? []), Set(ours.object?.keys ?? []))
    #expect(realKeys.subtracting(ourKeys) == [])
  }

  @Test func combinedFilmHasTheMembersOfACapturedOne() throws {
    let real = try captured("result_11_vhs_video_combine")
    let ours = try result(#"{"3":{"class_type":"VHS_VideoCombine","inputs":{"frame_rate":8}}}"#)
    #expect(entryKeys(ours, "3", "gifs") == entryKeys(real, "3", "gifs"))
  }

  @Test func savedFilmStandsUnderImagesAsCaptured() throws {
    let real = try captured("result_05_webm")
    let ours = try result(#"{"3":{"class_type":"SaveWEBM","inputs":{"filename_prefix":"webm/ComfyUI"}}}"#)
    #expect(entryKeys(ours, "3", "images") == entryKeys(real, "3", "images"))
    #expect(ours["outputs"]?["3"]?["animated"] == real["outputs"]?["3"]?["animated"])
    #expect(ours["outputs"]?["3"]?["images"]?[0]?["subfolder"] == "webm")
  }

  @Test func meshStandsUnder3DAsCaptured() throws {
    let real = try captured("result_10_mesh_3d")
    let ours = try result(
      #"{"3":{"class_type":"SaveGLB","inputs":{}},"4":{"class_type":"Preview3D","inputs":{}}}"#)
    #expect(entryKeys(ours, "3", "3d") == entryKeys(real, "3", "3d"))
    #expect(ours["outputs"]?["4"]?["result"] == real["outputs"]?["4"]?["result"])
  }

  @Test(arguments: [
    (1, "image_to_image", 16), (2, "video_to_video", 6), (3, "several_outputs", 9),
  ])
  func sampleDeploymentIsTheSampleFile(_ number: Int, _ name: String, _ count: Int) throws {
    let samples = Simulator.Deployment.samples
    let sample = try #require(samples.first { $0.id == Simulator.Deployment.sampleID(number) })
    #expect(sample.workflow.nodes.count == count)
    #expect(sample.workflow.document == (try Fixture.json("Samples/workflows/\(name)_api.json")))
  }

  @Test func severalOutputsGivePictureTempTextAndAColonID() throws {
    let outputs = try #require(try Service().finishedResult(["overrides": [:]], deployment: 3)["outputs"])
    #expect(outputs["2"]?["images"]?[0]?["type"] == "output")
    #expect(outputs["3"]?["images"]?[0]?["type"] == "temp")
    #expect(outputs["4"]?["text"] == ["1234567890123456789"])
    #expect(outputs["7"]?["text"] == ["a red fox, snow, 35mm, high detail"])
  }

  @Test func deploymentsAreListedWithWhatIsAskedFor() throws {
    let service = try Service { $0.deployments[1].isForeign = true }
    #expect(service.call("GET", "/prod/v2/deployments").json.array?.count == 2)
    let third = Simulator.Deployment.sampleID(3)
    let listed = service.call("GET", "/prod/v2/deployments?ids=\(third)&includes=payload&includes=readme")
      .json
    #expect(listed.array?.map { $0["id"]?.string } == [third.rawValue])
    #expect(listed[0]?["payload"]?["workflow_api_json"] == Simulator.Deployment.samples[2].workflow.document)
    #expect(listed[0]?["readme"]?.string != nil)
    #expect(service.call("GET", "/prod/v2/deployments/\(third)").json["payload"] == nil)
    let address = listed[0]?["payload"]?["object_info_url"]?.string ?? ""
    let info = service.call("GET", String(address.dropFirst("http://127.0.0.1:1".count))).json
    #expect(info["LoadImage"]?["input"]?["required"]?["image"]?[1]?["image_upload"] == true)
  }

  @Test func deploymentsAndBalanceAreKnownUnderTheSecondVersionAlone() throws {
    let service = try Service()
    let deployment = "deployments/\(Fixture.deployment)"
    for path in ["balance", "deployments", deployment, deployment + "/object_info"] {
      #expect(service.call("GET", "/prod/v2/" + path).status == 200)
      #expect(service.call("GET", "/prod/v1/" + path).status == 404)
    }
  }

  @Test func theBalanceFallsWithEachAcceptedSubmissionAlone() throws {
    let service = try Service(faults: ["error-balance=503@1"]) {
      $0.balance = Balance(microdollars: 1_000_000)
      $0.runCost = Balance(microdollars: 750_000)
    }
    #expect(service.call("GET", "/prod/v2/balance").status == 503)
    #expect(service.submit().status == 200)
    let first = service.call("GET", "/prod/v2/balance").json
    #expect(
      first == [
        "balance_usd": .number(try #require(JSONNumber("0.25"))), "balance_microdollars": 250_000,
        "currency": "USD",
      ])
    #expect(service.submit().status == 200)
    #expect(
      service.call(
        "POST", "/prod/v2/deployments/\(Fixture.deployment)/inference",
        ["overrides": ["999": ["inputs": ["x": 1]]]]
      ).status == 422)
    #expect(service.call("GET", "/prod/v2/balance").json["balance_microdollars"]?.number?.signed == -500_000)
    #expect(service.call("POST", "/simulator/balance", ["usd": "-1"], token: nil).status == 422)
    #expect(
      service.call("POST", "/simulator/balance", ["usd": "7.5"], token: nil).json["balance_usd"] == "7.50")
    #expect(service.call("POST", "/prod/v2/balance").status == 405)
  }

  @Test func objectInfoTellsTypesRangesAndChoices() throws {
    let path = "/prod/v2/deployments/\(Fixture.deployment)/object_info"
    let info = try Service().call("GET", path).json
    let input = { (name: String, input: String) in info[name]?["input"]?["required"]?[input] }
    #expect(input("RandomNoise", "noise_seed")?[0] == "INT")
    #expect(input("RandomNoise", "noise_seed")?[1]?["max"]?.number?.text == "18446744073709551615")
    #expect(input("BasicScheduler", "denoise")?[0] == "FLOAT", "though the saved value is 1")
    #expect(input("KSamplerSelect", "sampler_name")?[0] == "COMBO")
    #expect(input("KSamplerSelect", "sampler_name")?[1]?["options"]?.array?.contains("euler") == true)
    #expect(input("VAELoader", "vae_name")?[0] == "STRING", "an unknown input follows its saved value")
  }

  @Test func samplesFitTheirOwnObjectInfo() {
    for deployment in Simulator.Deployment.samples {
      for node in deployment.workflow.nodes {
        for member in node.inputs.members where Workflow.Node.link(member.value) == nil {
          let rule = InputRule.of(member.key, in: node.classType)
          #expect(rule?.objection(to: member.value) == nil, "\(node.id).\(member.key)")
        }
      }
    }
  }

  @Test func deploymentIsPausedAndResumedByPatch() throws {
    let service = try Service()
    let path = "/prod/v2/deployments/\(Fixture.deployment)"
    #expect(service.call("PATCH", path, ["is_enabled": false]).json["error_code"] == 422001)
    #expect(service.call("PATCH", path, ["name": "x", "is_enabled": false]).json["is_enabled"] == false)
    #expect(service.submit().json["error_code"] == 10002)
    #expect(service.call("PATCH", path, ["name": "x", "is_enabled": true]).status == 200)
    #expect(service.submit().status == 200)
  }

  @Test func controlMovesTheClockAndSetsFaultsForThisMachineAlone() throws {
    let service = try Service()
    let before = service.clock.now
    #expect(service.call("POST", "/simulator/clock", ["advance_seconds": 90], token: nil).status == 200)
    #expect(service.clock.now == before.advanced(by: .seconds(90)))
    let armed = service.call(
      "POST", "/simulator/faults", ["clear": true, "arm": ["gate=10003@1"]], token: nil)
    #expect(armed.json["faults"] == ["gate=10003@1"])
    #expect(service.submit().json["error_code"] == 10003)
    #expect(service.call("POST", "/simulator/faults", ["arm": ["none-such"]], token: nil).status == 422)
    let remote = Call(
      method: "POST", rawPath: "/simulator/clock", query: "", headers: [], body: [], isFromLoopback: false)
    #expect(service.api.reply(to: remote).status == 403)
  }
}
