import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// How runs are followed and what a bundle holds.
struct KeepingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Also write the outputs as plain files there, never overwriting.", valueName: "DIR"))
  var export: String?

  @Option(help: "Whether the files that went in go into the bundle: include or omit.")
  var inputs: Choice = .include

  @Option(help: "Whether temporary outputs, such as previews, go into the bundle: include or omit.")
  var temp: Choice = .include

  @Flag(
    name: .customLong("allow-partial"), help: "Write a .partial.zip when some outputs can no longer be had.")
  var allowsPartial = false

  @Option(
    name: .customLong("max-wait"),
    help: ArgumentHelp(
      "Leave a run to a later command after so long, such as 90s, 30m, 2h.", valueName: "TIME"))
  var maximumWait: TimeSpan?

  @Option(
    name: .customLong("poll-interval"),
    help: ArgumentHelp(
      "The first wait between two looks at a run; it grows to five times that.", valueName: "TIME"))
  var pollInterval: TimeSpan = TimeSpan(duration: .seconds(2))

  /// Included or left out.
  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case include
    case omit
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

/// A length of time such as `500ms`, `90s`, `30m`, `2h` or `7d`; a plain number is seconds.
struct TimeSpan: ExpressibleByArgument {
  let duration: Duration

  init(duration: Duration) { self.duration = duration }

  init?(argument: String) {
    let units: [(String, Duration)] = [
      ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
      ("d", .seconds(86_400)), ("", .seconds(1)),
    ]
    guard let (suffix, unit) = units.first(where: { argument.hasSuffix($0.0) }),
      let count = Double(argument.dropLast(suffix.count)), count > 0, count < 1e9
    else { return nil }
    self.duration = unit * count
  }

  var defaultValueDescription: String { "\(duration.components.seconds)s" }
}
