import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// `comfykeep deployments`, and names and schemas where other commands use them.
@Suite struct DeploymentsTests {
  let service: Service
  let folder: TemporaryFolder

  init() throws {
    service = try Service()
    folder = try TemporaryFolder()
  }

  private func run(_ arguments: String...) throws -> Program.Result {
    var program = service.program
    program.environment["HOME"] = folder("home").string
    return try program.run(arguments)
  }

  private func fetches() throws -> Int {
    try service.log().count { ($0["path"] as? String)?.hasSuffix("/object_info") == true }
  }

  private func changes() throws -> [String] {
    try service.log().filter { ($0["path"] as? String)?.hasPrefix("/prod/") == true }
      .compactMap { $0["method"] as? String }.filter { $0 != "GET" }
  }

  private func workflowID() throws -> String {
    let shown = try run("deployments", "show", "image-to-image", "--json")
    return try #require(shown.objects.first?["workflow_id"] as? String)
  }

  @Test func aDeploymentLivesAndIsNamedAllTheWay() throws {
    let made = try run(
      "deployments", "create", "--name", "My Portraits", "--workflow-id", try workflowID(),
      "--workflow-version", "v1", "--json")
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.objects.first?["change"] as? String == "created")
    let id = try #require(made.objects.first?["deployment_id"] as? String)
    let photo = try folder.write(Pictures.png(1), to: "photo.png")
    let arguments = ["--archive", folder("archive").string, "--poll-interval", "20ms", "--json"]
    var program = service.program
    program.environment["HOME"] = folder("home").string
    let kept = try program.run(["run", photo.string, "--deployment", "my portraits"] + arguments)
    #expect(kept.words == ["archived"], "\(kept.errors)")
    let again = try program.run(["run", photo.string, "--deployment", id] + arguments)
    #expect(again.outcomes.first?["kept_already"] as? Bool == true, "\(again.errors)")
    #expect(try run("deployments", "pause", "My Portraits").status == 0)
    let paused = try run("plan", photo.string, "--deployment", "My Portraits")
    #expect(paused.status == 1 && paused.errors.contains("deployments resume \(id)"), "\(paused.errors)")
    #expect(try run("deployments", "list").output.contains("My Portraits     paused "))
    #expect(try run("deployments", "resume", id).status == 0)
    let updated = try run("deployments", "update", id, "--name", "P2", "--max-instances", "2", "--json")
    #expect(updated.objects.first?["name"] as? String == "P2")
    #expect(updated.objects.first?["max_instances"] as? Int == 2)
    #expect(updated.objects.first?["keep_warm_seconds"] as? Int == 60)
    #expect(try run("deployments", "delete", "P2").status == 64)
    #expect(try run("deployments", "delete", "P2", "--yes").output.hasPrefix("deleted  \(id)"))
    #expect(try run("deployments", "list", "--json").objects.count == 3)
  }

  @Test func whatCostsMoneyWhileIdleNeedsAWord() throws {
    let id = try workflowID()
    let arguments = [
      "deployments", "create", "--name", "hot", "--workflow-id", id, "--workflow-version", "v1",
      "--min-instances",
      "1",
    ]
    let refused = try service.program.run(arguments)
    #expect(refused.status == 64 && refused.errors.contains("billed while idle"), "\(refused.errors)")
    #expect(try changes().isEmpty)
    let made = try service.program.run(arguments + ["--yes"])
    #expect(
      made.status == 0 && made.errors.contains("1 instance is kept running and billed"), "\(made.errors)")
    #expect(try run("deployments", "update", "hot", "--min-instances", "1").status == 64)
    #expect(try run("deployments", "update", "hot").status == 64)
  }

  @Test func aChangeWhoseAnswerIsLostIsNotMadeTwice() throws {
    let id = try workflowID()
    try service.setFaults("drop-after-change@1")
    let arguments = [
      "deployments", "create", "--name", "once", "--workflow-id", id, "--workflow-version", "v1",
    ]
    let lost = try service.program.run(arguments + ["--json"])
    #expect(lost.status == 41, "\(lost.errors)")
    #expect(lost.errors.contains("may or may not have happened"))
    #expect(lost.errors.contains("comfykeep deployments list"))
    let error = lost.objects.first?["error"] as? [String: Any]
    #expect(error?["code"] as? String == "in_doubt")
    let again = try service.program.run(arguments)
    #expect(again.status == 64 && again.errors.contains("is there already"), "\(again.errors)")
    #expect(try changes() == ["POST"])
  }

  @Test func theServicesRefusalNamesTheField() throws {
    let refused = try run(
      "deployments", "create", "--name", "x", "--workflow-id", try workflowID(), "--workflow-version", "v1",
      "--hardware", "ABACUS", "--max-instances", "61")
    #expect(refused.status == 10)
    #expect(refused.errors.contains("ABACUS is none of the known machines"))
    #expect(refused.errors.contains("body.hardware") && refused.errors.contains("body.max_instances"))
  }

  @Test func aWorkflowThatIsNotSavedIsSaidSo() throws {
    let refused = try run(
      "deployments", "create", "--name", "x", "--workflow-id", try workflowID(), "--workflow-version", "v7")
    #expect(refused.status == 10 && refused.errors.contains("not this version of it"), "\(refused.errors)")
    #expect(try run("deployments", "update", "image-to-image", "--workflow-version", "v7").status == 1)
  }

  @Test func theOtherShapesAreReadToo() throws {
    try service.setFaults("plain-deployments")
    let list = try run("deployments", "list", "--json")
    #expect(list.objects.count == 3)
    #expect(list.objects.first?["hardware"] as? [String] == ["AMPERE_48"])
    #expect(list.objects.allSatisfy { $0["type"] as? String == "deployment" && $0["version"] as? Int == 1 })
  }

  @Test func theWorkflowAndTheSchemaAreSavedAndServeOffline() throws {
    let (workflow, schema) = (folder("w.json").string, folder("o.json").string)
    let saved = try run(
      "deployments", "show", "image-to-image", "--workflow", workflow, "--object-info", schema, "--readme")
    #expect(saved.status == 0, "\(saved.errors)")
    #expect(saved.output.contains("A workflow of the simulator."))
    let twice = try run("deployments", "show", "image-to-image", "--workflow", workflow)
    #expect(twice.status == 64 && twice.errors.contains("--force"), "\(twice.errors)")
    #expect(
      try run("deployments", "show", "image-to-image", "--workflow", workflow, "--force").status == 0)
    let inspected = try Program().run("inspect", workflow, "--object-info", schema)
    #expect(
      inspected.output.contains("17.steps         BasicScheduler: 20 (INT 1…10000)"), "\(inspected.errors)")
    let swapped = try Program().run("inspect", workflow, "--object-info", workflow)
    #expect(swapped.status == 10 && swapped.errors.contains("is a workflow in API form"), "\(swapped.errors)")
  }

  @Test func aDeploymentIsInspectedAndItsSchemaKept() throws {
    try service.setFaults("huge-object-info=2")
    let first = try run("inspect", "--deployment", "image-to-image", "--json")
    let inputs = try #require(first.objects.first?["inputs"] as? [[String: Any]])
    let sampler = inputs.first { $0["input"] as? String == "16.sampler_name" }?["schema"] as? [String: Any]
    #expect((sampler?["choices"] as? [String])?.count == 9)
    let second = try run("inspect", "--deployment", Service.Deployment.image, "--json")
    #expect(second.output == first.output)
    #expect(try fetches() == 1)
    let files = folder.files().filter { $0.hasPrefix("home/.cache/comfykeep/object_info-") }
    #expect(files.count == 1)
    #expect(try folder.read(files[0]).count < 20_000)
    #expect(try run("inspect").status == 64)
    #expect(try run("inspect", "x.json", "--deployment", "y").status == 64)
  }

  @Test func whatTheSchemaForbidsIsRefusedBeforeItIsPaidFor() throws {
    for (value, words) in [
      ("16.sampler_name=eular", #"did you mean "euler""#), ("17.steps=0", "is at least 1"),
      ("17.denoise=1.5", "is at most 1.0"), ("25.noise_seed=18446744073709551616", "is a seed"),
    ] {
      let result = try run(
        "run", "--deployment", "image-to-image", "--set", value, "--archive", folder("archive").string)
      #expect(result.status == 10 && result.errors.contains(words), "\(result.errors)")
    }
    #expect(try service.submissions().isEmpty)
  }

  @Test(arguments: ["error-object-info=404", "garbage-object-info=html", "garbage-object-info=deep"])
  func aSchemaThatCannotBeHadIsSaidAndTheRunGoesOn(fault: String) throws {
    try service.setFaults(fault)
    let result = try run(
      "run", "--deployment", "image-to-image", "--set", "17.steps=5", "--archive", folder("archive").string,
      "--poll-interval", "20ms")
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.errors.contains("the schema of the deployment's nodes could not be had"), "\(result.errors)")
  }

  @Test func runsMadeElsewhereAreNamedByTheirDeploymentsName() throws {
    let run = try run(
      "run", "--deployment", "image-to-image", "--set", "17.steps=5", "--archive", folder("a").string,
      "--poll-interval", "20ms", "--json")
    let request = try #require(run.outcomes.first?["request_id"] as? String)
    let kept = try self.run(
      "archive", request, "--deployment", "IMAGE-to-image", "--archive", folder("b").string,
      "--poll-interval",
      "20ms", "--json")
    #expect(kept.words == ["archived"], "\(kept.errors)")
    let canceled = try self.run(
      "cancel", request, "--deployment", "image-to-image", "--archive", folder("c").string)
    #expect(
      canceled.status == 1 && canceled.output.contains("can no longer be canceled"), "\(canceled.errors)")
    let unknown = try self.run(
      "archive", request, "--deployment", "imag-to-image", "--archive", folder("d").string)
    #expect(unknown.status == 64 && unknown.errors.contains("did you mean"), "\(unknown.errors)")
  }
}
