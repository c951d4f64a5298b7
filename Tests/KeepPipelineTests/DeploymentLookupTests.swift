import KeepModel
import KeepTestKit
import KeepTransport
import Testing

@testable import KeepPipeline
@testable import KeepSubmit

/// Names that work wherever ids do.
@Suite struct DeploymentLookupTests {
  private static let uuid = "2c6b6a3e-0000-4000-8000-00000000000a"
  private static let all = [
    Deployment(id: "a-1", name: "Portraits"), Deployment(id: "a-2", name: "portraits"),
    Deployment(id: "a-3", name: "Fox v2"), Deployment(id: "a-4", name: "twin"),
    Deployment(id: "a-5", name: "twin"), Deployment(id: "a-6"), Deployment(id: "twin-id", name: "a-1"),
  ]

  @Test(
    arguments: [
      ("Portraits", "a-1"), ("portraits", "a-2"), ("fox V2", "a-3"), ("a-6", "a-6"), ("a-1", "a-1"),
      ("twin-id", "twin-id"),
    ] as [(String, DeploymentID)])
  func anIDCountsBeforeANameAndTheExactNameBeforeAnother(text: String, id: DeploymentID) throws {
    #expect(try DeploymentLookup.choose(text, among: Self.all).id == id)
  }

  @Test func whatFitsSeveralNamesTheirIDs() {
    for (text, ids) in [("twin", "a-4, a-5"), ("PORTRAITS", "a-1, a-2")] {
      let error = #expect(throws: KeepError.self) { try DeploymentLookup.choose(text, among: Self.all) }
      #expect(error?.code == .usage)
      #expect(error?.reason.contains(ids) == true)
    }
  }

  @Test func whatFitsNoneNamesNearOnes() {
    let near = #expect(throws: KeepError.self) { try DeploymentLookup.choose("Portrait", among: Self.all) }
    #expect(near?.reason.contains(#"did you mean "Portraits" or "portraits""#) == true)
    let far = #expect(throws: KeepError.self) { try DeploymentLookup.choose("xyzzy", among: Self.all) }
    #expect(far?.reason.contains("there are Portraits") == true)
    #expect(throws: KeepError.self) { try DeploymentLookup.choose("x", among: []) }
  }

  private func lookup(_ transport: ScriptedTransport) throws -> DeploymentLookup {
    DeploymentLookup(client: DeploymentClient(transport: transport, api: try Bench.api()))
  }

  @Test func aUUIDIsTakenWithoutAsking() async throws {
    let transport = ScriptedTransport { _, _ in FakeService.unreachable }
    for text in [Self.uuid, Self.uuid.uppercased()] {
      #expect(try await lookup(transport).id(of: text) == DeploymentID(Self.uuid))
    }
    #expect(transport.exchanges.isEmpty)
    for text in ["name", Self.uuid + "0", Self.uuid.replacing("a", with: "g")] {
      await #expect(throws: KeepError.self) { try await lookup(transport).id(of: text) }
    }
    #expect(transport.exchanges.count == 3)
    await #expect(throws: KeepError(.usage, .option("--deployment"), "")) {
      try await lookup(transport).id(of: "")
    }
  }

  @Test func whereNobodyIsAskedANameIsRefusedOrSaid() throws {
    let sure = try DeploymentLookup.idUnasked(Self.uuid)
    #expect(sure.id == DeploymentID(Self.uuid) && sure.warning == nil)
    let guessed = try DeploymentLookup.idUnasked("portraits")
    #expect(guessed.id == "portraits")
    #expect(guessed.warning?.contains("if it is its name") == true)
    for text in ["Fox v2", "../1", "füchse", ""] {
      let error = #expect(throws: KeepError.self) { try DeploymentLookup.idUnasked(text) }
      #expect(error?.code == .usage)
    }
  }

  @Test func aPlanByNameIsThePlanByID() async throws {
    let bench = try Bench()
    let planner = try bench.pipeline(try await bench.archive()).planner
    let photo = try bench.folder.write(Pictures.png(1), to: "cat.png")
    var keys: [SubmissionKey?] = []
    for deployment in ["d-1", "n1", "N1"] as [DeploymentID] {
      let plan = try await planner.plan(
        RunWish(deployment: deployment, paths: [photo], assets: ["189.image"]))
      keys.append(plan.runs.first?.key)
    }
    #expect(Set(keys).count == 1 && keys[0] != nil)
    let wish = RunWish(deployment: "n0", paths: [photo], assets: ["189.image"])
    let error = await #expect(throws: KeepError.self) { try await planner.plan(wish) }
    #expect(error?.code == .usage)
  }
}
