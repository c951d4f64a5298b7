import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep ledger`
struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Check, copy, export or rebuild the ledger.",
    discussion: """
      The ledger is the database of every submission, in the archive's folder: the truth about what was paid for.
      """,
    subcommands: [
      LedgerCheckCommand.self, LedgerBackupCommand.self, LedgerExportCommand.self, LedgerRebuildCommand.self,
    ])
}

/// `comfykeep ledger check`
struct LedgerCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look through the whole ledger, and for every bundle that it says is kept.",
    discussion: """
      Every page, every reference, every guard against every row, what happened against where each submission stands; \
      and whether each bundle is there with the size that its receipt tells. Nothing is changed. The status is 0 where \
      all is well, else 40.

      EXAMPLE
        comfykeep ledger check --full
      """)

  @Flag(help: "Also make the SHA-256 of every bundle again.")
  var full = false

  @OptionGroup(title: "The archive") var archive: ArchiveOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let opened = try await archive.open(for: .reading)
      let entries = try await opened.entries()
      let findings = try await opened.checkLedger(isFull: full)
      for finding in findings {
        Terminal.print(json ? LedgerReport.finding(finding) : LedgerReport.line(finding))
      }
      let kept = entries.count { $0.kept != nil }
      if json {
        Terminal.print(LedgerReport.check(findings, entries: entries.count, kept: kept, isFull: full))
      } else {
        Terminal.note(LedgerReport.summary(findings, entries: entries.count, kept: kept))
      }
      if !findings.isEmpty { throw ExitCode(KeepError.Code.ledgerUnusable.exitStatus) }
    }
  }
}

/// `comfykeep ledger backup`
struct LedgerBackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy the ledger into a new file, also while others write to it.",
    discussion: """
      The copy is the ledger as it is at one moment, in one file for its owner alone. It is checked and synced before it \
      gets its name, and never takes the place of another file. To put it back: move ledger.sqlite, its -wal and its \
      -shm away, and copy it there.

      EXAMPLE
        comfykeep ledger backup /backups/ledger-$(date +%F).sqlite
      """)

  @Argument(help: ArgumentHelp("The new file.", valueName: "FILE"))
  var file: String

  @OptionGroup(title: "The archive") var archive: ArchiveOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  func validate() throws {
    guard !file.isEmpty else { throw ValidationError("name the new FILE") }
  }

  func run() async throws {
    try await reporting(json: json) {
      let target = FilePath(file)
      let size = try await archive.open(for: .reading).backUpLedger(to: target)
      if json {
        Terminal.print(
          JSONReport.line(
            "ledger_backup", [("path", .string(target.string)), ("bytes", .integer(size.bytes))]))
      } else {
        Terminal.print(Terminal.safe(target.string))
        Terminal.note("\(size), checked")
      }
    }
  }
}

/// `comfykeep ledger export`
struct LedgerExportCommand: AsyncParsableCommand {
  /// How it is written.
  enum Format: String, ExpressibleByArgument, CaseIterable { case json, csv }

  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write everything that the ledger knows to standard output.",
    discussion: """
      Each submission with its assets, each request, output, bundle in a store, upload and event, one JSON object a \
      line, or one line of a table. The same ledger gives the same text. Addresses have no query, since that may give \
      access; texts that a spreadsheet would take for a formula have a ' in front in the table.

      EXAMPLES
        comfykeep ledger export > ledger.jsonl
        comfykeep ledger export --format csv > ledger.csv
      """)

  @Option(help: ArgumentHelp("json or csv.", valueName: "FORMAT"))
  var format = Format.json

  @OptionGroup(title: "The archive") var archive: ArchiveOptions

  @Flag(help: "The same as --format json.")
  var json = false

  func validate() throws {
    guard !(json && format == .csv) else {
      throw ValidationError("--json and --format csv exclude each other")
    }
  }

  func run() async throws {
    try await reporting(json: json) {
      let opened = try await archive.open(for: .reading)
      let isTable = format == .csv
      if isTable { Terminal.write(raw: CSVLine.header) }
      try await opened.exportLedger { object in
        if isTable {
          Terminal.write(raw: CSVLine.line(object))
        } else {
          Terminal.print(String(decoding: CanonicalJSON.compact(.object(object)), as: UTF8.self))
        }
      }
    }
  }
}

/// `comfykeep ledger rebuild`
struct LedgerRebuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Make the ledger anew where it is damaged, empty or gone.",
    discussion: """
      From the bundles and receipts in the archive's folder, and from what can still be read of the damaged ledger: above \
      all the requests that are not kept yet, and submissions in doubt. Whatever was being sent is in doubt afterwards. \
      Nothing is sent, and nothing is removed: the damaged ledger stays beside it as ledger.sqlite.damaged-TIME. \
      What could not be told is listed. Where nothing at all can be read of a ledger that has bytes, nothing is made, and \
      the status is 40. It needs the archive for itself.

      EXAMPLE
        comfykeep ledger rebuild --archive ~/comfykeep
      """)

  @Flag(help: "Also where the ledger is whole, or nothing at all can be read of it.")
  var anyway = false

  @OptionGroup(title: "The archive") var archive: ArchiveOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let rebuilding = LedgerRebuilding(
        of: archive.root, ledger: archive.ledger.map { FilePath($0) }, now: SystemTime.now)
      let outcome = try await rebuilding.run(isForced: anyway)
      if json { return Terminal.print(LedgerReport.rebuilt(outcome)) }
      for note in outcome.report.notes { Terminal.note(Terminal.safe(note)) }
      Terminal.print(Terminal.safe(outcome.ledger.string))
      Terminal.note(Terminal.safe(LedgerReport.summary(outcome)))
    }
  }
}
