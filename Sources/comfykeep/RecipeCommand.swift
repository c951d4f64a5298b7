import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep recipe`
struct RecipeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe",
    abstract: "Write, check and explain recipes: files that say how assets become submissions.",
    discussion: """
      EXAMPLES
        comfykeep recipe init workflow_api.json --output recipe.yaml
        comfykeep recipe check recipe.yaml
        comfykeep run --recipe recipe.yaml
      """,
    subcommands: [RecipeInitCommand.self, RecipeCheckCommand.self, RecipeSchemaCommand.self])
}

/// `comfykeep recipe init`
struct RecipeInitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented recipe for a workflow.",
    discussion: """
      Its media inputs, prompts, seeds and outputs stand in it, ready to be filled. Nothing is overwritten.

      EXAMPLE
        comfykeep recipe init workflow_api.json --output recipe.yaml
      """)

  @Argument(help: ArgumentHelp("A workflow in API form.", valueName: "WORKFLOW"))
  var workflow: String

  @Option(help: ArgumentHelp("The file to write (else standard output).", valueName: "FILE"))
  var output: String?

  func run() async throws {
    try await reporting(json: false) {
      let file = output.flatMap { $0 == "-" ? nil : FilePath($0) }
      let draft = try RecipeDraft(for: FilePath(workflow), output: file)
      guard let file else { return Terminal.print(String(draft.text.dropLast())) }
      try draft.write(to: file)
      Terminal.note(Terminal.safe("\(file): written; name the deployment and the paths in it"))
    }
  }
}

/// `comfykeep recipe schema`
struct RecipeSchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the form of a recipe as a JSON Schema, with every key and default.",
    discussion: """
      An editor that is told of it completes and checks recipes. A recipe names it in its first line:
      # yaml-language-server: $schema=recipe.schema.json

      EXAMPLE
        comfykeep recipe schema > recipe.schema.json
      """)

  func run() async throws {
    let text = String(decoding: CanonicalJSON.indented(RecipeSchema.json), as: UTF8.self)
    Terminal.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
  }
}
