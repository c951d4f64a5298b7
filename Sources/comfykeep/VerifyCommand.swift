import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep verify`
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check bundles byte by byte: container, bag, manifest, crate.",
    discussion: """
      Nothing is unpacked and no network is used. A folder means every ZIP in it and below. All cores are used; \
      each bundle's line comes as soon as it and those before it are done. The exit status is that of the gravest \
      finding. With --fast nothing counts as verified: the exit status is 3 where nothing is wrong.

      EXAMPLES
        comfykeep verify run-1b7a759a.zip
        comfykeep verify ~/comfykeep
        comfykeep verify ~/comfykeep --fast --json
        comfykeep verify --against-ledger
      """)

  @Argument(
    help: ArgumentHelp("Bundles, and folders that hold some; - for a list.", valueName: "BUNDLE|FOLDER"))
  var bundles: [String] = []

  @Flag(help: "Do not hash the payload: only container, sizes and documents are checked.")
  var fast = false

  @Flag(help: "Check every bundle that the ledger says is kept, and tell those that it does not know.")
  var againstLedger = false

  @OptionGroup var archive: ArchiveOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard againstLedger else {
      if !archive.places.isEmpty || archive.ledger != nil {
        throw ValidationError("--archive and --ledger are for --against-ledger; name a folder to check it")
      }
      if bundles.isEmpty { throw ValidationError("name bundles or folders, or use --against-ledger") }
      return
    }
    if !bundles.isEmpty {
      throw ValidationError(
        "--against-ledger checks what the ledger names; choose the archive with --archive")
    }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let (items, holdings) = try await items()
      let tally = try await check(items)
      tell(tally, holdings)
      if tally.exitStatus != 0 { throw ExitCode(tally.exitStatus) }
    }
  }

  /// What is to be checked, and what the ledger says is kept; `nil` where it is not asked.
  private func items() async throws -> ([Verification.Item], Archive.Holdings?) {
    guard againstLedger else {
      let found = try BundleFinder.bundles(at: try PathArgument.paths(bundles))
      return (found.map { Verification.Item(path: $0) }, nil)
    }
    let holdings = try await archive.open(for: .reading).holdings()
    return (holdings.kept, holdings)
  }

  private func check(_ items: [Verification.Item]) async throws -> VerificationTally {
    let isShown = !output.quiet && items.count > 1
    let progress = VerifyProgress(
      style: !isShown ? .quiet : Terminal.isInteractive ? .live : .lines, bundles: items.count,
      bytes: isShown ? Verification.size(of: items) : 0)
    let interruption = Interruption()
    let signals = SignalWatch { interruption.raise() }
    defer { signals.stop() }
    var tally = VerificationTally()
    do {
      try await Verification.run(
        items, isFast: fast, interruption: interruption, watch: { progress.add($0) }
      ) { report in
        tally.add(report)
        progress.result(
          output.json ? [VerifyReport.object(report)] : VerifyReport.lines(report, isQuiet: output.quiet))
      }
    } catch {
      progress.finish()
      throw KeepError(
        .interrupted, .none,
        "stopped: \(tally.bundles) of \(items.count) bundles were checked"
          + (!tally.hasFault ? "" : ", and not all of them are whole"))
    }
    progress.finish()
    return tally
  }

  private func tell(_ tally: VerificationTally, _ holdings: Archive.Holdings?) {
    let (unknown, stored) = (holdings?.unknown ?? [], holdings?.stored ?? [])
    if output.json {
      for path in unknown { Terminal.print(VerifyReport.unknown(path)) }
      for bundle in stored { Terminal.print(VerifyReport.stored(bundle)) }
      return Terminal.print(VerifyReport.object(tally, holdings, isFast: fast))
    }
    guard !output.quiet else { return }
    for path in unknown { Terminal.note("\(Terminal.safe(path.string)): the ledger does not know it") }
    for bundle in stored {
      Terminal.note("\(Terminal.safe(bundle.place)): kept in the store alone, and not checked here")
    }
    if tally.bundles != 1 || holdings != nil { Terminal.note(VerifyReport.summary(tally)) }
  }
}
