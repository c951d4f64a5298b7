import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep repack`
struct RepackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repack",
    abstract: "Make the canonical file of a bundle again, from a ZIP made anew or from its folder.",
    discussion: """
      The files are put into the one order and spelling that a bundle has, and the result is verified. It has the \
      original's SHA-256, where that is known: from --sha256, from the ledger of --archive, or from the .sha256 file \
      beside the source. Where a file is missing, altered or too many nothing is written, and the exit status is 30.

      EXAMPLES
        comfykeep repack run-1b7a759a.zip --to canonical
        comfykeep repack run-1b7a759a/ --archive ~/comfykeep
      """)

  @Argument(
    help: ArgumentHelp("ZIP files, and folders that bundles were unpacked into.", valueName: "FILE|FOLDER"))
  var sources: [String]

  @Option(help: ArgumentHelp("Where the bundles are written (default: this folder).", valueName: "DIR"))
  var to: String?

  @Option(help: ArgumentHelp("SHA-256 of the original.", valueName: "HEX"))
  var sha256: String?

  @OptionGroup var archive: ArchiveOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard to?.isEmpty != true else { throw ValidationError("--to names no folder") }
    guard let sha256 else { return }
    guard Checksum(hexadecimal: sha256.lowercased()) != nil else {
      throw ValidationError("--sha256 takes 64 hexadecimal digits")
    }
    guard sources.count == 1 else { throw ValidationError("--sha256 is of one original; name one source") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let knowsLedger = !archive.places.isEmpty || archive.ledger != nil
      let repacking = Repacking(
        originals: knowsLedger ? try await archive.open(for: .reading).originals() : [:],
        given: sha256.flatMap { Checksum(hexadecimal: $0.lowercased()) })
      let interruption = Interruption()
      let signals = SignalWatch { interruption.raise() }
      defer { signals.stop() }
      let paths = try PathArgument.paths(sources)
      let folder = FilePath(to ?? ".")
      try repacking.clear(folder)
      var statuses: Set<Int32> = []
      for path in paths {
        do throws(KeepError) {
          let report = try repacking.repack(path, into: folder, interruption: interruption)
          if output.json { Terminal.print(Self.object(path, report)) } else { tell(report) }
          statuses.insert(report.exitStatus)
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

  private func tell(_ report: RepackReport) {
    let source = Terminal.safe(report.source.string)
    guard let bundle = report.bundle else {
      Terminal.print("\(source): the original cannot be made of it")
      for finding in report.findings { Terminal.print(Terminal.safe("  \(finding)")) }
      if let checksum = report.checksum, let original = report.original {
        Terminal.print(
          "  its SHA-256 would be \(checksum), and that of the original (\(Self.words(original.origin))) is "
            + "\(original.checksum)")
      }
      return
    }
    guard !output.quiet else { return }
    let origin =
      report.original.map { "the original byte for byte (\(Self.words($0.origin)))" }
      ?? "canonical; no checksum of the original is known"
    Terminal.print(
      "\(Terminal.safe(bundle.string)): \(report.wasThere ? "was there, " : "")\(origin), sha256 "
        + "\(report.checksum?.hexadecimal ?? "")")
  }

  private static func words(_ origin: RepackReport.Origin) -> String {
    switch origin {
    case .given: "as given by --sha256"
    case .sidecar: "as its .sha256 file says"
    case .ledger: "as the ledger says"
    }
  }

  /// `{"type":"repack", …}`, of what was made of a source or of why nothing was.
  private static func object(
    _ source: FilePath, _ report: RepackReport?, _ error: KeepError? = nil
  ) -> String {
    JSONReport.line(
      "repack",
      [
        ("source", .string(source.string)),
        ("status", .integer(error?.code.exitStatus ?? report?.exitStatus ?? 0)),
        ("bundle", .optional(report?.bundle?.string)),
        ("bundle_sha256", .optional(report?.checksum?.hexadecimal)),
        ("original_sha256", .optional(report?.original?.checksum.hexadecimal)),
        ("original_from", .optional(report?.original?.origin.rawValue)),
        ("is_original", report?.original.map { .bool($0.checksum == report?.checksum) } ?? .null),
        ("was_there", .bool(report?.wasThere ?? false)),
        ("findings", .array((report?.findings ?? []).map(JSONReport.value))),
        ("error", error.map(JSONReport.value) ?? .null),
      ])
  }
}
