import KeepModel
import KeepTestKit
import KeepTransport
import SystemPackage
import Testing

@testable import KeepPipeline

/// The account's deployments, seen and changed.
@Suite struct DeploymentsTests {
  private func deployments(_ transport: ScriptedTransport) throws -> Deployments {
    Deployments(
      api: try Bench.api(), transport: transport, clock: ManualClock(), now: { Bench.noon })
  }

  private static func twin(_ name: String?) -> String {
    #"{"id":"d-1","hardware":["AMPERE_48"],"min_instances":1,"max_instances":2"#
      + (name.map { #","name":"\#($0)"}"# } ?? "}")
  }

  private func service(_ name: String?, change: ScriptedTransport.Answer) -> ScriptedTransport {
    ScriptedTransport { exchange, _ in
      guard exchange.request.method == .get else { return change }
      let isList = exchange.request.url.path.hasSuffix("/deployments")
      return FakeService.json(isList ? "[\(Self.twin(name))]" : Self.twin(name))
    }
  }

  private func bodies(_ transport: ScriptedTransport) -> [String] {
    transport.exchanges.filter { $0.request.method != .get }.map { String(decoding: $0.body, as: UTF8.self) }
  }

  @Test func theNameIsSentAlongWithEveryChange() async throws {
    let transport = service("Fox", change: FakeService.json(""))
    var settings = DeploymentSettings()
    settings.isEnabled = false
    #expect(try await deployments(transport).update("fox", settings).id == "d-1")
    settings.name = "Wolf"
    _ = try await deployments(transport).update("d-1", settings)
    #expect(
      bodies(transport) == [#"{"is_enabled":false,"name":"Fox"}"#, #"{"is_enabled":false,"name":"Wolf"}"#])
  }

  @Test func aNameThatCannotBeHadIsSaidBeforeAnythingIsSent() async throws {
    let transport = service(nil, change: FakeService.json(""))
    var settings = DeploymentSettings()
    settings.isEnabled = false
    let error = await #expect(throws: KeepError.self) {
      try await deployments(transport).update("d-1", settings)
    }
    #expect(error?.code == .usage)
    #expect(error?.hint?.contains("--name") == true)
    #expect(bodies(transport).isEmpty)
  }

  @Test func boundsAreMeasuredAgainstWhatStays() async throws {
    let transport = service("Fox", change: FakeService.json(""))
    var settings = DeploymentSettings()
    settings.minInstances = 3
    await #expect(throws: KeepError(.usage, .option("--min-instances"), "")) {
      try await deployments(transport).update("d-1", settings)
    }
    #expect(bodies(transport).isEmpty)
  }

  @Test func aSecondOfTheSameNameNeedsAWord() async throws {
    let transport = service("Fox", change: FakeService.json(#"{"id":"d-2","name":"Fox"}"#))
    var settings = DeploymentSettings.standard
    (settings.name, settings.workflowID, settings.workflowVersion) = ("Fox", "w-1", "v1")
    let wanted = settings
    let error = await #expect(throws: KeepError.self) {
      try await deployments(transport).create(wanted, allowsSameName: false)
    }
    #expect(error?.reason.contains("d-1") == true)
    #expect(bodies(transport).isEmpty)
    #expect(try await deployments(transport).create(wanted, allowsSameName: true).id == "d-2")
    settings.workflowID = nil
    await #expect(throws: KeepError(.usage, .option("--workflow-id"), "")) {
      try await deployments(transport).create(settings, allowsSameName: true)
    }
  }

  @Test func aChangeIsNeverTriedAgainAndAReadIs() async throws {
    let transport = ScriptedTransport { exchange, number in
      exchange.request.method == .get && number > 0
        ? FakeService.json("[]") : FakeService.json("busy", status: 503)
    }
    var settings = DeploymentSettings.standard
    (settings.name, settings.workflowID, settings.workflowVersion) = ("Fox", "w-1", "v1")
    let wanted = settings
    let error = await #expect(throws: KeepError.self) {
      try await deployments(transport).create(wanted, allowsSameName: false)
    }
    #expect(error?.code == .inDoubt)
    #expect(transport.exchanges.map(\.request.method) == [.get, .get, .post])
  }

  @Test func aWorkflowIsSavedAsItStandsInBundlesAndNeverOverAFile() async throws {
    let folder = try TemporaryFolder()
    let document = try JSONDocument(parsing: Array(FakeService.workflow.utf8)).value
    let deployment = Deployment(id: "d-1", workflow: try Workflow(document: document))
    try Deployments.saveWorkflow(of: deployment, to: folder("w.json"), replacing: false)
    #expect(try folder.read("w.json") == CanonicalJSON.indented(document))
    try folder.write([1], to: "w.json")
    #expect(throws: KeepError(.usage, .path(folder("w.json")), "")) {
      try Deployments.saveWorkflow(of: deployment, to: folder("w.json"), replacing: false)
    }
    #expect(try folder.read("w.json") == [1])
    try Deployments.saveWorkflow(of: deployment, to: folder("w.json"), replacing: true)
    #expect(try folder.read("w.json").count > 1)
    #expect(folder.files() == ["w.json"])
    #expect(throws: KeepError(.localIO, .path(folder.path), "")) {
      try Deployments.saveWorkflow(of: deployment, to: folder.path, replacing: true)
    }
    #expect(throws: KeepError.self) {
      try Deployments.saveWorkflow(of: Deployment(id: "d-2"), to: folder("x.json"), replacing: false)
    }
  }

  @Test func aSchemaThatBreaksOffLeavesNoFile() async throws {
    let folder = try TemporaryFolder()
    let whole = #"{"A":{"input":{}}}"#
    let deployment = Deployment(id: "d-1", objectInfoURL: HTTPURL("https://cdn.example.net/o.json"))
    for (text, isKept) in [(String(whole.dropLast()), false), ("<html>", false), (whole, true)] {
      let transport = ScriptedTransport { _, _ in FakeService.json(text) }
      let deployments = try deployments(transport)
      do {
        try await deployments.saveObjectInfo(of: deployment, to: folder("o.json"), replacing: false)
      } catch {
        #expect(error.code == .unavailable)
      }
      #expect(folder.files() == (isKept ? ["o.json"] : []))
    }
    #expect(try folder.read("o.json") == Array(whole.utf8))
  }
}
