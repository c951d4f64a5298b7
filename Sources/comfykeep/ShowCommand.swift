import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep show`
struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Tell the whole story of one submission or request.",
    discussion: """
      EXAMPLE
        comfykeep show 3f0c9a1b22de
      """)

  @Argument(help: ArgumentHelp("A request id, or the first digits of a submission key.", valueName: "ID"))
  var id: String

  @OptionGroup var archive: ArchiveOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let opened = try await archive.open(for: .reading)
      let entry = try await opened.entry(named: id)
      let events = try await opened.events(of: entry)
      let values = try await opened.values(of: entry)
      let failures = try await opened.failures(of: entry)
      let bundle = try entry.kept.map { kept throws(KeepError) in try opened.whereabouts(of: kept) }
      if json {
        Terminal.print(JSONReport.entry(entry, bundle))
        for failure in failures { Terminal.print(JSONReport.failure(failure)) }
        for (input, value) in values { Terminal.print(JSONReport.value(value, of: input)) }
        for event in events { Terminal.print(JSONReport.event(event)) }
      } else {
        let set = values.map { input, value in
          "set           \(input): \(String(decoding: CanonicalJSON.compact(value), as: UTF8.self))"
        }
        let errors = failures.flatMap(lines)
        for line in facts(entry, bundle) + errors + set + events.map(line) {
          Terminal.print(Terminal.safe(line))
        }
      }
    }
  }

  private func facts(_ entry: LedgerEntry, _ bundle: BundleWhereabouts?) -> [String] {
    let facts: [(String, String?)] = [
      ("submission", entry.key?.rawValue), ("deployment", entry.deployment.rawValue),
      ("request", entry.request?.rawValue), ("state", entry.state.word),
      ("reason", entry.reason), ("service says", entry.word),
      ("inputs", entry.inputs.isEmpty ? nil : entry.inputs.map(\.string).joined(separator: ", ")),
      ("finished", entry.finishedAt?.description),
      ("bundle", bundle.flatMap { $0.isHere || $0.isLost ? $0.path.string : nil }),
      ("in the store", bundle?.stored.first?.place),
      ("waits for", bundle?.waiting.first.map { "\($0.place)\($0.reason.map { ": \($0)" } ?? "")" }),
      ("sha256", entry.kept?.checksum.hexadecimal),
      ("outputs", entry.kept.map { String($0.outputs) }),
    ]
    return facts.compactMap { name, value in
      value.map { name + String(repeating: " ", count: 14 - name.count) + $0 }
    }
  }

  /// An error of the service's, in full: its code, what it says, and every line of its details.
  private func lines(_ failure: RunFailure) -> [String] {
    let code = failure.code.map { " (\($0))" } ?? ""
    let details = (failure.details ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    return ["error         \(failure.message)\(code)"]
      + (failure.details == nil ? [] : details.map { "              \($0)" })
  }

  private func line(_ event: LedgerEvent) -> String {
    "\(event.at)  \(event.name)\(event.detail.map { ": \($0)" } ?? "")"
  }
}
