import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep compare`
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Tell which outputs of two bundles differ, by node.",
    discussion: """
      Both bundles are verified first. The exit status is 0 where every output is the same byte for byte, else 3. PNG \
      files that differ only in the words written beside the picture are called the same picture; the bytes differ \
      all the same. What went in is told too, where it differs: deployment, overrides, inputs, workflow.

      EXAMPLE
        comfykeep compare run-1b7a759a.zip run-9c8f55aa.zip
      """)

  @Argument(help: ArgumentHelp("A bundle.", valueName: "A"))
  var first: String

  @Argument(help: ArgumentHelp("Another bundle.", valueName: "B"))
  var second: String

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reporting(json: output.json) {
      let interruption = Interruption()
      let signals = SignalWatch { interruption.raise() }
      defer { signals.stop() }
      let comparison = try await BundleComparison(
        FilePath(first), FilePath(second), interruption: interruption)
      if output.json { Terminal.print(CompareReport.object(comparison)) } else { tell(comparison) }
      if !comparison.isSame { throw ExitCode(KeepError.Code.partial.exitStatus) }
    }
  }

  private func tell(_ comparison: BundleComparison) {
    for output in comparison.outputs where output.likeness != .same || !self.output.quiet {
      Terminal.print(ComparedOutputReport.line(output))
    }
    for difference in comparison.differences { Terminal.print(CompareReport.line(difference)) }
    if !output.quiet { Terminal.note(CompareReport.summary(comparison)) }
  }
}
