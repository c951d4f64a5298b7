import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep rerun`
struct RerunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: "Submit runs again from their bundles alone, and say whether the same comes out.",
    discussion: """
      Each bundle is verified first. Its files, values and workflow are sent as they were, but for what is changed \
      here; the new run is kept in a bundle of its own. Each costs a run. While one is under way or in doubt, the \
      same command follows it and submits nothing.

      EXAMPLES
        comfykeep rerun run-1b7a759a.zip
        comfykeep rerun run-1b7a759a.zip --set 25.noise_seed=random
        comfykeep rerun run-1b7a759a.zip --asset 189.image=dog.jpg --dry-run
        comfykeep rerun ~/comfykeep/2026-11-23 --deployment OTHER --inline-workflow
      """)

  @Argument(help: ArgumentHelp("Bundles, or folders with bundles in them.", valueName: "BUNDLE"))
  var bundles: [String]

  @Option(
    help: ArgumentHelp(
      "Run on this deployment, by id or name, instead of the one that ran then.", valueName: "DEPLOYMENT"))
  var deployment: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Another value for a node input, written as for run; random draws a seed.",
      valueName: "NODE.INPUT=VALUE"))
  var settings: [String] = []

  @Option(
    name: .customLong("asset"),
    help: ArgumentHelp("Another file for a node input.", valueName: "NODE.INPUT=FILE|URL"))
  var assets: [String] = []

  @Flag(
    name: .customLong("inline-workflow"),
    help: "Send the workflow that the bundle holds, whatever the deployment's own is by now.")
  var sendsWorkflow = false

  @Option(
    name: .customLong("object-info"), help: ArgumentHelp(RecipeKey.help("object_info"), valueName: "FILE"))
  var objectInfo: String?

  @Flag(
    name: .customLong("allow-cutting"), help: ArgumentHelp(RecipeKey.help("allow_cutting")))
  var allowsCutting = false

  @Flag(name: .customLong("dry-run"), help: "Show what would be submitted. Submits nothing.")
  var isDry = false

  @Flag(
    name: .customLong("require-same"),
    help: "End with status 3 where not every output comes out byte for byte the same.")
  var requiresSame = false

  @Option(help: ArgumentHelp(RecipeKey.help("concurrency"), valueName: "COUNT"))
  var concurrency: Int?

  @Flag(
    name: .customLong("cancel-on-interrupt"), help: "At Ctrl-C, ask the service to cancel what is running.")
  var cancelsOnInterrupt = false

  @OptionGroup(title: "How files travel") var placement: PlacementOptions
  @OptionGroup(title: "Uploads") var upload: UploadOptions
  @OptionGroup(title: "Limits of a batch") var budget: BudgetOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup(title: "The archive's store") var store: ArchiveStoreOptions
  @OptionGroup(title: "What is kept") var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard !bundles.isEmpty else { throw ValidationError("name a BUNDLE") }
    guard concurrency.map((1...64).contains) != false else {
      throw ValidationError("--concurrency is from 1 to 64")
    }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      var flags = Recipe()
      try fill(&flags)
      let settings = flags.overriding(Recipe(environment: { Environment[$0] }))
      var configuration = Pipeline.Configuration(api: try service.configuration())
      settings.configure(&configuration)
      configuration.cancelsOnInterrupt = cancelsOnInterrupt
      let session = PipelineSession(
        configuration: configuration, service: service, archive: archive,
        deposit: try settings.deposit(service),
        output: output)
      let wish = try wish(settings)
      if isDry {
        try await session.planRerun(wish)
      } else {
        try await session.rerun(wish, requiresSame: requiresSame)
      }
    }
  }

  private func fill(_ recipe: inout Recipe) throws(KeepError) {
    recipe.assets = assets.isEmpty ? nil : assets.map { Recipe.Assignment(parsing: $0) }
    recipe.settings = settings.isEmpty ? nil : settings.map { Recipe.Assignment(parsing: $0) }
    recipe.objectInfo = objectInfo.map { FilePath($0) }
    recipe.allowsCutting = allowsCutting
    recipe.concurrency = concurrency
    // Every bundle names its own; this one only has to be there.
    recipe.deployment = deployment ?? "bundle"
    placement.fill(&recipe)
    try upload.fill(&recipe)
    budget.fill(&recipe)
    keeping.fill(&recipe)
    try store.fill(&recipe, archive)
  }

  private func wish(_ settings: Recipe) throws(KeepError) -> RerunWish {
    var wish = try settings.rerunWish(
      of: try BundleFinder.bundles(at: try PathArgument.paths(bundles)), service, budget)
    wish.deployment = deployment.map { DeploymentID($0) }
    wish.sendsWorkflow = sendsWorkflow
    return wish
  }
}

extension Recipe {
  /// What is to be run again of bundles, with these settings in place of theirs.
  ///
  /// - Throws: ``KeepError`` as ``wish(allowsLocalURLs:isConfirmed:environment:)``.
  func rerunWish(
    of bundles: [FilePath], _ service: ServiceOptions, _ budget: BudgetOptions
  ) throws(KeepError) -> RerunWish {
    var changes = try wish(
      allowsLocalURLs: service.reachesLocalURLs, isConfirmed: budget.isConfirmed,
      environment: { Environment[$0] })
    changes.allowsPlainUploads = service.allowsHTTP
    return RerunWish(bundles: bundles, changes: changes)
  }
}
