import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep extract`
struct ExtractCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Take the files out of bundles, verified on the way.",
    discussion: """
      A folder named like the bundle appears whole or not at all; nothing is ever overwritten, and nothing lands \
      outside of it, whatever is in the ZIP. A bundle that is unsafe is refused with exit status 5, a damaged one \
      with 30. --salvage takes out of a damaged or cut-off bundle what is whole, and tells what is not; the exit \
      status stays 30.

      EXAMPLES
        comfykeep extract run-1b7a759a.zip
        comfykeep extract 2026-11-23/*/*.zip --to unpacked --outputs
        comfykeep extract cut-off.zip --salvage
      """)

  @Argument(help: ArgumentHelp("Bundles.", valueName: "BUNDLE"))
  var bundles: [String]

  @Option(help: ArgumentHelp("Where the folders are made (default: this folder).", valueName: "DIR"))
  var to: String?

  @Flag(help: "Only what came out: data/outputs.")
  var outputs = false

  @Flag(help: "Only what went in: data/inputs.")
  var inputs = false

  @Flag(help: "Take out of a damaged bundle what is whole.")
  var salvage = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard to?.isEmpty != true else { throw ValidationError("--to names no folder") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let extraction = Extraction(
        payload: (outputs ? ["outputs"] : []) + (inputs ? ["inputs"] : []), isSalvage: salvage)
      let paths = try PathArgument.paths(bundles)
      let interruption = Interruption()
      let signals = SignalWatch { interruption.raise() }
      defer { signals.stop() }
      let folder = FilePath(to ?? ".")
      try extraction.clear(folder)
      var statuses: Set<Int32> = []
      for path in paths {
        do throws(KeepError) {
          let report = try extraction.extract(path, into: folder, interruption: interruption)
          tell(report)
          statuses.insert(Self.status(of: report))
        } catch {
          guard error.code != .interrupted else { throw error }
          Terminal.complain(error)
          if output.json { Terminal.print(Self.object(path, nil, error)) }
          statuses.insert(error.code.exitStatus)
        }
      }
      if let status = VerificationReport.gravest(statuses), status != 0 { throw ExitCode(status) }
    }
  }

  private static func status(of report: ExtractionReport) -> Int32 {
    report.isWhole ? 0 : KeepError.Code.fixity.exitStatus
  }

  private func tell(_ report: ExtractionReport) {
    if output.json { return Terminal.print(Self.object(report.bundle, report)) }
    for loss in report.losses {
      Terminal.note(Terminal.safe("\(report.bundle.string): \(loss.path) \(loss.reason)"))
    }
    if report.isWithoutDirectory {
      Terminal.note(
        Terminal.safe("\(report.bundle.string): its directory is lost, files were looked for without it"))
    }
    if report.unlisted > 0 {
      Terminal.note(
        Terminal.safe(
          "\(report.bundle.string): \(report.unlisted) files were held against their CRC-32 alone"))
    }
    guard let folder = report.folder else {
      return Terminal.note(Terminal.safe("\(report.bundle.string): nothing of it is whole"))
    }
    guard !output.quiet else { return }
    let files = report.files == 1 ? "1 file" : "\(report.files) files"
    let lost = report.losses.isEmpty ? "" : ", \(report.losses.count) lost"
    Terminal.print(Terminal.safe("\(folder.string): \(files), \(report.size)\(lost)"))
  }

  /// `{"type":"extraction", …}`, of what was taken out of a bundle or of why nothing was.
  private static func object(
    _ bundle: FilePath, _ report: ExtractionReport?, _ error: KeepError? = nil
  ) -> String {
    let status = error?.code.exitStatus ?? report.map(Self.status) ?? 0
    let losses: [JSONValue] = (report?.losses ?? []).map {
      ["path": .string($0.path), "reason": .string($0.reason)]
    }
    return JSONReport.line(
      "extraction",
      [
        ("bundle", .string(bundle.string)), ("status", .integer(status)),
        ("folder", .optional(report?.folder?.string)), ("files", .integer(report?.files ?? 0)),
        ("bytes", .integer(report?.size.bytes ?? 0)), ("whole", .bool(report?.isWhole ?? false)),
        ("directory_lost", .bool(report?.isWithoutDirectory ?? false)),
        ("crc_only", .integer(report?.unlisted ?? 0)), ("lost", .array(losses)),
        ("error", error.map(JSONReport.value) ?? .null),
      ])
  }
}
