import ArgumentParser
import KeepModel
import KeepPipeline

/// How many runs are in flight, and when no more are submitted.
struct FlightOptions: ParsableArguments {
  @Option(help: ArgumentHelp(RecipeKey.help("concurrency"), valueName: "COUNT"))
  var concurrency: Int?

  @Option(
    name: .customLong("max-in-flight"),
    help: ArgumentHelp(RecipeKey.help("max_in_flight"), valueName: "COUNT"))
  var overallConcurrency: Int?

  @Option(
    name: .customLong("stop-after"), help: ArgumentHelp(RecipeKey.help("stop_after"), valueName: "COUNT"))
  var maximumSameFailures: Int?

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
  func fill(_ recipe: inout Recipe) {
    recipe.concurrency = concurrency
    recipe.overallConcurrency = overallConcurrency
    recipe.maximumSameFailures = maximumSameFailures
  }
}
