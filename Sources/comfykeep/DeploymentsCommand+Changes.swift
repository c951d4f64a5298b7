import ArgumentParser
import KeepModel
import KeepPipeline

/// What a deployment is to be like.
struct DeploymentOptions: ParsableArguments {
  @Option(
    name: .customLong("workflow-id"),
    help: ArgumentHelp("The id of a workflow that was saved on RunComfy's page.", valueName: "ID"))
  var workflowID: String?

  @Option(
    name: .customLong("workflow-version"),
    help: ArgumentHelp("The version of that workflow, such as v1.", valueName: "VERSION"))
  var workflowVersion: String?

  @Option(
    help: ArgumentHelp(
      """
      The kind of machine, exactly one: \(DeploymentSettings.knownHardware.joined(separator: ", ")). \
      Other words are left to the service.
      """, valueName: "WORD"))
  var hardware: String?

  @Option(
    name: .customLong("min-instances"),
    help: ArgumentHelp(
      "How many machines are kept running, and billed, while idle: more than 0 needs --yes.", valueName: "N"))
  var minInstances: Int?

  @Option(
    name: .customLong("max-instances"),
    help: ArgumentHelp("How many requests may run at once.", valueName: "N"))
  var maxInstances: Int?

  @Option(
    name: .customLong("queue-size"),
    help: ArgumentHelp(
      "How many requests wait for each machine before another one is added.", valueName: "N"))
  var queueSize: Int?

  @Option(
    name: .customLong("keep-warm"),
    help: ArgumentHelp(
      "How many seconds an idle machine stays, and is billed, before it stops.", valueName: "SECONDS"))
  var keepWarm: Int?

  @Flag(help: "Do what costs money while nothing runs, and what cannot be undone.")
  var yes = false

  /// What these options ask for.
  func settings(name: String?) -> DeploymentSettings {
    var settings = DeploymentSettings()
    settings.name = name
    settings.workflowID = workflowID
    settings.workflowVersion = workflowVersion
    settings.hardware = hardware
    settings.minInstances = minInstances
    settings.maxInstances = maxInstances
    settings.queueSize = queueSize
    settings.keepWarmSeconds = keepWarm
    return settings
  }

  /// Tells what is worth saying of the settings, and refuses what needs a person's word.
  func check(_ settings: DeploymentSettings) throws(KeepError) {
    let advice = try settings.check()
    guard !settings.isBilledWhileIdle || yes else {
      throw KeepError(
        .usage, .option("--min-instances"), "more than 0 machines are kept running and billed while idle",
        hint: "add --yes if you mean it")
    }
    for line in advice { Terminal.note(Terminal.safe(line)) }
  }
}

/// What was done to a deployment.
private func tell(_ change: String, _ deployment: Deployment, json: Bool) {
  let line =
    json
    ? JSONReport.deployment(deployment, adding: [("change", .string(change))])
    : Terminal.safe("\(change)  \(deployment.id)  \(deployment.name ?? "-")")
  Terminal.print(line)
}

extension DeploymentsCommand {
  /// `comfykeep deployments create`
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Make a deployment of a workflow that was saved on RunComfy's page.",
      discussion: """
        What is not given is set as on RunComfy's page: one AMPERE_48 at most, none while idle, a queue of 1, \
        60 seconds of keep-warm. A create is never tried again by itself; if its outcome is unknown, look with \
        comfykeep deployments list. A name that is there already needs --yes.

        EXAMPLE
          comfykeep deployments create --name portraits --workflow-id ID --workflow-version v1
        """)

    @Option(help: ArgumentHelp("The name.", valueName: "NAME"))
    var name: String

    @OptionGroup var options: DeploymentOptions
    @OptionGroup var service: ServiceOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
      try await reporting(json: json) {
        let settings = options.settings(name: name).filled(from: .standard)
        try options.check(settings)
        let made = try await service.deployments().create(settings, allowsSameName: options.yes)
        tell("created", made, json: json)
      }
    }
  }

  /// `comfykeep deployments update`
  struct Update: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "update", abstract: "Change a deployment; what is not given stays as it is.",
      discussion: """
        EXAMPLE
          comfykeep deployments update portraits --max-instances 2 --keep-warm 30
        """)

    @Argument(help: ArgumentHelp("The deployment's id or name.", valueName: "DEPLOYMENT"))
    var deployment: String

    @Option(help: ArgumentHelp("A new name.", valueName: "NAME"))
    var name: String?

    @OptionGroup var options: DeploymentOptions
    @OptionGroup var service: ServiceOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
      try await reporting(json: json) {
        let settings = options.settings(name: name)
        guard settings != DeploymentSettings() else {
          throw KeepError(
            .usage, .none, "nothing is to be changed", hint: "name what is, such as --max-instances 2")
        }
        try options.check(settings)
        tell("updated", try await service.deployments().update(deployment, settings), json: json)
      }
    }
  }

  /// `comfykeep deployments pause`
  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pause", abstract: "Let a deployment take no requests, and keep no machine.",
      discussion: """
        EXAMPLE
          comfykeep deployments pause portraits
        """)

    @OptionGroup var options: SwitchOptions

    func run() async throws { try await options.setEnabled(false) }
  }

  /// `comfykeep deployments resume`
  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Let a paused deployment take requests again.",
      discussion: """
        EXAMPLE
          comfykeep deployments resume portraits
        """)

    @OptionGroup var options: SwitchOptions

    func run() async throws { try await options.setEnabled(true) }
  }

  /// What pause and resume share.
  struct SwitchOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The deployment's id or name.", valueName: "DEPLOYMENT"))
    var deployment: String

    @OptionGroup var service: ServiceOptions

    @Flag(help: "One JSON object.")
    var json = false

    func setEnabled(_ isEnabled: Bool) async throws {
      try await reporting(json: json) {
        var settings = DeploymentSettings()
        settings.isEnabled = isEnabled
        let changed = try await service.deployments().update(deployment, settings)
        tell(isEnabled ? "resumed" : "paused", changed, json: json)
      }
    }
  }

  /// `comfykeep deployments delete`
  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "delete", abstract: "Delete a deployment for good. Its workflow stays on RunComfy's page.",
      discussion: """
        EXAMPLE
          comfykeep deployments delete portraits --yes
        """)

    @Argument(help: ArgumentHelp("The deployment's id or name.", valueName: "DEPLOYMENT"))
    var deployment: String

    @Flag(help: "Really delete it.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
      try await reporting(json: json) {
        let deployments = try service.deployments()
        let found = try await deployments.deployment(named: deployment)
        guard yes else {
          throw KeepError(
            .usage, .deployment(found.id), "would be deleted for good\(found.name.map { " (\($0))" } ?? "")",
            hint: "add --yes if you mean it")
        }
        try await deployments.delete(found)
        tell("deleted", found, json: json)
      }
    }
  }
}
