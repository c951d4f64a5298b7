import Glibc
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepPipeline

/// Bundles from which nothing, or not everything, can be run again.
@Suite struct RerunRefusalTests {
  let bench: Bench
  let image = NodeInput(node: "189", name: "image")

  init() throws { bench = try Bench() }

  private func failure(
    _ wish: RerunWish, _ configure: (inout Pipeline.Configuration) -> Void = { _ in }
  ) async throws -> KeepError? {
    try await bench.plan(wish, configure).runs.runs.first?.failure
  }

  // MARK: Bundles

  @Test func aDamagedBundleIsRefusedAndTheOthersGoOn() async throws {
    let good = try await bench.bundle(of: try bench.submission(1))
    let bad = try await bench.bundle(of: try bench.submission(2, name: "dog.png"))
    var bytes = try bench.folder.read(String(bad.string.dropFirst(bench.folder.path.string.utf8.count + 1)))
    bytes[bytes.count / 2] ^= 1
    try bench.folder.write(bytes, to: String(bad.string.dropFirst(bench.folder.path.string.utf8.count + 1)))
    let outcomes = try await bench.rerun(bench.wish([bad, good])).outcomes
    #expect(outcomes.map(\.state) == [.rejected, .archived])
    #expect(outcomes.first?.exitStatus == 30)
    #expect(outcomes.first?.error?.reason.contains("does not verify") == true)
    #expect(bench.posts == 3)
  }

  @Test func whatIsNoBundleIsCalledSo() async throws {
    let file = try bench.folder.write(Array("words".utf8), to: "notes.zip")
    #expect(try await failure(bench.wish([file]))?.code == .notABundle)
    #expect(try await failure(bench.wish([bench.folder("nowhere.zip")]))?.code == .localIO)
  }

  @Test func anAdoptedRunDoesNotSayWhatWasAsked() async throws {
    let outcome = await (try bench.pipeline(try await bench.archive(.keeping))).archive(
      Request(id: "req-1", deployment: "d-1"))
    let bundle = try #require(outcome.bundle)
    let error = try await failure(bench.wish([bundle]))
    #expect(error?.code.exitStatus == 10)
    #expect(error?.reason.contains("made elsewhere") == true)
    #expect(bench.posts == 0)
  }

  // MARK: Secrets

  private let keyed = """
    {"189":{"inputs":{"image":"a.png"},"class_type":"LoadImage"},
     "7":{"inputs":{"api_key":"none","prompt":"a cat"},"class_type":"PaidNode"},
     "136":{"inputs":{"images":["189",0]},"class_type":"SaveImage"}}
    """

  private func keyedBench() throws -> Bench {
    let keyed = keyed
    return try Bench([
      .deployment: { _ in
        FakeService.json(
          #"{"id":"d-1","name":"n","is_enabled":true,"payload":{"workflow_api_json":\#(keyed)}}"#)
      }
    ])
  }

  @Test func aSecretThatWasStruckOutHasToBeGivenAnew() async throws {
    let bench = try keyedBench()
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.asset()))
    overrides[NodeInput(node: "7", name: "api_key")] = .json("never-to-be-seen")
    let graph = try Workflow(document: try JSONDocument(parsing: Array(keyed.utf8)).value)
    let bundle = try await bench.bundle(
      of: Submission(deployment: "d-1", workflow: graph, overrides: overrides))
    let refused = try await bench.plan(bench.wish([bundle])).runs.runs.first?.failure
    #expect(refused?.code == .inputRejected)
    #expect(refused?.reason.contains("/overrides/7/inputs/api_key") == true)
    #expect(refused?.hint?.contains("--set 7.api_key=VALUE") == true)
    let given = bench.wish([bundle], settings: ["7.api_key=another-one"])
    // The workflow that was recorded lost its secret too, and is known again all the same.
    #expect(try await bench.plan(given).runs.runs.first?.warnings == [])
    #expect(try await bench.rerun(given).outcomes.map(\.state) == [.archived])
    #expect(bench.bodies.last?.contains("another-one") == true)
    #expect(!bench.bodies[1].contains("REDACTED"))
  }

  @Test func aWorkflowWithoutItsSecretIsNotSent() async throws {
    let bench = try keyedBench()
    var overrides = Overrides()
    overrides[image] = .asset(.inline(try bench.asset()))
    let graph = try Workflow(document: try JSONDocument(parsing: Array(keyed.utf8)).value)
    let bundle = try await bench.bundle(
      of: Submission(deployment: "d-1", workflow: graph, overrides: overrides))
    #expect(try await bench.plan(bench.wish([bundle])).runs.runs.first?.failure == nil)
    let inline = try await bench.plan(bench.wish([bundle], sendsWorkflow: true)).runs.runs.first?.failure
    #expect(inline?.reason.contains("/7/inputs/api_key") == true)
    let set = bench.wish([bundle], settings: ["7.api_key=another-one"], sendsWorkflow: true)
    #expect(try await bench.rerun(set).outcomes.map(\.state) == [.archived])
    #expect(bench.bodies.last?.contains("another-one") == true)
  }

  @Test func aSignedAddressHasToBeGivenAnew() async throws {
    let url = try #require(HTTPURL("https://pictures.example.net/a.png?token=never-to-be-seen"))
    var overrides = Overrides()
    overrides[image] = .asset(.hosted(url, nil))
    let bundle = try await bench.bundle(of: try bench.submission(overrides))
    let refused = try await failure(bench.wish([bundle]))
    #expect(refused?.reason.contains("/overrides/189/inputs/image") == true)
    let given = bench.wish([bundle], assets: ["189.image=https://pictures.example.net/a.png?token=new"])
    #expect(try await bench.rerun(given).outcomes.map(\.state) == [.archived])
    #expect(bench.bodies.last?.contains("token=new") == true)
  }

  @Test func aCoreKeyIsInNoBundle() async throws {
    let key = Secret("core-never-to-be-seen")
    func withKey(_ configuration: inout Pipeline.Configuration) {
      let api = configuration.api
      configuration.api = APIConfiguration(
        baseURL: api.baseURL, version: api.version, token: api.token, coreAPIKey: key)
    }
    let bundle = try await bench.bundle(of: try bench.submission(), withKey)
    let refused = try await failure(bench.wish([bundle]))
    #expect(refused?.code == .inputRejected)
    #expect(refused?.hint == "export COMFY_ORG_API_KEY")
    #expect(try await bench.rerun(bench.wish([bundle]), withKey).outcomes.map(\.state) == [.archived])
    #expect(bench.bodies[1] == bench.bodies[0])
  }

  // MARK: Files

  @Test func aFileThatWasLeftOutHasToBeGiven() async throws {
    let photo = try bench.asset()
    let bundle = try await bench.bundle(of: try bench.submission()) { $0.includesInputs = false }
    let refused = try await failure(bench.wish([bundle]))
    #expect(refused?.code.exitStatus == 10)
    #expect(refused?.reason.contains("189.image") == true)
    #expect(refused?.hint == "give it: --asset 189.image=FILE")
    let same = try bench.asset(1, name: "copy.png").path
    let other = try bench.asset(2, name: "other.png").path
    let right = try await bench.plan(bench.wish([bundle], assets: ["189.image=\(same)"])).runs.runs[0]
    #expect(right.failure == nil && right.warnings == [])
    let wrong = try await bench.plan(bench.wish([bundle], assets: ["189.image=\(other)"])).runs.runs[0]
    #expect(
      wrong.warnings.contains {
        $0.contains("is not the file that the run had") && $0.contains("\(photo.checksum)")
      })
    #expect(
      try await bench.rerun(bench.wish([bundle], assets: ["189.image=\(same)"])).outcomes[0].state
        == .archived)
    #expect(bench.bodies[1] == bench.bodies[0])
  }

  @Test func whatIsNoChangeIsRefusedAsUsage() async throws {
    let bundle = try await bench.bundle(of: try bench.submission())
    for assets in [["189.image"], ["189.image=\(bench.folder.path)"]] {
      let wish = bench.wish([bundle], assets: assets)
      let error = await #expect(throws: KeepError.self) { try await bench.plan(wish) }
      #expect(error?.code == .usage)
    }
    #expect(try await failure(bench.wish([bundle], settings: ["999.text=x"]))?.code == .inputRejected)
    #expect(bench.posts == 1)
  }

  @Test func whatAKilledRerunTookOutIsClearedAway() async throws {
    _ = try await bench.bundle(of: try bench.submission())
    try bench.folder.write([1], to: "archive/.comfykeep/reruns/\(String(repeating: "a", count: 64))/cat.png")
    try bench.folder.write([], to: "archive/.comfykeep/writing")
    _ = try await bench.archive()
    #expect(!bench.left.contains { $0.contains("reruns") })
  }

  @Test(arguments: [
    ("cat photo é.png", "cat photo é.png"), ("../../escaped.png", "escaped.png"), ("/etc/passwd", "passwd"),
    ("..", "file"), ("", "file"), ("a/b", "b"), ("a\0b.png", "a_b.png"),
    (String(repeating: "n", count: 300) + ".png", String(repeating: "n", count: 56) + ".png"),
  ])
  func aFileIsTakenOutUnderANameThatStaysInItsFolder(filename: String, name: String) {
    let checksum = Checksum(of: [1])
    let extraction = InputExtraction(
      "run.zip", path: "inputs/node-1/image/0000-x.png", filename: filename, checksum, below: "k/reruns")
    #expect(extraction.target == FilePath("k/reruns/\(checksum)/\(name)"))
  }
}
