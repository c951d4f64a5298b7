import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep pause`
struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Keep the watches of an archive from submitting.",
    discussion: """
      They go on collecting files and keeping what runs. It holds, over restarts too, until comfykeep resume.

      EXAMPLES
        comfykeep pause 'the budget is spent'
      """)

  @Argument(help: ArgumentHelp("Why, for whoever looks.", valueName: "REASON"))
  var reason: String?

  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reporting(json: output.json) {
      // A mistyped folder is no archive that is paused now.
      _ = try await archive.open(for: .reading)
      try await archive.open(for: .keeping).pauseWatches(reason: reason)
      if output.json {
        Terminal.print(JSONReport.line("pause", [("paused", .bool(true)), ("reason", .optional(reason))]))
      }
      Terminal.note("watches of \(archive.root.string) submit nothing until: comfykeep resume")
    }
  }
}

/// `comfykeep resume`
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Let the watches of an archive submit again.",
    discussion: """
      EXAMPLES
        comfykeep resume
      """)

  @OptionGroup(title: "The archive") var archive: ArchiveOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reporting(json: output.json) {
      _ = try await archive.open(for: .reading)
      let wasPaused = try await archive.open(for: .keeping).resumeWatches()
      if output.json {
        Terminal.print(JSONReport.line("pause", [("paused", .bool(false)), ("reason", .null)]))
      }
      Terminal.note(wasPaused ? "watches of \(archive.root.string) submit again" : "no pause was set")
    }
  }
}
