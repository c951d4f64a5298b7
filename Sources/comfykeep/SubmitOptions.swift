import ArgumentParser
import KeepModel
import KeepPipeline

/// How runs are submitted, and whether again.
struct SubmitOptions: ParsableArguments {
  @OptionGroup var flight: FlightOptions

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

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) throws(KeepError) {
    flight.fill(&recipe)
    recipe.repeatsEnded = retriesFailed
    recipe.webhook = try URLArgument.url(webhook, of: "--webhook")
    recipe.webhookAnnouncesProgress = webhookAnnouncesProgress
  }
}
