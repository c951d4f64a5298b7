import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep archive`
struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "Keep runs by their request ids, also such as were made elsewhere.",
    discussion: """
      A run that this archive submitted needs no --deployment. A status or result URL of the service names both.
      With --pending, or with an s3:// archive and no REQUEST, it only puts into the store what waits for it.

      EXAMPLES
        comfykeep archive 1b7a759a-f092-4758-9597-ee0e95d459c9 --deployment ID
        comfykeep archive https://HOST/prod/v1/deployments/D/requests/R/result
        comfykeep archive - --deployment ID < request-ids.txt
        comfykeep archive --pending --archive s3://my-bucket/runs
      """)

  @Argument(
    help: ArgumentHelp(
      "Request ids, or status or result URLs; - reads them from standard input, one a line.",
      valueName: "REQUEST"))
  var requests: [String] = []

  @Flag(help: "Only put into the archive's store what waits for it from earlier commands.")
  var pending = false

  @Option(
    name: .customLong("recipe"),
    help: ArgumentHelp("A recipe that names the archive and its store.", valueName: "FILE"))
  var recipeFile: String?

  @Option(help: ArgumentHelp("The deployment that ran them, by id or name.", valueName: "DEPLOYMENT"))
  var deployment: String?

  @OptionGroup var service: ServiceOptions
  @OptionGroup var archive: ArchiveOptions
  @OptionGroup var store: ArchiveStoreOptions
  @OptionGroup var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard requests.isEmpty || !pending else { throw ValidationError("--pending takes no REQUEST") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      var flags = Recipe()
      try store.fill(&flags, archive)
      let file = try recipeFile.map { try RecipeFile.read(FilePath($0), home: Environment.home) } ?? Recipe()
      let service = service.filled(from: file)
      let deposit = try flags.overriding(file).deposit(service)
      guard !requests.isEmpty else {
        return try await depositWaiting(service, archive.filled(from: file), deposit)
      }
      let configuration = try keeping.configuration(for: service)
      try await PipelineSession(
        configuration: configuration, service: service, archive: archive.filled(from: file), deposit: deposit,
        output: output
      ).keep { archive in
        let deployment = try await service.deploymentID(of: deployment)
        var found: [Request] = []
        for text in try requests.flatMap({ try $0 == "-" ? RequestList.standardInput() : [$0] }) {
          found.append(
            try await RequestNaming.request(
              text, deployment: deployment, in: archive, of: configuration.api.baseURL))
        }
        return found
      }
    }
  }

  private func depositWaiting(
    _ service: ServiceOptions, _ archive: ArchiveOptions, _ deposit: DepositTarget?
  ) async throws {
    guard deposit != nil else {
      throw KeepError(
        .usage, .none, pending ? "names no store that bundles could wait for" : "names no request",
        hint: "give request ids, or the store with --archive s3://BUCKET/PREFIX")
    }
    // Nothing is asked of the service, so no token is needed.
    let (address, version) = try service.place()
    let api = APIConfiguration(baseURL: address, version: version, token: Secret(""))
    try await PipelineSession(
      configuration: Pipeline.Configuration(api: api), service: service, archive: archive, deposit: deposit,
      output: output
    ).depositWaiting()
  }
}
