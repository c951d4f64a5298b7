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
      With --object-info, or of a deployment, it also shows the type, range and choices of each value.

      EXAMPLES
        comfykeep inspect Samples/workflows/image_to_image_api.json
        comfykeep inspect --deployment portraits
      """)

  @Argument(help: ArgumentHelp("A workflow in API form.", valueName: "WORKFLOW"))
  var workflow: String?

  @Option(
    help: ArgumentHelp("Fetch the workflow of a deployment, by id or name, instead.", valueName: "DEPLOYMENT")
  )
  var deployment: String?

  @Option(
    name: .customLong("object-info"),
    help: ArgumentHelp("The schema of the nodes (else the deployment's own).", valueName: "FILE"))
  var objectInfo: String?

  @OptionGroup var service: ServiceOptions

  @Flag(help: "One JSON object on standard output.")
  var json = false

  func validate() throws {
    guard (workflow == nil) != (deployment == nil) else {
      throw ValidationError("name a WORKFLOW, or a --deployment")
    }
  }

  func run() async throws {
    try await reporting(json: json) {
      let (inspection, warnings) = try await found()
      for warning in warnings { Terminal.note(Terminal.safe(warning)) }
      if json {
        Terminal.print(String(decoding: CanonicalJSON.compact(inspection.json), as: UTF8.self))
      } else {
        for line in InspectionText.lines(inspection) { Terminal.print(line) }
      }
    }
  }

  private func found() async throws -> (WorkflowInspection, [String]) {
    let file = objectInfo.map { FilePath($0) }
    if let deployment {
      let report = try await service.deployments().inspect(deployment, objectInfo: file, cache: .ofUser)
      return (report.inspection, report.warnings)
    }
    let path = FilePath(workflow ?? "")
    guard let file else { return (try Inspector.inspect(path), []) }
    let report = try Inspector.inspect(path, objectInfo: file)
    return (report.inspection, report.warnings)
  }
}

/// An inspection for people.
enum InspectionText {
  static func lines(_ inspection: WorkflowInspection) -> [String] {
    let sections =
      section("Media inputs (--asset)", inspection.mediaInputs.map(media))
      + section(
        "Prompts (--set)", inspection.prompts.map { row($0.input, $0.node, quoted($0.text), inspection) })
      + section(
        "Seeds (--set, or =random)",
        inspection.seeds.map { row($0.input, $0.node, $0.value.text, inspection) })
      + others(inspection)
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

  /// The other values whose schema is known.
  private static func others(_ inspection: WorkflowInspection) -> [String] {
    let shown = Set(
      inspection.mediaInputs.map(\.input) + inspection.prompts.map(\.input) + inspection.seeds.map(\.input))
    let rows = inspection.inputs.filter { $0.schema != nil && !shown.contains($0.input) }.map { input in
      let value = String(decoding: CanonicalJSON.compact(input.value), as: UTF8.self)
      return row(input.input, input.node, input.value.string.map(quoted) ?? value, inspection)
    }
    return rows.isEmpty ? [] : section("Other values (--set)", rows)
  }

  private static func media(_ input: MediaInput) -> String {
    let kinds = input.kinds.map(\.rawValue).sorted().joined(separator: ", ")
    let obstacle = input.obstacle.map { "; \($0)" } ?? ""
    return "  \(pad(input.input.description)) \(name(input.nodeClass, input.nodeTitle)): "
      + (kinds.isEmpty ? "any" : kinds) + obstacle
  }

  private static func row(
    _ input: NodeInput, _ node: WorkflowInspection.Node, _ value: String, _ inspection: WorkflowInspection
  ) -> String {
    let schema = inspection.schema(of: input).map { " (\($0.summary))" } ?? ""
    return "  \(pad(input.description)) \(name(node.nodeClass, node.title)): \(value)\(schema)"
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
