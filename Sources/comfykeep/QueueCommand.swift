import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep queue`
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "Show the files of watched folders: what waits, runs, is parked or was skipped, and why.",
    discussion: """
      Without --state it shows what is not over: waiting, running, parked and in doubt. It needs no running watch.

      EXAMPLES
        comfykeep queue
        comfykeep queue --state skipped
        comfykeep queue --state all --json
      """)

  @Option(
    help: ArgumentHelp(
      "waiting, running, done, failed (or parked), skipped, in_doubt, gone or all.", valueName: "STATE"),
    transform: { $0 == "parked" ? Arrival.State.failed.rawValue : $0 })
  var state: String?

  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let state, state != "all", Arrival.State(rawValue: state) == nil {
      let words = Arrival.State.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--state is one of \(words), all")
    }
  }

  private var states: [Arrival.State] {
    guard let state else { return [.waiting, .running, .failed, .inDoubt] }
    return Arrival.State(rawValue: state).map { [$0] } ?? Arrival.State.allCases
  }

  func run() async throws {
    try await reporting(json: output.json) {
      let opened = try await archive.open(for: .reading)
      let pause = try await opened.watchPause()
      let counts = try await opened.arrivalCounts()
      for arrival in try await opened.arrivals(states).reversed() {
        Terminal.print(output.json ? JSONReport.arrival(arrival) : Self.row(arrival))
      }
      if output.json {
        Terminal.print(
          JSONReport.line(
            "queue",
            Arrival.State.allCases.map { ($0.rawValue, .integer(counts[$0, default: 0])) } + [
              ("paused", .bool(pause != nil)), ("pause_reason", .optional(pause?.reason)),
            ]))
      } else {
        let words = Arrival.State.allCases.compactMap { state in
          counts[state].map { "\($0) \(Self.word(state))" }
        }
        Terminal.note(
          words.isEmpty ? "no file has come into a watched folder" : words.joined(separator: ", "))
        if let pause {
          Terminal.note(
            "paused since \(pause.since.minute)\(pause.reason.map { ": \(Terminal.safe($0))" } ?? "")")
        }
      }
    }
  }

  private static func word(_ state: Arrival.State) -> String {
    state == .failed ? "parked" : state.rawValue.replacing("_", with: " ")
  }

  private static func row(_ arrival: Arrival) -> String {
    let word = word(arrival.state)
    let padding = String(repeating: " ", count: max(0, 8 - word.count))
    let reason = arrival.reason.map { ": \($0)" } ?? ""
    return Terminal.safe("\(word)\(padding)  \(arrival.changedAt.minute)  \(arrival.place.string)\(reason)")
  }
}
