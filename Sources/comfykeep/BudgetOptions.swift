import ArgumentParser
import KeepModel
import KeepPipeline

/// How much one command may spend.
struct BudgetOptions: ParsableArguments {
  @Flag(name: .customLong("yes"), help: "Yes, more than \(RunBudget.unconfirmedRuns) runs are meant.")
  var isConfirmed = false

  @Option(
    name: .customLong("max-runs"), help: ArgumentHelp(RecipeKey.help("budget.max_runs"), valueName: "COUNT"))
  var maximumRuns: Int?

  @Option(
    name: .customLong("max-upload-bytes"),
    help: ArgumentHelp(RecipeKey.help("budget.max_upload_bytes"), valueName: "SIZE"),
    transform: SizeArgument.reading)
  var maximumUploadBytes: ByteCount?

  func validate() throws {
    guard maximumRuns.map({ $0 > 0 }) != false else { throw ValidationError("--max-runs is at least 1") }
  }

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) {
    recipe.maximumRuns = maximumRuns
    recipe.maximumUploadBytes = maximumUploadBytes
  }
}
