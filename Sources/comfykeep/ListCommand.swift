import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep list`
struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List every submission that the ledger knows.",
    discussion: """
      With --due, only what the service deletes within that time and nobody has kept, the nearest deadline first; the \
      status is then 23 where there is any, 31 where the time of one is over, else 0.

      EXAMPLES
        comfykeep list --state in_doubt
        comfykeep list --due 48h
      """)

  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp(
      "Only those in a state, such as archived, submitted, in_doubt, failed.", valueName: "STATE"))
  var state: String?

  @Option(help: ArgumentHelp("Only those of a batch; last names the latest.", valueName: "BATCH"))
  var batch: String?

  @Option(
    help: ArgumentHelp(
      "Only what is not kept and is deleted within this time, such as 48h.", valueName: "TIME"),
    transform: TimeSpan.reading)
  var due: TimeSpan?

  @Option(
    help: ArgumentHelp(RecipeKey.help("retention"), valueName: "TIME"), transform: TimeSpan.reading)
  var retention: TimeSpan?

  func validate() throws {
    if let state, !SubmissionState.allCases.contains(where: { $0.word == state }) {
      let all = SubmissionState.allCases.map(\.word).joined(separator: ", ")
      throw ValidationError("--state is one of \(all)")
    }
    guard due == nil || state == nil && batch == nil else {
      throw ValidationError("--due goes with neither --state nor --batch")
    }
    guard retention == nil || due != nil else { throw ValidationError("--retention goes with --due") }
  }

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let opened = try await archive.open(for: .reading)
      if let due {
        return try await DueReport(
          archive: opened,
          retention: retention?.duration ?? Recipe.standard.retention ?? .seconds(7 * 86_400),
          json: json
        ).show(within: due.duration)
      }
      let wanted = batch == "last" ? try await opened.latestBatch() : batch.map { BatchID($0) }
      let entries = try await opened.entries().filter { entry in
        (state == nil || entry.state.word == state) && (batch == nil || entry.batch == wanted)
      }
      for entry in entries {
        let bundle = try entry.kept.map { kept throws(KeepError) in try opened.whereabouts(of: kept) }
        Terminal.print(json ? JSONReport.entry(entry, bundle) : EntryText.row(entry, bundle))
      }
      if !json { Terminal.note(summary(entries)) }
    }
  }

  private func summary(_ entries: [LedgerEntry]) -> String {
    let counts = SubmissionState.allCases.compactMap { state in
      let count = entries.count { $0.state == state }
      return count > 0 ? "\(count) \(state.word)" : nil
    }
    return counts.isEmpty ? "nothing yet" : counts.joined(separator: ", ")
  }
}

/// A row of the ledger in words.
enum EntryText {
  static func row(_ entry: LedgerEntry, _ bundle: BundleWhereabouts?) -> String {
    let key = entry.key.map { String($0.rawValue.prefix(12)) } ?? "adopted     "
    let name = entry.inputs.first?.lastComponent?.string ?? "-"
    let place = bundle?.words ?? entry.request?.rawValue ?? ""
    let state = entry.state.word + String(repeating: " ", count: max(0, 10 - entry.state.word.count))
    return Terminal.safe("\(key)  \(state)  \(entry.createdAt.day)  \(name)  \(place)")
  }
}

extension BundleWhereabouts {
  /// Where it is, for people: in the folder, in a store, or both.
  fileprivate var words: String {
    let here = isHere || isLost ? [path.string] : []
    let waiting = waiting.isEmpty ? [] : ["waits for the store"]
    return (here + stored.map(\.place) + waiting).joined(separator: ", ")
  }
}
