import Glibc
import KeepModel
import KeepTestKit
import KeepTransport
import Synchronization
import SystemPackage
import Testing

@testable import KeepPipeline
@testable import KeepSubmit

/// Where the schema of a workflow's nodes comes from, and how long it is kept.
@Suite struct ObjectInfoTests {
  private static let schema =
    #"{"LoadImage":{"input":{"required":{"image":[["a.png"],{"image_upload":true}]}}},"#
    + #""RandomNoise":{"input":{"required":{"noise_seed":["INT",{"min":0,"max":100,"step":Infinity}]}}},"Other":{"input":{}}}"#

  let folder: TemporaryFolder
  let cache: ObjectInfoCache

  init() throws {
    folder = try TemporaryFolder()
    cache = ObjectInfoCache(folder: folder("cache/comfykeep"))
  }

  /// A service whose deployment names a schema; counts how often that is fetched.
  private final class Service: Sendable {
    let fetches = Mutex(0)
    let version: Mutex<String?>
    let updated = Mutex("2026-01-01")
    let query = Mutex(0)
    let answer: Mutex<ScriptedTransport.Answer>

    init(
      version: String? = "v1", _ answer: ScriptedTransport.Answer = FakeService.json(ObjectInfoTests.schema)
    ) {
      self.version = Mutex(version)
      self.answer = Mutex(answer)
    }

    var transport: ScriptedTransport {
      ScriptedTransport { exchange, _ in
        let path = exchange.request.url.path
        if path.hasSuffix("/object_info.json") {
          self.fetches.withLock { $0 += 1 }
          return self.answer.withLock { $0 }
        }
        let version = self.version.withLock { $0.map { #""workflow_version":"\#($0)","# } } ?? ""
        let signature = self.query.withLock { query in
          query += 1
          return query
        }
        return FakeService.json(
          #"{"id":"d-1","name":"n",\#(version)"updated_at":"\#(self.updated.withLock { $0 })","payload":{"#
            + #""workflow_api_json":\#(FakeService.workflow),"#
            + #""object_info_url":"https://cdn.example.net/object_info.json?sig=\#(signature)"}}"#)
      }
    }
  }

  private static let deployment: DeploymentID = "2c6b6a3e-0000-4000-8000-000000000001"

  private func graph(_ service: Service, cache: ObjectInfoCache? = nil) async throws -> PlannedGraph {
    let client = DeploymentClient(transport: service.transport, api: try Bench.api())
    return try await GraphFinder(client: client, cache: cache ?? self.cache)
      .graph(for: RunWish(deployment: Self.deployment))
  }

  private static func spelled(_ graph: PlannedGraph) -> [UInt8]? {
    graph.objectInfo.map { CanonicalJSON.compact($0) }
  }

  @Test func onlyTheWorkflowsClassesAreKeptAndTheSecondPlanFetchesNothing() async throws {
    let service = Service()
    let first = try await graph(service)
    #expect(first.objectInfo?.object?.keys == ["LoadImage", "RandomNoise"])
    #expect(first.warnings.isEmpty)
    let second = try await graph(service)
    #expect(Self.spelled(second) == Self.spelled(first))
    #expect(service.fetches.withLock { $0 } == 1)
    let names = folder.files()
    #expect(names.count == 1 && names[0].hasPrefix("cache/comfykeep/object_info-"))
    let text = String(decoding: try folder.read(names[0]), as: UTF8.self)
    #expect(!text.contains("sig=") && !text.contains("Other") && !text.contains(Bench.token.reveal()))
  }

  @Test func theFolderAndTheFileAreTheOwnersAlone() async throws {
    let mask = umask(0)
    defer { _ = umask(mask) }
    _ = try await graph(Service())
    var status = stat()
    #expect(stat(folder("cache/comfykeep").string, &status) == 0 && status.st_mode & 0o777 == 0o700)
    #expect(stat(folder(folder.files()[0]).string, &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test func anotherVersionIsFetchedAndTakesTheOldOnesPlace() async throws {
    let service = Service()
    _ = try await graph(service)
    service.version.withLock { $0 = "v2" }
    _ = try await graph(service)
    service.updated.withLock { $0 = "2026-02-02" }
    _ = try await graph(service)
    _ = try await graph(service)
    #expect(service.fetches.withLock { $0 } == 3)
    #expect(folder.files().count == 1)
  }

  @Test func withoutAVersionOrAFolderNothingIsKept() async throws {
    let service = Service(version: nil)
    _ = try await graph(service)
    _ = try await graph(service)
    _ = try await graph(Service(), cache: ObjectInfoCache.none)
    #expect(service.fetches.withLock { $0 } == 2)
    #expect(folder.files().isEmpty)
  }

  @Test(arguments: ["", "{", "{}", "[1]", "changed", "foreign"])
  func aDamagedOrForeignFileIsPassedOverAndReplaced(text: String) async throws {
    let service = Service()
    _ = try await graph(service)
    let name = folder.files()[0]
    let whole = try folder.read(name)
    switch text {
    case "changed":
      let changed = String(decoding: whole, as: UTF8.self).replacing(#""max":100"#, with: #""max":1"#)
      try folder.write(Array(changed.utf8), to: name)
    case "foreign":
      let other = String(decoding: whole, as: UTF8.self).replacing("comfykeep.object_info", with: "else")
      try folder.write(Array(other.utf8), to: name)
    default: try folder.write(Array(text.utf8), to: name)
    }
    let found = try await graph(service)
    #expect(found.objectInfo?["RandomNoise"]?["input"]?["required"]?["noise_seed"]?[1]?["max"] == 100)
    #expect(service.fetches.withLock { $0 } == 2)
    #expect(try folder.read(name) == whole)
  }

  @Test func aFolderThatCannotBeMadeOnlyCostsAnotherFetch() async throws {
    try folder.write([1], to: "cache")
    let service = Service()
    #expect(try await graph(service).objectInfo != nil)
    #expect(try await graph(service).warnings.isEmpty)
    #expect(service.fetches.withLock { $0 } == 2)
  }

  @Test(arguments: ["404", "html", "cut", "silence"])
  func aSchemaThatCannotBeHadIsSaidAndStopsNothing(kind: String) async throws {
    let answer: ScriptedTransport.Answer =
      switch kind {
      case "404": FakeService.json("{}", status: 404)
      case "html": FakeService.json("<html>")
      case "cut": FakeService.json(String(Self.schema.dropLast(9)))
      default: FakeService.silence
      }
    let found = try await graph(Service(answer))
    #expect(found.objectInfo == nil && found.checked != nil)
    let warning = try #require(found.warnings.first)
    #expect(warning.contains("the schema of the deployment's nodes could not be had"))
    #expect(warning.contains("ranges and choices are not checked") && !warning.contains("sig="))
    #expect(folder.files().isEmpty)
  }

  // MARK: Files

  private func offline(_ schema: String?, setting: [String]) async throws -> RunPlan {
    let workflow = try folder.write(Array(FakeService.workflow.utf8), to: "workflow.json")
    var wish = RunWish(deployment: "d-1", settings: setting, workflow: workflow)
    if let schema { wish.objectInfo = try folder.write(Array(schema.utf8), to: "object_info.json") }
    return try await Planner().plan(wish)
  }

  @Test func aFileChecksAPlanThatAsksNobody() async throws {
    #expect(try await offline(nil, setting: ["25.noise_seed=101"]).runs.count == 1)
    let error = await #expect(throws: KeepError.self) {
      try await offline(Self.schema, setting: ["25.noise_seed=101"])
    }
    #expect(error?.reason.contains("is at most 100") == true)
    let plan = try await offline(Self.schema, setting: ["25.noise_seed=100"])
    #expect(plan.warnings.contains { $0.contains("does not describe 2 of the workflow's node classes") })
  }

  @Test(arguments: [FakeService.workflow, #"{"nodes":[],"links":[]}"#, "[]", "", "no JSON"])
  func aFileThatIsNoneIsRefusedByName(text: String) async throws {
    let error = await #expect(throws: KeepError.self) {
      try await offline(text, setting: ["25.noise_seed=1"])
    }
    #expect(error == KeepError(.inputRejected, .path(folder("object_info.json")), ""))
    #expect(error?.hint?.contains("/object_info") == true)
  }

  @Test func aFileThatIsNotThereIsRefusedByName() async throws {
    let workflow = try folder.write(Array(FakeService.workflow.utf8), to: "workflow.json")
    var wish = RunWish(deployment: "d-1", settings: ["25.noise_seed=1"], workflow: workflow)
    wish.objectInfo = folder("none.json")
    await #expect(throws: KeepError(.inputRejected, .path(folder("none.json")), "")) {
      try await Planner().plan(wish)
    }
  }

  @Test func theCacheLiesWhereTheSpecificationPutsIt() {
    typealias Cache = ObjectInfoCache
    #expect(Cache.standardFolder(cacheHome: "/c", home: "/h") == "/c/comfykeep")
    #expect(Cache.standardFolder(cacheHome: nil, home: "/h") == "/h/.cache/comfykeep")
    #expect(Cache.standardFolder(cacheHome: "relative", home: "/h") == "/h/.cache/comfykeep")
    #expect(Cache.standardFolder(cacheHome: nil, home: nil) == nil)
    #expect(Cache.standardFolder(cacheHome: nil, home: ".") == nil)
  }
}
