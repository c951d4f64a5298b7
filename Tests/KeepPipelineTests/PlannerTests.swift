import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepPipeline

/// What is asked for, turned into submissions without sending any.
@Suite struct PlannerTests {
  let bench: Bench
  let graph: FilePath

  init() throws {
    bench = try Bench()
    graph = try bench.folder.write(Array(FakeService.workflow.utf8), to: "workflow.json")
    for number in 0..<3 { try bench.folder.write(Pictures.png(UInt8(number)), to: "photos/p\(number).png") }
    try bench.folder.write(Array("words".utf8), to: "photos/notes.txt")
  }

  private func plan(
    _ paths: [FilePath], assets: [String] = ["189.image"], settings: [String] = [], workflow: FilePath? = nil,
    isInline: Bool = false
  ) async throws -> RunPlan {
    try await Planner().plan(
      RunWish(
        deployment: "d-1", paths: paths, assets: assets, settings: settings, workflow: workflow ?? graph,
        isInline: isInline))
  }

  private func expectRefusal(
    _ code: KeepError.Code, saying words: String, location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> RunPlan
  ) async {
    let error = await #expect(throws: KeepError.self, sourceLocation: location) { try await body() }
    #expect(error?.code == code, sourceLocation: location)
    let told = "\(error?.description ?? "") \(error?.hint ?? "")"
    #expect(told.contains(words), "\(told)", sourceLocation: location)
  }

  private func overrides(_ run: PlannedRun?) -> Overrides? {
    if case .success(let submission) = run?.item.submission { submission.overrides } else { nil }
  }

  @Test func aFolderIsARunForEachMediaFile() async throws {
    let plan = try await plan([bench.folder("photos")])
    #expect(plan.runs.map(\.item.label) == ["p0.png", "p1.png", "p2.png"])
    #expect(plan.skipped.map(\.path.lastComponent?.string) == ["notes.txt"])
    #expect(Set(plan.runs.compactMap(\.key)).count == 3)
    #expect(plan.runs.allSatisfy { $0.failure == nil && $0.bodySize != nil })
  }

  @Test func aFileThatIsRefusedFailsItsOwnRunOnly() async throws {
    let empty = try bench.folder.write([], to: "photos/empty.png")
    let plan = try await plan([bench.folder("photos/p0.png"), empty])
    #expect(plan.runs.map { $0.failure?.code } == [nil, .inputRejected])
    #expect(plan.runs.last?.key == nil)
  }

  @Test func ofSeveralPathsAMissingOneFailsItsOwnRunOnly() async throws {
    let plan = try await plan([bench.folder("photos/p0.png"), bench.folder("no.png")])
    #expect(plan.runs.map { $0.failure?.code } == [nil, .inputRejected])
    #expect(plan.runs.map(\.item.label) == ["p0.png", "no.png"])
  }

  @Test func aWorkflowMayStartWithAByteOrderMark() async throws {
    let marked = try bench.folder.write(
      [0xEF, 0xBB, 0xBF] + Array(FakeService.workflow.utf8), to: "bom.json")
    #expect(try await plan([bench.folder("photos")], workflow: marked).runs.count == 3)
  }

  @Test func anInputThatHasItsFileTakesNoOther() async throws {
    let photo = bench.folder("photos/p0.png")
    let fixed = ["189.image=\(photo.string)", "190.image=\(photo.string)"]
    let error = try await plan([photo], assets: fixed).runs.first?.failure
    #expect(error?.reason.contains("is set already") == true)
  }

  @Test(arguments: ["http://example.net/a.png", "https://localhost/a.png", "https://10.0.0.1/a.png"])
  func anAddressThatTheServiceCannotReachIsRefused(url: String) async throws {
    await expectRefusal(.inputRejected, saying: "public https") {
      try await self.plan([], assets: ["189.image=\(url)"])
    }
    let wish = RunWish(
      deployment: "d-1", assets: ["189.image=\(url)"], workflow: graph, allowsLocalURLs: true)
    #expect(try await Planner().plan(wish).runs.first?.failure == nil)
  }

  @Test func everythingIsCheckedAgainstWhatTheDeploymentRuns() async throws {
    let more =
      FakeService.workflow.dropLast(FakeService.workflow.hasSuffix("\n") ? 2 : 1)
      + #","999":{"class_type":"LoadImage","inputs":{"image":"x.png"}}}"#
    let stale = try bench.folder.write(Array(more.utf8), to: "stale.json")
    let pipeline = try bench.pipeline(try await bench.archive())
    let photo = bench.folder("photos/p0.png")
    await expectRefusal(.inputRejected, saying: "999") {
      try await pipeline.planner.plan(
        RunWish(deployment: "d-1", paths: [photo], assets: ["999.image"], workflow: stale))
    }
    let wish = RunWish(deployment: "d-1", paths: [photo], assets: ["189.image"], workflow: stale)
    #expect(try await pipeline.planner.plan(wish).warnings.contains { $0.contains("differs") })
  }

  @Test func whatTheDeploymentItselfSetsIsSentTooUnlessItIsSet() async throws {
    let payload =
      #""payload":{"workflow_api_json":\#(FakeService.workflow),"overrides":{"#
      + #""6":{"inputs":{"text":"a dog","none":1}},"25":{"inputs":{"noise_seed":8}},"#
      + #""189":{"inputs":{"image":"default.png"}}}}"#
    let bench = try Bench([.deployment: { _ in FakeService.json("{\"id\":\"d-1\",\(payload)}") }])
    let pipeline = try bench.pipeline(try await bench.archive())
    let photo = try bench.folder.write(Pictures.png(1), to: "cat.png")
    let plan = try await pipeline.planner.plan(
      RunWish(deployment: "d-1", paths: [photo], assets: ["189.image"], settings: ["6.text=a fox"]))
    let sent = overrides(plan.runs.first)
    #expect(sent?[NodeInput(node: "6", name: "text")] == .json("a fox"))
    #expect(sent?[NodeInput(node: "25", name: "noise_seed")] == .json(8))
    #expect(sent?.assets.count == 1)
    #expect(sent?.count == 3)
    #expect(plan.warnings.contains { $0.contains("25.noise_seed") })
  }

  @Test func aFixedFileGoesIntoEveryRun() async throws {
    let mask = try bench.folder.write(Pictures.png(77), to: "mask.png")
    let plan = try await plan(
      [bench.folder("photos")], assets: ["189.image", "190.image=\(mask.string)"])
    #expect(plan.runs.count == 3)
    for run in plan.runs {
      #expect(overrides(run)?.assets.last?.asset.checksum == Checksum(of: Pictures.png(77)))
    }
  }

  @Test func aURLStandsForAFile() async throws {
    let plan = try await plan([], assets: ["189.image=https://example.net/cat.png?x=1"])
    #expect(plan.runs.count == 1)
    #expect(overrides(plan.runs.first)?.assets.isEmpty == true)
    let url = try #require(HTTPURL("https://example.net/cat.png?x=1"))
    #expect(overrides(plan.runs.first)?[NodeInput(node: "189", name: "image")] == .asset(.hosted(url, nil)))
    await expectRefusal(.inputRejected, saying: "URL") {
      try await self.plan([], assets: ["189.image=https://user:secret@/"])
    }
  }

  @Test func textAloneNeedsNoPath() async throws {
    let plan = try await plan(
      [], assets: [], settings: ["6.text=a fox", "25.noise_seed=18446744073709551615"])
    #expect(plan.runs.map(\.item.label) == ["run"])
    #expect(plan.runs.first?.item.inputs == [])
    #expect(overrides(plan.runs.first)?.count == 2)
  }

  @Test func aDrawnSeedIsDrawnForEachRunAndPlaysNoPartInTheKey() async throws {
    let first = try await plan([bench.folder("photos")], settings: ["25.noise_seed=random"])
    let second = try await plan([bench.folder("photos")], settings: ["25.noise_seed=random"])
    #expect(first.runs.map(\.key) == second.runs.map(\.key))
    let seed = NodeInput(node: "25", name: "noise_seed")
    #expect(Set(first.runs.map { overrides($0)?[seed] }).count == 3)
  }

  @Test func whatCannotBePlannedIsRefusedAsAWhole() async throws {
    let photo = bench.folder("photos/p0.png")
    await expectRefusal(.usage, saying: "both wait") {
      try await plan([photo], assets: ["189.image", "190.image"])
    }
    await expectRefusal(.usage, saying: "twice") {
      try await plan([photo], assets: ["189.image", "189.image"])
    }
    await expectRefusal(.usage, saying: "no PATH") { try await plan([], assets: ["189.image"]) }
    await expectRefusal(.usage, saying: "twice") {
      try await plan([photo], settings: ["6.text=a", "6.text=b"])
    }
    await expectRefusal(.inputRejected, saying: "198") { try await plan([photo], assets: ["198.image"]) }
    await expectRefusal(.inputRejected, saying: "no.png") { try await plan([bench.folder("no.png")]) }
    await expectRefusal(.inputRejected, saying: "no.json") {
      try await plan([photo], workflow: bench.folder("no.json"))
    }
    await expectRefusal(.usage, saying: "deployment") {
      try await Planner().plan(RunWish(deployment: "../x", paths: [photo], workflow: graph))
    }
  }

  @Test func twoInputsThatFitNeedAWord() async throws {
    let plan = try await plan([bench.folder("photos/p0.png")], assets: [])
    let error = try #require(plan.runs.first?.failure)
    #expect(error.code == .inputRejected)
    #expect("\(error) \(error.hint ?? "")".contains("189.image"))
    #expect("\(error) \(error.hint ?? "")".contains("190.image"))
  }

  @Test func aFileThatIsTooLargeToTravelIsRefusedBeforeItIsSent() async throws {
    let huge = bench.folder("huge.png")
    let size = 49 << 20
    try bench.folder.write(Pictures.png(5), to: "huge.png")
    #expect(huge.withPlatformString { truncate($0, size) } == 0)
    let plan = try await plan([huge])
    let error = try #require(plan.runs.first?.failure)
    #expect(error.code == .inputRejected)
  }

  @Test func theDeploymentsOwnWorkflowIsAskedForOnce() async throws {
    let pipeline = try bench.pipeline(try await bench.archive())
    let plan = try await pipeline.planner.plan(
      RunWish(deployment: "d-1", paths: [bench.folder("photos")], assets: ["189.image"]))
    #expect(plan.runs.count == 3)
    #expect(bench.service.count(.deployment) == 1)
    #expect(bench.posts == 0)
    let outcomes = await pipeline.run(plan.runs.map(\.item))
    #expect(outcomes.map(\.state) == [.archived, .archived, .archived])
  }

  @Test func aServiceWithoutAWorkflowIsToldAndNeedsTheInputNamed() async throws {
    let bench = try Bench([.deployment: { _ in FakeService.json(#"{"id":"d-1","name":"n"}"#) }])
    let pipeline = try bench.pipeline(try await bench.archive())
    let path = try bench.folder.write(Pictures.png(1), to: "cat.png")
    var wish = RunWish(deployment: "d-1", paths: [path], assets: ["189.image"])
    #expect(try await pipeline.planner.plan(wish).warnings.contains { $0.contains("--workflow") })
    wish.assets = []
    #expect(try await pipeline.planner.plan(wish).runs.first?.failure?.hint?.contains("--asset") == true)
  }

  @Test func aDisabledDeploymentIsRefused() async throws {
    let bench = try Bench([
      .deployment: { _ in FakeService.json(#"{"id":"d-1","name":"n","is_enabled":false}"#) }
    ])
    let pipeline = try bench.pipeline(try await bench.archive())
    let path = try bench.folder.write(Pictures.png(1), to: "cat.png")
    await expectRefusal(.deploymentUnusable, saying: "disabled") {
      try await pipeline.planner.plan(RunWish(deployment: "d-1", paths: [path], assets: ["189.image"]))
    }
  }
}
