package import KeepModel

/// Reads from a workflow what a person would want to set.
package enum WorkflowInspector {
  /// Nodes, media inputs, prompts, seeds and outputs.
  package static func inspect(
    _ workflow: Workflow, objectInfo: JSONValue? = nil
  ) -> WorkflowInspection {
    let media = MediaInputFinder.mediaInputs(in: workflow, objectInfo: objectInfo)
    let taken = Set(media.map(\.input))
    let literals = workflow.nodes.flatMap { node in
      node.inputs.members.map { (NodeInput(node: node.id, name: InputName($0.key)), node, $0.value) }
    }.filter { !taken.contains($0.0) }
    return WorkflowInspection(
      nodes: workflow.nodes.map(names), mediaInputs: media,
      prompts: literals.compactMap { prompt($0, $1, $2) },
      seeds: literals.compactMap { seed($0, $1, $2) },
      outputs: OutputNode.all(in: workflow, objectInfo: objectInfo).map(names),
      inputs: workflow.nodes.flatMap { settable($0, objectInfo) })
  }

  private static func settable(_ node: Workflow.Node, _ objectInfo: JSONValue?) -> [SettableInput] {
    node.inputs.members.filter { Workflow.Node.link($0.value) == nil }.map { member in
      let name = InputName(member.key)
      return SettableInput(
        input: NodeInput(node: node.id, name: name), node: names(node), value: member.value,
        schema: InputSchema(of: name, nodeClass: node.classType, in: objectInfo)?.told)
    }
  }

  /// Whether an input's name is that of a seed.
  package static func isSeed(_ name: InputName) -> Bool {
    name.rawValue.lowercased().hasSuffix("seed")
  }

  private static func names(_ node: Workflow.Node) -> WorkflowInspection.Node {
    WorkflowInspection.Node(id: node.id, nodeClass: node.classType, title: node.title)
  }

  private static func prompt(
    _ input: NodeInput, _ node: Workflow.Node, _ value: JSONValue
  ) -> WorkflowInspection.TextPrompt? {
    guard let text = value.string, isPrompt(input.name, of: node.classType) else { return nil }
    return WorkflowInspection.TextPrompt(input: input, node: names(node), text: text)
  }

  /// Whether an input's name is that of a text which a person would change.
  package static func isPrompt(_ name: InputName, of nodeClass: String) -> Bool {
    let name = name.rawValue.lowercased()
    let words = ["text", "prompt", "positive", "negative", "caption", "instruction"]
    return words.contains(name) || name.hasSuffix("_prompt") || name.hasPrefix("prompt_")
      || name.hasPrefix("text_") && nodeClass.contains("TextEncode")
      || nodeClass.contains("TextEncode") && ["clip_l", "t5xxl", "clip_g", "llama"].contains(name)
  }

  private static func seed(
    _ input: NodeInput, _ node: Workflow.Node, _ value: JSONValue
  ) -> WorkflowInspection.Seed? {
    guard isSeed(input.name), let number = value.number else { return nil }
    return WorkflowInspection.Seed(input: input, node: names(node), value: number)
  }
}
