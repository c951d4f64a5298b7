import ArgumentParser
import KeepModel
import KeepPipeline

/// How runs are submitted, and whether again.
struct SubmitOptions: ParsableArguments {
  @Option(help: ArgumentHelp(RecipeKey.help("concurrency"), valueName: "COUNT"))
  var concurrency: Int?

  @Option(
    name: .customLong("max-in-flight"),
    help: ArgumentHelp(RecipeKey.help("max_in_flight"), valueName: "COUNT"))
  var overallConcurrency: Int?

  @Option(
    name: .customLong("stop-after"), help: ArgumentHelp(RecipeKey.help("stop_after"), valueName: "COUNT"))
  var maximumSameFailures: Int?

  @Flag(
    name: .customLong("retry-failed"), inversion: .prefixedNo,
    help: ArgumentHelp(RecipeKey.help("retry_failed")))
  var retriesFailed: Bool?

  @Flag(name: .customLong("force"), help: "Submit again what is kept already, too.")
  var repeatsKept = false

  @Flag(
    name: .customLong("cancel-on-interrupt"), help: "At Ctrl-C, ask the service to cancel what is running.")
  var cancelsOnInterrupt = false

  @Option(help: ArgumentHelp(RecipeKey.help("webhook.url"), valueName: "URL"))
  var webhook: String?

  @Flag(
    name: .customLong("webhook-progress"), inversion: .prefixedNo,
    help: ArgumentHelp(RecipeKey.help("webhook.progress")))
  var webhookAnnouncesProgress: Bool?

  func validate() throws {
    guard concurrency.map((1...64).contains) != false else {
      throw ValidationError("--concurrency is from 1 to 64")
    }
    guard overallConcurrency.map((1...1024).contains) != false else {
      throw ValidationError("--max-in-flight is from 1 to 1024")
    }
    guard maximumSameFailures.map((0...1000).contains) != false else {
      throw ValidationError("--stop-after is from 0 to 1000")
    }
  }

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) throws(KeepError) {
    recipe.concurrency = concurrency
    recipe.overallConcurrency = overallConcurrency
    recipe.maximumSameFailures = maximumSameFailures
    recipe.repeatsEnded = retriesFailed
    recipe.webhook = try URLArgument.url(webhook, of: "--webhook")
    recipe.webhookAnnouncesProgress = webhookAnnouncesProgress
  }
}
