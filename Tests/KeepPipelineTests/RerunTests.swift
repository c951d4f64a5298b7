import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepLedger
@testable import KeepPipeline

/// Runs that are made again from their bundles alone.
@Suite struct RerunTests {
  let bench: Bench
  let image = NodeInput(node: "189", name: "image")
  let text = NodeInput(node: "6", name: "text")
  let seed = NodeInput(node: "25", name: "noise_seed")

  init() throws { bench = try Bench() }

  private func expectSameBody(
    _ submission: Submission, location: SourceLocation = #_sourceLocation
  ) async throws {
    let bundle = try await bench.bundle(of: submission)
    let outcomes = try await bench.rerun(bench.wish([bundle])).outcomes
    #expect(outcomes.map(\.state) == [.archived], "\(outcomes)", sourceLocation: location)
    #expect(bench.bodies.count == 2, sourceLocation: location)
    // Keys of an inline workflow come back in the order of canonical JSON.
    let bodies = try bench.bodies.map { body in
      String(
        decoding: CanonicalJSON.compact(try JSONDocument(parsing: Array(body.utf8)).value), as: UTF8.self)
    }
    #expect(bodies.first == bodies.last, sourceLocation: location)
    let rerun = try #require(outcomes.first?.bundle)
    #expect(await Verification.reports(of: [rerun]).map(\.exitStatus) == [0], sourceLocation: location)
    #expect(!bench.left.contains { $0.contains("reruns") || $0.contains("/inputs/") }, "\(bench.left)")
  }

  // MARK: What is sent

  @Test func whatWasSentIsSentAgain() async throws {
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.asset()))
    overrides[text] = .json(.string("a \"quiet\" harbour\n"))
    overrides[seed] = .randomSeed(.max)
    try await expectSameBody(try bench.submission(overrides))
    #expect(bench.bodies[0].contains("18446744073709551615"))
  }

  @Test func aFileThatLiesBesideTheRequestIsPutBack() async throws {
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.largeAsset()))
    try await expectSameBody(try bench.submission(overrides))
    #expect(bench.bodies[0].utf8.count > 100_000)
  }

  @Test func aWorkflowThatWasSentIsSentAgainWithItsFiles() async throws {
    let graph = try bench.submission(Overrides()).workflow
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.largeAsset()))
    overrides[NodeInput(node: "190", name: "image")] = .asset(.inline(try bench.asset(2, name: "small.png")))
    overrides[seed] = .json(.number(try #require(JSONNumber("12345678901234567890"))))
    try await expectSameBody(
      Submission(deployment: "d-1", mode: .inlineWorkflow, workflow: graph, overrides: overrides))
    #expect(bench.bodies.allSatisfy { $0.contains("workflow_api_json") && $0.contains("data:image/png") })
    // Nothing is asked of the deployment, whose own workflow plays no part.
    #expect(bench.service.count(.deployment) == 0)
  }

  @Test func dataInsideAValueIsPutBackWhereItWas() async throws {
    let bytes = Array(repeating: UInt8(7), count: 60_000)
    let uri = DataURI.prefix("application/octet-stream") + Base64.encode(bytes)
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.asset()))
    overrides[NodeInput(node: "136", name: "images")] = .json(
      .array(["start", ["deep": .string(uri), "short": "data:,x"], .string(uri)]))
    try await expectSameBody(try bench.submission(overrides))
    #expect(bench.bodies[1].components(of: uri) == 2)
  }

  @Test func dataInATextIsATextAgain() async throws {
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.asset()))
    overrides[text] = .json(
      .string(DataURI.prefix("text/plain") + Base64.encode(Array(repeating: 0x62, count: 60_000))))
    try await expectSameBody(try bench.submission(overrides))
  }

  @Test func aFileThatWasUploadedIsSentByItsBytes() async throws {
    let asset = try bench.asset()
    let url = try #require(HTTPURL("https://shelf.example.net/a.png?X-Amz-Signature=abc"))
    var overrides = Overrides()
    overrides[image] = .asset(.hosted(url, asset))
    let bundle = try await bench.bundle(of: try bench.submission(overrides))
    let outcomes = try await bench.rerun(bench.wish([bundle])).outcomes
    #expect(outcomes.map(\.state) == [.archived])
    #expect(!bench.bodies[1].contains("shelf.example.net"))
    #expect(bench.bodies[1].contains("data:image/png;base64,\(Base64.encode(Pictures.png(1)))"))
  }

  @Test func anAddressWithoutBytesIsSentAgainWithAWarning() async throws {
    let url = try #require(HTTPURL("https://pictures.example.net/a.png?size=large"))
    var overrides = Overrides()
    overrides[image] = .asset(.hosted(url, nil))
    let bundle = try await bench.bundle(of: try bench.submission(overrides))
    let plan = try await bench.plan(bench.wish([bundle]))
    #expect(
      plan.runs.runs[0].warnings.contains { $0.contains("fetches https://pictures.example.net/a.png again") })
    #expect(plan.runs.runs[0].placements.map(\.way) == [.url])
    _ = try await bench.rerun(bench.wish([bundle]))
    #expect(bench.bodies[1] == bench.bodies[0])
  }

  @Test func changesComeBeforeWhatTheBundleSays() async throws {
    let bundle = try await bench.bundle(of: try bench.submission(1, seed: 5))
    let other = try bench.asset(8, name: "other.png").path
    let (outcomes, _) = try await bench.rerun(
      bench.wish([bundle], settings: ["25.noise_seed=6"], assets: ["189.image=\(other)"]))
    #expect(outcomes.map(\.state) == [.archived])
    #expect(bench.bodies[1].contains(#""noise_seed":6"#))
    #expect(bench.bodies[1].contains(Base64.encode(Pictures.png(8))))
    #expect(!bench.bodies[1].contains(Base64.encode(Pictures.png(1))))
  }

  @Test func anotherDeploymentCanBeNamed() async throws {
    let bundle = try await bench.bundle(of: try bench.submission())
    for (wish, hasGraph) in [
      (bench.wish([bundle], deployment: "n2"), false),
      (bench.wish([bundle], deployment: "d-3", sendsWorkflow: true), true),
    ] {
      #expect(try await bench.rerun(wish).outcomes.map(\.state) == [.archived])
      #expect(bench.bodies.last?.contains("workflow_api_json") == hasGraph)
    }
    let paths = bench.transport.exchanges.map(\.request.url.path).filter { $0.hasSuffix("/inference") }
    #expect(paths.map { $0.contains("d-2") } == [false, true, false])
    #expect(paths.map { $0.contains("d-3") } == [false, false, true])
  }

  @Test func aWorkflowThatHasChangedIsToldWithItsNodes() async throws {
    let changed = FakeService.workflow.replacing("a lighthouse", with: "a harbour")
    let bench = try Bench([
      .deployment: { _ in
        FakeService.json(
          #"{"id":"d-1","name":"n","is_enabled":true,"payload":{"workflow_api_json":\#(changed)}}"#)
      }
    ])
    let bundle = try await bench.bundle(of: try bench.submission())
    let run = try #require(try await bench.plan(bench.wish([bundle])).runs.runs.first)
    #expect(
      run.warnings == [
        "deployment d-1 runs another workflow now than the run had (nodes 6); "
          + "--inline-workflow sends the one in the bundle"
      ])
    let inline = try await bench.plan(bench.wish([bundle], sendsWorkflow: true))
    #expect(inline.runs.runs[0].warnings == [])
    _ = try await bench.rerun(bench.wish([bundle], sendsWorkflow: true))
    #expect(bench.bodies.last?.contains("a lighthouse") == true)
  }

  // MARK: Money

  private func seeded(_ number: Int, _ other: Bench? = nil) throws -> Submission {
    let bench = other ?? bench
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.asset()))
    overrides[seed] = .json(.integer(UInt64(number)))
    return try bench.submission(overrides)
  }

  @Test func aRunUnderWayIsFollowedAndNotPaidForTwice() async throws {
    let bench = try Bench([
      .status: { $0 == 1 ? FakeService.json(#"{"status":"in_progress"}"#) : nil }
    ])
    let bundle = try await bench.bundle(of: try bench.submission())
    // The new run is taken and then left, as by a kill.
    let wish = bench.wish([bundle])
    do {
      let archive = try await bench.archive()
      let plan = try await bench.pipeline(archive).planner.plan(wish, keptIn: bench.root)
      guard case .success(let submission) = plan.runs.runs[0].item.submission else {
        Issue.record("refused")
        return
      }
      _ = try await archive.ledger.claim(submission, repeatsKept: true)
      try await archive.ledger.beginSubmit(submission.key)
      try await archive.ledger.recordSubmitted(
        Request(id: "req-9", deployment: "d-1"), for: submission.key)
    }
    let outlooks = try await bench.plan(wish).outlooks(in: try await bench.archive(.reading))
    #expect(outlooks.map(\.?.standing) == [.underWay])
    let (outcomes, comparisons) = try await bench.rerun(wish)
    #expect(outcomes.map(\.request) == ["req-9"])
    #expect(comparisons.first??.request != comparisons.first??.originalRequest)
    #expect(bench.posts == 1)
    #expect(try await bench.rerun(wish).outcomes.map(\.state) == [.archived])
    #expect(bench.posts == 2)
  }

  @Test func aRunInDoubtStaysSo() async throws {
    let bench = try Bench([.submit: { $0 == 1 ? FakeService.silence : nil }])
    let bundle = try await bench.bundle(of: try bench.submission())
    for _ in 0..<2 {
      let outcomes = try await bench.rerun(bench.wish([bundle])).outcomes
      #expect(outcomes.exitStatus == 41)
      #expect(outcomes.map(\.inputs) == [[bundle]])
    }
    #expect(bench.posts == 2)
  }

  @Test func bundlesOfTheSameSubmissionAreOneRun() async throws {
    let first = try await bench.bundle(of: try bench.submission())
    let second = try #require(try await bench.rerun(bench.wish([first])).outcomes.first?.bundle)
    let (outcomes, comparisons) = try await bench.rerun(bench.wish([first, second]))
    #expect(bench.posts == 3)
    #expect(Set(outcomes.map(\.request)) == ["req-3"])
    #expect(comparisons.map { $0?.originalRequest } == ["req-1", "req-2"])
  }

  @Test func runsThatShareAFileEachHaveIt() async throws {
    var bundles: [FilePath] = []
    for seed in 1...3 { bundles.append(try await bench.bundle(of: try seeded(seed))) }
    let outcomes = try await bench.rerun(bench.wish(bundles)).outcomes
    #expect(outcomes.map(\.state) == [.archived, .archived, .archived])
    #expect(bench.posts == 6)
  }

  /// Three kept runs, and a service at whose second rerun a person stops.
  private func threeKept(failing result: Int? = nil) async throws -> (Bench, [FilePath], Interruption) {
    let interruption = Interruption()
    let bench = try Bench([
      .status: { number in
        guard number == 5 else { return nil }
        interruption.raise()
        return FakeService.json(#"{"status":"in_progress"}"#)
      },
      .result: { $0 == result ? FakeService.json(#"{"status":"failed","outputs":{}}"#) : nil },
    ])
    var bundles: [FilePath] = []
    for seed in 1...3 { bundles.append(try await bench.bundle(of: try seeded(seed, bench))) }
    return (bench, bundles, interruption)
  }

  @Test func aStoppedRerunPaysOnlyForTheRest() async throws {
    let (bench, bundles, interruption) = try await threeKept()
    let wish = bench.wish(bundles)
    // The first is made again, the second is under way when a person stops, the third is never sent.
    let stopped = try await bench.rerun(wish, stoppedBy: interruption).outcomes
    #expect(stopped.map(\.state) == [.archived, .unfinished, .unfinished])
    #expect(bench.posts == 5)
    let outlooks = try await bench.plan(wish).outlooks(in: try await bench.archive(.reading))
    #expect(outlooks.map(\.?.standing) == [.kept, .underWay, .submit])
    let (outcomes, comparisons) = try await bench.rerun(wish)
    #expect(outcomes.map(\.state) == [.archived, .archived, .archived])
    #expect(outcomes.map(\.wasKeptAlready) == [true, false, false])
    #expect(comparisons.allSatisfy { $0?.isOneRun == false })
    #expect(bench.posts == 6)
    #expect(!bench.left.contains { $0.contains("rerun") })
    // With that the command is done, and said again it means three more runs.
    _ = try await bench.rerun(wish)
    #expect(bench.posts == 9)
  }

  @Test func aRefusedRerunLeavesWhatIsKeptAndWhatWasMadeBesideIt() async throws {
    let bench = try Bench([
      .submit: { $0 == 2 ? FakeService.json(#"{"detail":"bad node"}"#, status: 422) : nil }
    ])
    var submissions: [Submission] = []
    var bundles: [FilePath] = []
    for seed in 1...2 {
      submissions.append(try seeded(seed, bench))
      bundles.append(try await bench.bundle(of: submissions[seed - 1]))
    }
    let refused = try await bench.rerun(bench.wish(bundles)).outcomes
    #expect(refused.map(\.state) == [.rejected, .archived])
    #expect(bench.posts == 4)
    // Kept is kept: an ordinary run pays for nothing.
    #expect(try await bench.run(submissions[0]).wasKeptAlready)
    #expect(bench.posts == 4)
    // The same command again is for the refused one alone, and then it is over.
    let again = try await bench.rerun(bench.wish(bundles)).outcomes
    #expect(again.map(\.state) == [.archived, .archived])
    #expect(again.map(\.wasKeptAlready) == [false, true])
    #expect(bench.posts == 5)
    #expect(!bench.left.contains { $0.contains("rerun") })
  }

  @Test func aStoppedRerunPaysOnlyForTheRestWhateverElseIsNamedByThen() async throws {
    let (bench, bundles, interruption) = try await threeKept()
    let stopped = try await bench.rerun(bench.wish(Array(bundles[..<2])), stoppedBy: interruption).outcomes
    #expect(stopped.map(\.state) == [.archived, .unfinished])
    let posts = bench.posts
    let more = try await bench.rerun(bench.wish(bundles)).outcomes
    #expect(more.map(\.state) == [.archived, .archived, .archived])
    #expect(more.map(\.wasKeptAlready) == [true, false, false])
    #expect(bench.posts == posts + 1)
  }

  @Test func aRerunThatFailedBeforeTheStopIsToldAsFailed() async throws {
    let (bench, bundles, interruption) = try await threeKept(failing: 3)
    let stopped = try await bench.rerun(bench.wish(bundles), stoppedBy: interruption).outcomes
    #expect(stopped.map(\.state) == [.failed, .unfinished, .unfinished])
    let again = try await bench.rerun(bench.wish(bundles)).outcomes
    #expect(again.map(\.state) == [.failed, .archived, .archived])
    #expect(bench.posts == 6)
  }

  @Test func aRerunThatWasGivenUpIsOver() async throws {
    let bench = try Bench([.submit: { $0 == 1 ? FakeService.silence : nil }])
    let bundle = try await bench.bundle(of: try bench.submission())
    let doubt = try #require(try await bench.rerun(bench.wish([bundle])).outcomes.first)
    #expect(doubt.state == .inDoubt)
    _ = try await bench.archive().resolve(try #require(doubt.key).rawValue, .abandon)
    let over = try #require(try await bench.rerun(bench.wish([bundle])).outcomes.first)
    #expect(over.state == .rejected && over.exitStatus == 23)
    #expect(over.error?.reason.contains("given up") == true)
    #expect(bench.posts == 2)
    #expect(try await bench.rerun(bench.wish([bundle])).outcomes.map(\.state) == [.archived])
    #expect(bench.posts == 3)
  }

  @Test func moreRunsThanAllowedSendNothing() async throws {
    var wish = bench.wish([])
    for seed in 1...2 {
      wish.bundles.append(try await bench.bundle(of: try seeded(seed)))
    }
    wish.changes.budget.maximumRuns = 1
    let limited = wish
    let error = await #expect(throws: KeepError.self) { try await bench.rerun(limited) }
    #expect(error?.code == .usage)
    #expect(bench.posts == 2)
  }

  // MARK: What came of it

  @Test func outputsAreHeldAgainstEachOther() async throws {
    let bundle = try await bench.bundle(of: try bench.submission())
    let comparison = try #require(try await bench.rerun(bench.wish([bundle])).comparisons.first ?? nil)
    #expect(comparison.outputs.map(\.node) == ["136"])
    // The service of these tests paints by the request's id.
    #expect(comparison.outputs.map(\.likeness) == [.different])
    #expect(!comparison.isSame && !comparison.isOneRun && !comparison.isFromCache)
    #expect(
      comparison.outputs.allSatisfy {
        $0.first != nil && $0.second != nil && $0.first?.checksum != $0.second?.checksum
      })
  }

  @Test func theSameFilesAgainAreCalledACache() async throws {
    let bench = try Bench([.result: { _ in FakeService.result(of: "req-1") }])
    let bundle = try await bench.bundle(of: try bench.submission())
    let comparison = try #require(try await bench.rerun(bench.wish([bundle])).comparisons.first ?? nil)
    #expect(comparison.isSame && comparison.isFromCache)
  }

  @Test func aFailedRunCanBeRunAgain() async throws {
    let bench = try Bench([
      .result: { number in
        number > 0
          ? nil
          : FakeService.json(
            #"{"status":"failed","request_id":"req-1","error":{"error_code":1,"error_message":"out of memory"}}"#
          )
      }
    ])
    let submission = try bench.submission()
    let first = try await bench.run(submission)
    #expect(first.state == .failed)
    let bundle = try #require(first.bundle)
    let (outcomes, comparisons) = try await bench.rerun(bench.wish([bundle]))
    #expect(outcomes.map(\.state) == [.archived])
    #expect(comparisons.first??.outputs.map(\.likeness) == [.onlySecond])
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
