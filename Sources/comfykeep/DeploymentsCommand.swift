import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep deployments`
struct DeploymentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deployments",
    abstract: "List, show, create, change and delete the account's deployments.",
    discussion: """
      A deployment is named by its id or its name, here and wherever another command takes --deployment.

      EXAMPLES
        comfykeep deployments list
        comfykeep deployments show portraits --workflow portraits_api.json
        comfykeep deployments pause portraits
      """,
    subcommands: [
      List.self, Show.self, Create.self, Update.self, Pause.self, Resume.self, Delete.self,
    ])
}

extension ServiceOptions {
  /// The deployments of the account that these options name.
  func deployments() throws -> Deployments {
    try Deployments(
      api: configuration(), transport: transport(), clock: ContinuousClock(), now: SystemTime.now)
  }

  /// The id of the deployment that a text names, if there is a text.
  func deploymentID(of text: String?) async throws -> DeploymentID? {
    guard let text else { return nil }
    return try await DeploymentLookup(
      api: configuration(), transport: transport(), clock: ContinuousClock(), now: SystemTime.now
    ).id(of: text)
  }
}

extension ObjectInfoCache {
  /// The user's own: in `XDG_CACHE_HOME`, else in the home folder.
  static var ofUser: ObjectInfoCache {
    ObjectInfoCache(
      folder: standardFolder(
        cacheHome: Environment.path("XDG_CACHE_HOME"), home: Environment.path("HOME")))
  }
}

extension DeploymentsCommand {
  /// `comfykeep deployments list`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the account's deployments.",
      discussion: """
        EXAMPLE
          comfykeep deployments list
        """)

    @OptionGroup var service: ServiceOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
      try await reporting(json: json) {
        let all = try await service.deployments().list()
        let lines = json ? all.map { JSONReport.deployment($0) } : DeploymentText.rows(all)
        for line in lines { Terminal.print(line) }
        if !json { Terminal.note(all.isEmpty ? "there is no deployment" : "\(all.count) in all") }
      }
    }
  }

  /// `comfykeep deployments show`
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Show one deployment; save its workflow, or the schema of its nodes.",
      discussion: """
        The workflow is written as it stands in bundles, so the two can be compared byte by byte.

        EXAMPLES
          comfykeep deployments show portraits
          comfykeep deployments show portraits --workflow portraits_api.json --object-info object_info.json
        """)

    @Argument(help: ArgumentHelp("The deployment's id or name.", valueName: "DEPLOYMENT"))
    var name: String

    @Option(help: ArgumentHelp("Save its workflow in API form.", valueName: "FILE"))
    var workflow: String?

    @Option(
      name: .customLong("object-info"),
      help: ArgumentHelp("Save the schema of its nodes, many megabytes.", valueName: "FILE"))
    var objectInfo: String?

    @Flag(help: "Show its description too.")
    var readme = false

    @Flag(help: "Replace files that are there.")
    var force = false

    @OptionGroup var service: ServiceOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
      try await reporting(json: json) {
        let files = [workflow, objectInfo].compactMap { $0 }.map { FilePath($0) }
        for file in files { try Deployments.refuseTaken(file, force) }
        let deployments = try service.deployments()
        let deployment = try await deployments.deployment(
          named: name, includesPayload: !files.isEmpty, includesReadme: readme)
        if let workflow {
          try Deployments.saveWorkflow(of: deployment, to: FilePath(workflow), replacing: force)
        }
        if let objectInfo {
          try await deployments.saveObjectInfo(of: deployment, to: FilePath(objectInfo), replacing: force)
        }
        let saved = [("workflow_file", workflow), ("object_info_file", objectInfo)]
        if json {
          Terminal.print(JSONReport.deployment(deployment, adding: saved.map { ($0, .optional($1)) }))
        } else {
          for line in DeploymentText.facts(deployment) { Terminal.print(line) }
          for file in files { Terminal.note("wrote \(Terminal.safe(file.string))") }
        }
      }
    }
  }
}
