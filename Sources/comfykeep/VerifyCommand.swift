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
      Nothing is unpacked and no network is used. The exit status is that of the gravest finding.

      EXAMPLES
        comfykeep verify run-1b7a759a.zip
        comfykeep verify ~/comfykeep/2026-11-23/*/*.zip --json
      """)

  @Argument(help: ArgumentHelp("Bundles.", valueName: "BUNDLE"))
  var bundles: [String]

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reporting(json: output.json) {
      let reports = await Verification.reports(of: bundles.map { FilePath($0) })
      for report in reports {
        if output.json { Terminal.print(JSONReport.verification(report)) } else { show(report) }
      }
      if reports.count > 1, !output.quiet {
        let whole = reports.count { $0.exitStatus == 0 }
        Terminal.note("\(whole) of \(reports.count) bundles are whole")
      }
      let worst = Verification.worst(reports)
      if worst != 0 { throw ExitCode(worst) }
    }
  }

  private func show(_ report: VerificationReport) {
    let path = Terminal.safe(report.path.string)
    let word =
      switch report.exitStatus {
      case 0:
        "ok, \(report.outputs) \(report.outputs == 1 ? "output" : "outputs"), "
          + "sha256 \(report.checksum?.hexadecimal ?? "")"
      case KeepError.Code.partial.exitStatus: "partial, as its manifest says"
      case KeepError.Code.notCanonical.exitStatus: "content whole, container not canonical"
      case KeepError.Code.notABundle.exitStatus: "not a run bundle"
      case KeepError.Code.unsafeBundle.exitStatus: "UNSAFE"
      case KeepError.Code.localIO.exitStatus: "cannot be read"
      default: "DAMAGED"
      }
    if report.exitStatus != 0 || !output.quiet { Terminal.print("\(path): \(word)") }
    for finding in report.findings { Terminal.print(Terminal.safe("  \(finding)")) }
    if let advice = report.advice { Terminal.print(Terminal.safe("  \(advice)")) }
  }
}
