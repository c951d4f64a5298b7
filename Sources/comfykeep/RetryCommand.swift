import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep retry`
struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Submit again what failed, from the record that was kept of it.",
    discussion: """
      The files, values and workflow of each run are taken from its bundle, so the photos need not lie where they \
      did. Each costs a run. The same command again submits nothing that is under way, in doubt or kept.

      Files of a watched folder that are parked are taken again by the watch: named by their paths, or all of them \
      with --parked. Nothing is submitted by this command then.

      EXAMPLES
        comfykeep retry --failed
        comfykeep retry --parked
        comfykeep retry photos/failed/cat.png
        comfykeep retry 3f0c9a1b22de
      """)

  @Argument(
    help: ArgumentHelp(
      "Request ids, the first digits of submission keys, or parked files of a watched folder.",
      valueName: "ID|FILE"))
  var runs: [String] = []

  @Flag(help: "Every submission whose last run failed.")
  var failed = false

  @Flag(help: "Every parked file of the watched folders, which the watch takes again.")
  var parked = false

  @Option(
    help: ArgumentHelp("With --failed, only those of a batch; last names the latest.", valueName: "BATCH"))
  var batch: String?

  @OptionGroup(title: "Runs") var submitting: SubmitOptions
  @OptionGroup(title: "How files travel") var placement: PlacementOptions
  @OptionGroup(title: "Uploads") var upload: UploadOptions
  @OptionGroup(title: "Limits of a batch") var budget: BudgetOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup(title: "The archive's store") var store: ArchiveStoreOptions
  @OptionGroup(title: "What is kept") var keeping: KeepingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [failed, parked, !runs.isEmpty].count(where: { $0 }) == 1 else {
      throw ValidationError("give ID or FILE, --failed, or --parked")
    }
    guard failed || batch == nil else { throw ValidationError("--batch goes with --failed") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      if try await ParkedFiles(archive: archive, output: output).takeAgain(runs, all: parked) { return }
      var flags = Recipe()
      // Every bundle names its own; this one only has to be there.
      flags.deployment = "bundle"
      placement.fill(&flags)
      try upload.fill(&flags)
      budget.fill(&flags)
      keeping.fill(&flags)
      try submitting.fill(&flags)
      try store.fill(&flags, archive)
      let settings = flags.overriding(Recipe(environment: { Environment[$0] }))
      var configuration = Pipeline.Configuration(api: try service.configuration())
      settings.configure(&configuration)
      configuration.cancelsOnInterrupt = submitting.cancelsOnInterrupt
      let bundles = try await bundles()
      guard !bundles.isEmpty else { return Terminal.note("nothing failed") }
      let wish = try settings.rerunWish(of: bundles, service, budget)
      try await PipelineSession(
        configuration: configuration, service: service, archive: archive,
        deposit: try settings.deposit(service), output: output
      ).retry(wish)
    }
  }

  /// The bundles that hold the records of what is to be submitted again.
  private func bundles() async throws -> [FilePath] {
    let opened = try await archive.open(for: .reading)
    var entries: [LedgerEntry] = []
    if failed {
      let batch = batch == "last" ? try await opened.latestBatch() : batch.map { BatchID($0) }
      entries = try await opened.entries().filter { entry in
        entry.state == .failed && entry.key != nil && (self.batch == nil || entry.batch == batch)
      }
    } else {
      for text in runs { entries.append(try await opened.entry(named: text)) }
    }
    return try entries.map { entry throws(KeepError) in try bundle(of: entry, in: opened) }
  }

  private func bundle(of entry: LedgerEntry, in archive: Archive) throws(KeepError) -> FilePath {
    let subject = entry.key.map { KeepError.Subject.submission($0) } ?? .none
    guard entry.key != nil, [.failed, .canceled, .empty].contains(entry.state), let kept = entry.kept else {
      throw KeepError(
        .usage, subject,
        "is \(entry.state.word): only what failed, was canceled or came out empty has a record",
        hint: "comfykeep run --retry-failed submits the same files again, comfykeep rerun any bundle")
    }
    let place = try archive.whereabouts(of: kept)
    guard place.isHere else {
      throw KeepError(
        .usage, .path(place.path), "its record is not in the archive's folder",
        hint: "bring the bundle back from where it is kept, or run the same files with --retry-failed")
    }
    return place.path
  }
}
