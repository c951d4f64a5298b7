import KeepModel
import KeepPipeline
import SystemPackage

/// Everything that a command was told: flags, then environment, then recipe, then default.
struct RunSettings {
  /// What flags, environment and recipe say.
  let recipe: Recipe
  /// The service, with what the recipe says of it.
  let service: ServiceOptions
  /// The archive, where the recipe may say it is.
  let archive: ArchiveOptions
  private let isConfirmed: Bool

  /// Puts flags above the environment above the recipe.
  ///
  /// - Throws: ``RecipeRefusal`` for a recipe that cannot be used, ``KeepError`` for flags.
  init(
    _ input: InputOptions, service: ServiceOptions, archive: ArchiveOptions,
    store: ArchiveStoreOptions, keeping: KeepingOptions? = nil, submitting: SubmitOptions? = nil
  ) throws {
    var flags = Recipe()
    try input.fill(&flags)
    keeping?.fill(&flags)
    try store.fill(&flags, archive)
    try submitting?.fill(&flags)
    let file =
      try input.work.recipeFile.map { try RecipeFile.read(FilePath($0), home: Environment.home) } ?? Recipe()
    self.recipe = flags.overriding(Recipe(environment: { Environment[$0] })).overriding(file)
    self.service = service.filled(from: file)
    self.archive = archive.filled(from: file)
    self.isConfirmed = input.budget.isConfirmed
    if let named = file.apiURL, recipe.apiURL == named, !named.isLoopback,
      named.origin != Recipe.standard.apiURL?.origin, service.apiURL == nil
    {
      // A recipe may come from someone else, and the token goes where it says.
      Terminal.note("the recipe names the service: the token goes to \(named.origin)")
    }
  }

  /// What is to be run.
  func wish() throws(KeepError) -> RunWish {
    var wish = try recipe.wish(
      allowsLocalURLs: service.reachesLocalURLs, isConfirmed: isConfirmed, environment: { Environment[$0] })
    wish.allowsPlainUploads = service.allowsHTTP
    return wish
  }
}
