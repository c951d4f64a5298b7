import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// How runs are followed and what a bundle holds.
struct KeepingOptions: ParsableArguments {
  @Option(help: ArgumentHelp(RecipeKey.help("export"), valueName: "DIR"))
  var export: String?

  @Option(help: ArgumentHelp(RecipeKey.help("inputs"), valueName: "CHOICE"))
  var inputs: Choice?

  @Option(help: ArgumentHelp(RecipeKey.help("temp"), valueName: "CHOICE"))
  var temp: Choice?

  @Flag(
    name: .customLong("allow-partial"), inversion: .prefixedNo,
    help: ArgumentHelp(RecipeKey.help("allow_partial")))
  var allowsPartial: Bool?

  @Option(
    name: .customLong("output-host"),
    help: ArgumentHelp(RecipeKey.help("output_host"), valueName: "HOST"),
    transform: { text in
      guard let host = HostPattern(text) else {
        throw ValidationError("a host such as cdn.example.com or '*.example.com', without scheme and port")
      }
      return host
    })
  var outputHosts: [HostPattern] = []

  @Option(
    name: .customLong("max-wait"),
    help: ArgumentHelp(RecipeKey.help("max_wait"), valueName: "TIME"),
    transform: TimeSpan.reading)
  var maximumWait: TimeSpan?

  @Option(
    name: .customLong("poll-interval"),
    help: ArgumentHelp(RecipeKey.help("poll_interval"), valueName: "TIME"),
    transform: TimeSpan.reading)
  var pollInterval: TimeSpan?

  @Option(
    help: ArgumentHelp(RecipeKey.help("retention"), valueName: "TIME"), transform: TimeSpan.reading)
  var retention: TimeSpan?

  /// Included or left out.
  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case include
    case omit
  }

  func validate() throws {
    guard pollInterval.map({ $0.duration > .zero }) != false else {
      throw ValidationError("--poll-interval is more than 0")
    }
    guard retention.map({ $0.duration >= .seconds(3600) }) != false else {
      throw ValidationError("--retention is an hour or more")
    }
  }

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) {
    recipe.export = export.map { FilePath($0) }
    recipe.includesInputs = inputs.map { $0 == .include }
    recipe.includesTemporary = temp.map { $0 == .include }
    recipe.allowsPartial = allowsPartial
    recipe.outputHosts = outputHosts.isEmpty ? nil : outputHosts
    recipe.maximumWait = maximumWait?.duration
    recipe.pollInterval = pollInterval?.duration
    recipe.retention = retention?.duration
  }

  func configuration(for service: ServiceOptions) throws -> Pipeline.Configuration {
    var configuration = Pipeline.Configuration(api: try service.configuration())
    var flags = Recipe()
    fill(&flags)
    flags.configure(&configuration)
    return configuration
  }
}
