import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// How runs are followed and what a bundle holds.
struct KeepingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Also write the outputs as plain files there, never overwriting.", valueName: "DIR"))
  var export: String?

  @Option(
    help: ArgumentHelp(
      "Whether the files that went in go into the bundle: include or omit.", valueName: "CHOICE"))
  var inputs: Choice = .include

  @Option(
    help: ArgumentHelp(
      "Whether temporary outputs, such as previews, go into the bundle: include or omit.", valueName: "CHOICE"
    ))
  var temp: Choice = .include

  @Flag(
    name: .customLong("allow-partial"), help: "Write a .partial.zip when some outputs can no longer be had.")
  var allowsPartial = false

  @Option(
    name: .customLong("max-wait"),
    help: ArgumentHelp(
      "Leave a run to a later command after so long, such as 90s, 30m, 2h.", valueName: "TIME"),
    transform: TimeSpan.reading)
  var maximumWait: TimeSpan?

  @Option(
    name: .customLong("poll-interval"),
    help: ArgumentHelp(
      "The first wait between two looks at a run; it grows to five times that.", valueName: "TIME"),
    transform: TimeSpan.reading)
  var pollInterval: TimeSpan = TimeSpan(.seconds(2))

  /// Included or left out.
  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case include
    case omit
  }

  func validate() throws {
    guard pollInterval.duration > .zero else { throw ValidationError("--poll-interval is more than 0") }
  }

  func configuration(for service: ServiceOptions) throws -> Pipeline.Configuration {
    var configuration = Pipeline.Configuration(api: try service.configuration())
    configuration.pollInterval = pollInterval.duration
    configuration.maximumWait = maximumWait?.duration
    configuration.allowsPartial = allowsPartial
    configuration.includesTemporary = temp == .include
    configuration.includesInputs = inputs == .include
    configuration.exportFolder = export.map { FilePath($0) }
    return configuration
  }
}
