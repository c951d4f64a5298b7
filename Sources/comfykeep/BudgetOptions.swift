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

  @Option(
    name: .customLong("min-balance"),
    help: ArgumentHelp(RecipeKey.help("budget.min_balance"), valueName: "USD"),
    transform: DollarsArgument.reading)
  var minimumBalance: Balance?

  func validate() throws {
    guard maximumRuns.map({ $0 > 0 }) != false else { throw ValidationError("--max-runs is at least 1") }
  }

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) {
    recipe.maximumRuns = maximumRuns
    recipe.maximumUploadBytes = maximumUploadBytes
    recipe.minimumBalance = minimumBalance
  }
}

/// An amount of US dollars on the command line.
enum DollarsArgument {
  /// Reads an option's value; one that is no amount is told what one looks like.
  static func reading(_ text: String) throws -> Balance {
    guard let balance = Balance(dollars: text) else {
      throw ValidationError(Balance.dollarsRefusal(of: text))
    }
    return balance
  }
}
