import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep export`
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the outputs of bundles as plain files.",
    discussion: """
      Files are called STEM.NODE.NUMBER.EXT, after the folder of the bundle. Each is checked on the way; one that is \
      damaged is not written, and the status is 30. Nothing is overwritten, and the same command writes nothing \
      twice.

      EXAMPLES
        comfykeep export run-1b7a759a.zip --to pictures
        comfykeep export ~/comfykeep/2026-11-23 --to pictures --node 136
        comfykeep export ~/comfykeep --to all --inputs --temp --json
      """)

  @Argument(help: ArgumentHelp("Bundles, or folders with bundles in them.", valueName: "BUNDLE"))
  var bundles: [String]

  @Option(
    name: .customLong("to"), help: ArgumentHelp("The folder, made where it is not there.", valueName: "DIR"))
  var folder: String

  @Option(
    name: .customLong("node"),
    help: ArgumentHelp("Only what this node gave or took; repeatable.", valueName: "ID"))
  var nodes: [String] = []

  @Flag(name: .customLong("inputs"), help: "The files that went in, too.")
  var includesInputs = false

  @Flag(name: .customLong("temp"), help: "Temporary outputs too, such as previews.")
  var includesTemporary = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard !bundles.isEmpty else { throw ValidationError("name a BUNDLE") }
    guard !folder.isEmpty else { throw ValidationError("--to names no folder") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let found = try BundleFinder.bundles(at: try PathArgument.paths(bundles))
      let choice = ExportChoice(
        includesInputs: includesInputs, includesTemporary: includesTemporary,
        nodes: Set(nodes.map { NodeID($0) }))
      var reports: [ExportReport] = []
      try BundleExport.export(found, to: FilePath(folder), choice) { report in
        reports.append(report)
        show(report)
      }
      let files = reports.flatMap(\.files)
      let status = reports.exitStatus
      if files.isEmpty, status == 0, !nodes.isEmpty {
        throw KeepError(
          .usage, .option("--node"), "no bundle has anything of node \(nodes.joined(separator: ", "))")
      }
      if !output.quiet { Terminal.note(Self.summary(files, reports)) }
      if status != 0 { throw ExitCode(status) }
    }
  }

  private func show(_ report: ExportReport) {
    for file in report.files {
      Terminal.print(
        output.json
          ? JSONReport.line("exported", Self.members(file, report.bundle)) : Terminal.safe(file.path.string))
    }
    for failure in report.failures {
      Terminal.complain(failure)
      if output.json { Terminal.print(JSONReport.error(failure)) }
    }
    if report.missing > 0 {
      let words = report.missing == 1 ? "1 output is" : "\(report.missing) outputs are"
      Terminal.note(Terminal.safe("\(report.bundle.string): \(words) missing in the bundle itself"))
    }
  }

  private static func summary(_ files: [ExportReport.File], _ reports: [ExportReport]) -> String {
    let written = files.count { !$0.wasThere }
    let before = files.count - written
    let failed = reports.reduce(0) { $0 + $1.failures.count }
    return "\(written) \(written == 1 ? "file" : "files") written"
      + (before > 0 ? ", \(before) there already" : "") + (failed > 0 ? ", \(failed) failed" : "")
  }

  private static func members(_ file: ExportReport.File, _ bundle: FilePath) -> [(String, JSONValue)] {
    [
      ("path", .string(file.path.string)), ("bundle", .string(bundle.string)),
      ("node", .string(file.node.rawValue)), ("input", .optional(file.input?.rawValue)),
      ("bytes", .integer(file.size.bytes)), ("sha256", .string(file.checksum.hexadecimal)),
      ("written", .bool(!file.wasThere)),
    ]
  }
}
