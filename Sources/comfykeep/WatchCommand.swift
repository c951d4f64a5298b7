import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep watch`
struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow folders: what is put into them is submitted once it is settled, and kept.",
    discussion: """
      A file is taken once it is written to its end. What is run for it is decided by its bytes and the recipe, never \
      by its name: a copy is skipped, and a restart repeats nothing. A comfykeep.yaml in a folder is the recipe for \
      that folder and those below; a folder named priority goes first.
      SIGTERM or Ctrl-C stops within ten seconds and leaves runs going; SIGHUP reads the recipes again.

      EXAMPLES
        comfykeep watch photos/ --deployment ID --asset 189.image
        comfykeep watch inbox/ --recipe recipe.yaml --after move --export results/
        comfykeep watch inbox/ --recipe recipe.yaml --dashboard 127.0.0.1:8080
        comfykeep pause; comfykeep resume; comfykeep queue
      """)

  @Argument(help: ArgumentHelp("The folders, with all that is below them.", valueName: "FOLDER"))
  var folders: [String]

  @OptionGroup(title: "How folders are watched") var watching: WatchOptions
  @OptionGroup(title: "What is run") var work: WorkOptions
  @OptionGroup(title: "Runs") var flight: FlightOptions
  @OptionGroup(title: "Webhooks") var listening: ListenOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup(title: "The archive's store") var store: ArchiveStoreOptions
  @OptionGroup(title: "What is kept") var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard keeping.export == nil || !watching.exportsBeside else {
      throw ValidationError("--export and --export-beside exclude each other")
    }
    guard work.files.recursive != false else {
      throw ValidationError("--no-recursive is for a batch: a watch looks into all folders below")
    }
    guard work.files.table == nil else {
      throw ValidationError("--table is for a batch: a watch takes files as they come")
    }
  }

  func run() async throws {
    // Before there are threads, and before a command of ours is started.
    let notifier = ServiceNotifier.taken()
    let log = WatchLog(watching.log, namesFolders: folders.count > 1)
    try await reporting(json: output.json, log: log.tellsFailures ? log : nil) {
      let file = try recipe()
      let service = service.filled(from: file)
      var configuration = Pipeline.Configuration(api: try service.configuration())
      file.configure(&configuration)
      let session = PipelineSession(
        configuration: configuration, service: service, archive: archive.filled(from: file),
        deposit: try file.deposit(service), output: output)
      try await WatchSession(
        session: session, setting: watching.setting(try PathArgument.paths(folders), service),
        notifier: notifier,
        log: log, dashboard: watching.dashboard.flatMap { DashboardPlace($0) },
        hearing: listening.setting(takesForeign: true), recipe: recipe
      ).run()
    }
  }

  /// What flags, environment and recipe say, the recipe as it is now.
  @Sendable private func recipe() throws -> Recipe {
    var flags = Recipe()
    try work.fill(&flags)
    flight.fill(&flags)
    keeping.fill(&flags)
    try store.fill(&flags, archive)
    flags.minimumBalance = watching.minimumBalance
    let file =
      try work.recipeFile.map { try RecipeFile.read(FilePath($0), home: Environment.home) } ?? Recipe()
    var recipe = flags.overriding(Recipe(environment: { Environment[$0] })).overriding(file)
    // What a batch is made of has no meaning where files come by themselves.
    recipe.paths = nil
    recipe.table = nil
    return recipe
  }
}
