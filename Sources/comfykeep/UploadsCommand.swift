import ArgumentParser
import KeepHTTP
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep uploads`
struct UploadsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uploads", abstract: "What lies at upload targets, and taking it away.",
    discussion: """
      Files that are too large to travel inside a request are uploaded first. The ledger knows each of them, where it \
      lies, and when its URL dies.
      """,
    subcommands: [UploadsListCommand.self, UploadsPruneCommand.self])
}

/// `comfykeep uploads list`
struct UploadsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what was uploaded and not removed since.")

  @OptionGroup(title: "The archive") var archive: ArchiveOptions

  @Flag(help: "Also what was removed.")
  var all = false

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let uploads = try await archive.open(for: .reading).uploads().filter { all || $0.removedAt == nil }
      for upload in uploads { Terminal.print(json ? JSONReport.upload(upload) : Terminal.safe(row(upload))) }
      guard !json else { return }
      let size = ByteCount(uploads.reduce(0) { $0 + ($1.removedAt == nil ? $1.size.bytes : 0) })
      let needed = uploads.count(where: \.isNeeded)
      Terminal.note(
        uploads.isEmpty ? "nothing is uploaded" : "\(Self.count(uploads.count)), \(size), \(needed) needed")
    }
  }

  static func count(_ count: Int) -> String { count == 1 ? "1 upload" : "\(count) uploads" }

  private func row(_ upload: UploadRecord) -> String {
    let end =
      if let removed = upload.removedAt { "removed \(removed.day)" } else if let end = upload.expiresAt {
        "URL until \(end.minute)"
      } else {
        "URL stays"
      }
    let need = upload.isNeeded ? ", needed" : ""
    return
      "\(upload.uploadedAt.day)  \(upload.size)  \(upload.mediaType)  \(end)\(need)  \(upload.target)  \(upload.name)"
  }
}

/// `comfykeep uploads prune`
struct UploadsPruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Remove from the upload target what no run needs any more.",
    discussion: """
      Only what the ledger knows as uploaded by comfykeep is removed, and never what a run that is under way or in \
      doubt may still need. Other commands may work in the same archive meanwhile. The target is named as for run, by \
      --upload or --recipe.

      EXAMPLE
        comfykeep uploads prune --recipe recipe.yaml --unused-for 7d
      """)

  @Option(
    name: .customLong("recipe"),
    help: ArgumentHelp("A recipe that names the upload target.", valueName: "FILE"))
  var recipeFile: String?

  @Option(
    name: .customLong("unused-for"),
    help: ArgumentHelp("Only what no run used for so long.", valueName: "TIME"), transform: TimeSpan.reading)
  var unused: TimeSpan = TimeSpan(.seconds(86_400))

  @Flag(name: .customLong("dry-run"), help: "Only say what would be removed.")
  var isDry = false

  @OptionGroup(title: "Uploads") var upload: UploadOptions
  @OptionGroup(title: "The service") var service: ServiceOptions
  @OptionGroup(title: "The archive") var archive: ArchiveOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      var flags = Recipe()
      try upload.fill(&flags)
      let file = try recipeFile.map { try RecipeFile.read(FilePath($0), home: Environment.home) } ?? Recipe()
      let recipe = flags.overriding(file)
      guard let target = try recipe.upload.target(environment: { Environment[$0] }) else {
        throw KeepError(
          .usage, .option("--upload"), "names no upload target", hint: "name it as for run, or with --recipe")
      }
      let service = service.filled(from: file)
      if let origin = target.plainOrigin, !service.allowsHTTP {
        throw KeepError(
          .usage, .option("--upload"), "a login would travel unencrypted to \(origin)",
          hint: "use https, or --allow-http if you mean it")
      }
      let pruner = try UploadPruner(
        target: target, transport: service.transport(), clock: ContinuousClock(), now: SystemTime.now,
        allowsLocal: service.reachesLocalURLs)
      let moment = Timestamp(
        milliseconds: SystemTime.now().milliseconds - unused.duration.components.seconds * 1000)
      let open = try await archive.filled(from: file).open(for: isDry ? .reading : .keeping)
      let candidates = pruner.candidates(among: try await open.uploads(), unusedSince: moment)
      guard !isDry else {
        for candidate in candidates { tell(candidate, "would be removed", nil) }
        if !json { Terminal.note(summary(candidates, of: candidates)) }
        return
      }
      let outcomes = try await pruner.remove(candidates, unusedSince: moment, from: open)
      for outcome in outcomes { tell(outcome) }
      if !json { Terminal.note(summary(outcomes.filter(\.isRemoved).map(\.upload), of: candidates)) }
      try end(outcomes)
    }
  }

  private func tell(_ outcome: UploadPruner.Outcome) {
    if outcome.isUsed, !json {
      return Terminal.note(Terminal.safe("\(outcome.upload.name): stays: a run has come to use it"))
    }
    tell(outcome.upload, outcome.isRemoved ? "removed" : "stays", outcome.error)
  }

  private func end(_ outcomes: [UploadPruner.Outcome]) throws {
    let errors = outcomes.compactMap(\.error)
    guard let first = errors.first else { return }
    throw ExitCode(errors.count == outcomes.count ? first.code.exitStatus : KeepError.Code.partial.exitStatus)
  }

  private func tell(_ upload: UploadRecord, _ word: String, _ error: KeepError?) {
    if json { return Terminal.print(JSONReport.upload(upload, word: word, error: error)) }
    guard let error else { return Terminal.print(Terminal.safe("\(upload.name): \(word), \(upload.size)")) }
    Terminal.note(Terminal.safe("\(upload.name): \(word): \(error.reason)"))
  }

  private func summary(_ uploads: [UploadRecord], of candidates: [UploadRecord]) -> String {
    let size = ByteCount(uploads.reduce(0) { $0 + $1.size.bytes })
    return uploads.isEmpty
      ? candidates.isEmpty ? "nothing to remove" : "nothing removed"
      : "\(UploadsListCommand.count(uploads.count)), \(size)\(isDry ? ", nothing removed" : "")"
  }
}
