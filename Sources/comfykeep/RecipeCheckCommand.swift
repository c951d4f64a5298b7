import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep recipe check`
struct RecipeCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say whether recipes are right, with line and column of everything that is not.",
    discussion: """
      Asks nobody and sends nothing. Nodes and values are checked where the recipe names a workflow. \
      Exit status 64 for a recipe that is wrong, 10 for files, nodes and values that are.

      EXAMPLE
        comfykeep recipe check recipe.yaml
      """)

  @Argument(help: ArgumentHelp("Recipes.", valueName: "RECIPE"))
  var recipes: [String]

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reporting(json: output.json) {
      let checks = recipes.map { path in
        RecipeCheck(FilePath(path), home: Environment.home, environment: { Environment[$0] })
      }
      for check in checks {
        for error in check.errors { Terminal.complain(error) }
        if output.json { Terminal.print(Self.object(check)) } else { show(check) }
      }
      let statuses = Set(checks.map(\.exitStatus)).subtracting([0])
      guard statuses.isEmpty else {
        let usage = KeepError.Code.usage.exitStatus
        throw ExitCode(statuses.contains(usage) ? usage : statuses.min() ?? usage)
      }
    }
  }

  private func show(_ check: RecipeCheck) {
    guard check.exitStatus == 0 else { return }
    if !output.quiet { for note in check.notes { Terminal.note(Terminal.safe("\(check.path): \(note)")) } }
    Terminal.print(Terminal.safe("\(check.path): ok"))
    for line in check.lines { Terminal.print(Terminal.safe("  \(Self.words(line))")) }
  }

  private static func words(_ line: RecipeCheck.Line) -> String {
    let node = line.node.map { node in
      let title = node.title.map { $0 == node.nodeClass ? "" : " \"\($0)\"" } ?? ""
      return " (\(node.nodeClass)\(title))"
    }
    return "\(line.role) \(line.input?.description ?? line.name)\(node ?? ""): \(line.value)"
  }

  private static func object(_ check: RecipeCheck) -> String {
    JSONReport.line(
      "recipe",
      [
        ("recipe", .string(check.path.string)),
        ("status", .integer(check.exitStatus)),
        ("deployment_id", .optional(check.recipe.deployment)),
        ("workflow", .optional(check.recipe.workflow?.string)),
        ("paths", .array((check.recipe.paths ?? []).map { .string($0.string) })),
        ("inputs", .array(check.lines.map(value))),
        ("notes", .array(check.notes.map(JSONValue.string))),
        ("errors", .array(check.errors.map(JSONReport.value))),
      ])
  }

  private static func value(_ line: RecipeCheck.Line) -> JSONValue {
    [
      "role": .string(line.role), "name": .string(line.name),
      "input": .optional(line.input?.description), "class": .optional(line.node?.nodeClass),
      "title": .optional(line.node?.title), "value": .string(line.value),
    ]
  }
}
