import ArgumentParser
import KeepPipeline
import SystemPackage

/// Which files in folders are taken, and what stands beside them.
struct FileOptions: ParsableArguments {
  @Flag(name: .shortAndLong, inversion: .prefixedNo, help: ArgumentHelp(RecipeKey.help("recursive")))
  var recursive: Bool?

  @Option(name: .customLong("include"), help: ArgumentHelp(RecipeKey.help("include"), valueName: "GLOB"))
  var includes: [String] = []

  @Option(name: .customLong("exclude"), help: ArgumentHelp(RecipeKey.help("exclude"), valueName: "GLOB"))
  var excludes: [String] = []

  @Option(help: ArgumentHelp(RecipeKey.help("table"), valueName: "FILE"))
  var table: String?

  @Flag(inversion: .prefixedNo, help: ArgumentHelp(RecipeKey.help("sidecars")))
  var sidecars: Bool?

  @Flag(
    name: .customLong("strip-metadata"), inversion: .prefixedNo,
    help: ArgumentHelp(RecipeKey.help("strip_metadata")))
  var stripsMetadata: Bool?

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) {
    recipe.isRecursive = recursive
    recipe.includes = includes.isEmpty ? nil : includes
    recipe.excludes = excludes.isEmpty ? nil : excludes
    recipe.table = table.map { FilePath($0) }
    recipe.usesSidecars = sidecars
    recipe.stripsMetadata = stripsMetadata
  }
}
