import ArgumentParser
import KeepModel
import KeepPipeline
import SystemPackage

/// `comfykeep inspect`
struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a workflow takes and gives: media inputs, prompts, seeds, outputs, nodes.",
    discussion: """
      EXAMPLE
        comfykeep inspect Samples/workflows/image_to_image_api.json
      """)

  @Argument(help: ArgumentHelp("A workflow in API form.", valueName: "WORKFLOW"))
  var workflow: String

  @Flag(help: "One JSON object on standard output.")
  var json = false

  func run() async throws {
    try await reporting(json: json) {
      let inspection = try Inspector.inspect(FilePath(workflow))
      if json {
        Terminal.print(String(decoding: CanonicalJSON.compact(inspection.json), as: UTF8.self))
      } else {
        for line in InspectionText.lines(inspection) { Terminal.print(line) }
      }
    }
  }
}

/// An inspection for people.
enum InspectionText {
  static func lines(_ inspection: WorkflowInspection) -> [String] {
    let sections =
      section("Media inputs (--asset)", inspection.mediaInputs.map(media))
      + section("Prompts (--set)", inspection.prompts.map { row($0.input, $0.node, quoted($0.text)) })
      + section("Seeds (--set, or =random)", inspection.seeds.map { row($0.input, $0.node, $0.value.text) })
      + section(
        "Outputs",
        inspection.outputs.map { "  \(pad($0.id.rawValue)) \(name($0.nodeClass, $0.title))" })
      + section(
        "\(inspection.nodes.count) nodes",
        inspection.nodes.map { "  \(pad($0.id.rawValue)) \(name($0.nodeClass, $0.title))" })
    return Array(sections.dropFirst())
  }

  private static func section(_ title: String, _ rows: [String]) -> [String] {
    ["", title] + (rows.isEmpty ? ["  none"] : rows.map(Terminal.safe))
  }

  private static func media(_ input: MediaInput) -> String {
    let kinds = input.kinds.map(\.rawValue).sorted().joined(separator: ", ")
    let obstacle = input.obstacle.map { "; \($0)" } ?? ""
    return "  \(pad(input.input.description)) \(name(input.nodeClass, input.nodeTitle)): "
      + (kinds.isEmpty ? "any" : kinds) + obstacle
  }

  private static func row(_ input: NodeInput, _ node: WorkflowInspection.Node, _ value: String) -> String {
    "  \(pad(input.description)) \(name(node.nodeClass, node.title)): \(value)"
  }

  private static func name(_ nodeClass: String, _ title: String?) -> String {
    title.map { $0 == nodeClass ? nodeClass : "\(nodeClass) \"\($0)\"" } ?? nodeClass
  }

  private static func quoted(_ text: String) -> String {
    text.count > 60 ? "\"\(text.prefix(57))...\"" : "\"\(text)\""
  }

  private static func pad(_ text: String) -> String {
    text + String(repeating: " ", count: max(0, 16 - text.count))
  }
}
