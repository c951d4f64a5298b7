import ArgumentParser
import Glibc
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep catalog`
struct CatalogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog",
    abstract: "Make pages and a table of everything in the archive, to look at and to hand on.",
    discussion: """
      Writes index.html, catalog/ and catalog.csv into the archive: all bundles by day, with thumbnails, prompts, \
      seeds and a link to each. They open from disk, without network. The bundles alone count, not the ledger; what \
      they hold is not verified. Only bundles that are new are read. The exit status is 3 when a file cannot be read \
      as a bundle, which is listed at the end of index.html.

      EXAMPLES
        comfykeep catalog
        comfykeep catalog --archive /mnt/keep --json
      """)

  @Option(help: ArgumentHelp(RecipeKey.help("archive"), valueName: "DIR"))
  var archive: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard archive?.isEmpty != true else { throw ValidationError("--archive names no folder") }
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let root =
        archive.map { FilePath($0) } ?? Environment.path("COMFYKEEP_ARCHIVE")
        ?? Environment.home.appending("comfykeep")
      let isLive = !output.quiet && Terminal.isInteractive
      let report = try await Catalog(of: root).make { done, count in
        if isLive { CatalogText.redraw("\(done) of \(count) bundles read", isLast: done == count) }
      }
      for problem in report.unreadable { Terminal.complain(problem.error) }
      if output.json { Terminal.print(CatalogText.json(report)) } else { CatalogText.show(report, output) }
      if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
    }
  }
}

/// How a catalogue's report is told.
private enum CatalogText {
  static func show(_ report: CatalogReport, _ options: OutputOptions) {
    Terminal.print(Terminal.safe(report.index.string))
    guard !options.quiet else { return }
    let states = report.states.filter { $0.count > 0 }.map { "\($0.count) \($0.state)" }.joined(
      separator: ", ")
    Terminal.note("\(count(report.bundles, "bundle"))\(states.isEmpty ? "" : " (\(states))"), \(report.size)")
    Terminal.note(
      "\(report.read) read anew, \(report.written) of \(count(report.pages, "page")) written; nothing was verified"
    )
    if !report.unreadable.isEmpty {
      Terminal.note("\(report.unreadable.count) cannot be read, and listed at the end of the page")
    }
  }

  /// A line on the terminal that is drawn over the last one, and goes with the last.
  static func redraw(_ line: String, isLast: Bool) {
    Terminal.write("\r\u{1B}[K\(isLast ? "" : "comfykeep: \(line)")", STDERR_FILENO)
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// `{"type":"catalog", …}`.
  static func json(_ report: CatalogReport) -> String {
    JSONReport.line(
      "catalog",
      [
        ("index", .string(report.index.string)), ("table", .string(report.table.string)),
        ("bundles", .integer(report.bundles)), ("read", .integer(report.read)),
        ("pages", .integer(report.pages)), ("pages_written", .integer(report.written)),
        ("outputs", .integer(report.outputs)), ("bytes", .integer(report.size.bytes)),
        (
          "states", .object(JSONObject(report.states.map { .init(key: $0.state, value: .integer($0.count)) }))
        ),
        (
          "unreadable",
          .array(
            report.unreadable.map { problem in
              ["path": .string(problem.path.string), "reason": .string(problem.error.reason)]
            })
        ),
      ])
  }
}
