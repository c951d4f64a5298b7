import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep sweep`
struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Keep everything that is finished and not kept yet, nearest deadline first.",
    discussion: """
      It looks at every run that this archive submitted or was told of, and keeps those that have ended; what still \
      runs is left alone. With --loop it goes on following them, and new ones, until it is stopped. It submits \
      nothing. Other commands may work in the same archive meanwhile.

      EXAMPLES
        comfykeep sweep
        comfykeep sweep --loop --every 5m
        comfykeep list --due 48h
      """)

  @Flag(name: .customLong("loop"), help: "Go on until stopped.")
  var loops = false

  @Option(
    help: ArgumentHelp("With --loop, how long between two looks for new runs.", valueName: "TIME"),
    transform: TimeSpan.reading)
  var every = TimeSpan(.seconds(60))

  @Option(
    name: .customLong("recipe"),
    help: ArgumentHelp("A recipe that names the archive and its store.", valueName: "FILE"))
  var recipeFile: String?

  @OptionGroup(title: "Webhooks, with --loop") var listening: ListenOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup(title: "The archive's store") var store: ArchiveStoreOptions
  @OptionGroup(title: "What is kept") var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard every.duration >= .seconds(1) else { throw ValidationError("--every is a second or more") }
    guard loops || listening.listen == nil else { throw ValidationError("--listen goes with --loop") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let session = try Self.session(
        recipeFile, service: service, archive: archive, store: store, keeping: keeping, output: output)
      if loops {
        try await session.sweep(every: every.duration, hearing: listening.setting(takesForeign: true))
      } else {
        try await session.sweep()
      }
    }
  }

  /// What a sweep needs, from its options above the recipe.
  static func session(
    _ recipeFile: String?, service: ServiceOptions, archive: ArchiveOptions, store: ArchiveStoreOptions,
    keeping: KeepingOptions, output: OutputOptions
  ) throws -> PipelineSession {
    var flags = Recipe()
    try store.fill(&flags, archive)
    keeping.fill(&flags)
    let file = try recipeFile.map { try RecipeFile.read(FilePath($0), home: Environment.home) } ?? Recipe()
    let service = service.filled(from: file)
    let settings = flags.overriding(file)
    var configuration = Pipeline.Configuration(api: try service.configuration())
    settings.configure(&configuration)
    return PipelineSession(
      configuration: configuration, service: service, archive: archive.filled(from: file),
      deposit: try settings.deposit(service), output: output)
  }
}
