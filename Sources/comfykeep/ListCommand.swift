import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep list`
struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List every submission that the ledger knows.",
    discussion: """
      EXAMPLE
        comfykeep list --state in_doubt
      """)

  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp(
      "Only those in a state, such as archived, submitted, in_doubt, failed.", valueName: "STATE"))
  var state: String?

  func validate() throws {
    if let state, !SubmissionState.allCases.contains(where: { $0.word == state }) {
      let all = SubmissionState.allCases.map(\.word).joined(separator: ", ")
      throw ValidationError("--state is one of \(all)")
    }
  }

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let opened = try await archive.open(for: .reading)
      let entries = try await opened.entries().filter { state == nil || $0.state.word == state }
      for entry in entries {
        let bundle = try entry.kept.map { kept throws(KeepError) in try opened.whereabouts(of: kept) }
        Terminal.print(json ? JSONReport.entry(entry, bundle) : row(entry, bundle))
      }
      if !json { Terminal.note(summary(entries)) }
    }
  }

  private func row(_ entry: LedgerEntry, _ bundle: BundleWhereabouts?) -> String {
    let key = entry.key.map { String($0.rawValue.prefix(12)) } ?? "adopted     "
    let name = entry.inputs.first?.lastComponent?.string ?? "-"
    let place = bundle?.words ?? entry.request?.rawValue ?? ""
    let state = entry.state.word + String(repeating: " ", count: max(0, 10 - entry.state.word.count))
    return Terminal.safe("\(key)  \(state)  \(entry.createdAt.day)  \(name)  \(place)")
  }

  private func summary(_ entries: [LedgerEntry]) -> String {
    let counts = SubmissionState.allCases.compactMap { state in
      let count = entries.count { $0.state == state }
      return count > 0 ? "\(count) \(state.word)" : nil
    }
    return counts.isEmpty ? "nothing yet" : counts.joined(separator: ", ")
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
