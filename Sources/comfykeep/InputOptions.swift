import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// What is to be run: files, node inputs, values, the workflow; from flags, a recipe, or both.
struct InputOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      RecipeKey.help("paths") + " - reads a list of them from standard input.", valueName: "PATH"))
  var paths: [String] = []

  @OptionGroup(title: "What is run") var work: WorkOptions
  @OptionGroup(title: "Limits of a batch") var budget: BudgetOptions

  func validate() throws {
    guard work.deployment != nil || work.recipeFile != nil else {
      throw ValidationError("give --deployment ID, or a --recipe FILE that names one")
    }
  }

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) throws(KeepError) {
    recipe.paths = paths.isEmpty ? nil : try PathArgument.paths(paths)
    try work.fill(&recipe)
    budget.fill(&recipe)
  }
}
