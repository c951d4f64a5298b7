import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// What is to be run, but for the files: node inputs, values, the workflow; from flags, a recipe, or both.
struct WorkOptions: ParsableArguments {
  @Option(
    name: .customLong("recipe"),
    help: ArgumentHelp(
      "A recipe, YAML or JSON, whose settings hold where no flag says otherwise.", valueName: "FILE"))
  var recipeFile: String?

  @Option(help: ArgumentHelp(RecipeKey.help("deployment"), valueName: "ID"))
  var deployment: String?

  @Option(
    name: .customLong("asset"),
    help: ArgumentHelp(
      """
      The node input that takes each PATH; with =FILE or =URL that one goes into every run, with =FOLDER the file \
      of the same stem. Can be left out when exactly one input fits.
      """, valueName: "NODE.INPUT[=FILE|FOLDER|URL]"))
  var assets: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      """
      A value for a node input; numbers keep their digits, @FILE reads a text, random draws a seed. \
      NODE is an id or a title.
      """, valueName: "NODE.INPUT=VALUE"))
  var settings: [String] = []

  @Option(
    name: .customLong("sweep"), help: ArgumentHelp(RecipeKey.help("sweep"), valueName: "NODE.INPUT=VALUES"))
  var sweeps: [String] = []

  @Option(help: ArgumentHelp(RecipeKey.help("workflow"), valueName: "FILE"))
  var workflow: String?

  @Flag(
    name: .customLong("inline-workflow"), inversion: .prefixedNo,
    help: ArgumentHelp(RecipeKey.help("inline_workflow")))
  var isInline: Bool?

  @Option(
    name: .customLong("object-info"), help: ArgumentHelp(RecipeKey.help("object_info"), valueName: "FILE"))
  var objectInfo: String?

  @Flag(
    name: .customLong("allow-cutting"), inversion: .prefixedNo,
    help: ArgumentHelp(RecipeKey.help("allow_cutting")))
  var allowsCutting: Bool?

  @OptionGroup(title: "Files") var files: FileOptions
  @OptionGroup(title: "How files travel") var placement: PlacementOptions
  @OptionGroup(title: "Uploads") var upload: UploadOptions

  func validate() throws {
    if isInline == true && workflow == nil && recipeFile == nil {
      throw ValidationError("--inline-workflow needs --workflow FILE")
    }
  }

  /// Puts what these options say into a recipe.
  func fill(_ recipe: inout Recipe) throws(KeepError) {
    recipe.deployment = deployment
    recipe.assets = Self.assignments(assets)
    recipe.settings = Self.assignments(settings)
    recipe.sweeps = Self.assignments(sweeps)
    recipe.workflow = workflow.map { FilePath($0) }
    recipe.isInline = isInline
    recipe.objectInfo = objectInfo.map { FilePath($0) }
    recipe.allowsCutting = allowsCutting
    files.fill(&recipe)
    placement.fill(&recipe)
    try upload.fill(&recipe)
  }

  private static func assignments(_ texts: [String]) -> [Recipe.Assignment]? {
    texts.isEmpty ? nil : texts.map { Recipe.Assignment(parsing: $0) }
  }
}
