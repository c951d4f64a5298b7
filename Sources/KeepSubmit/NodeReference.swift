package import KeepModel

/// Finds the node input that a person named by `NODE.INPUT`, the node by its id or its title.
package enum NodeReference {
  /// The input that `text` names in a workflow.
  ///
  /// Every dot may be the one that parts node from input, since titles and inputs may hold dots: the last
  /// reading wins whose node has the input.
  /// - Throws: ``KeepError`` with code `usage` for a text without a dot, `input_rejected` for an unknown node or
  ///   input (near names are given) and for a title that several nodes bear.
  package static func resolve(
    _ text: String, in workflow: Workflow, objectInfo: JSONValue? = nil
  ) throws(KeepError) -> NodeInput {
    guard let last = NodeInput(parsing: text) else {
      throw KeepError(
        .usage, .option(text), "names no node input",
        hint: "write NODE.INPUT, such as 189.image or \"Load Image.image\"")
    }
    for reading in readings(of: text) {
      let holders = nodes(named: reading.node, in: workflow).filter {
        $0.inputs[reading.name.rawValue] != nil
      }
      if let node = try only(holders, named: reading.node, for: reading.name) {
        return NodeInput(node: node.id, name: reading.name)
      }
    }
    throw failure(last, in: workflow, objectInfo)
  }

  /// The input by its exact id in the workflow.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` where node or input is unknown.
  package static func check(
    _ input: NodeInput, in workflow: Workflow, objectInfo: JSONValue? = nil
  ) throws(KeepError) -> (node: Workflow.Node, current: JSONValue) {
    guard let node = workflow[input.node], let current = node.inputs[input.name.rawValue] else {
      throw failure(input, in: workflow, objectInfo)
    }
    return (node, current)
  }

  private static func readings(of text: String) -> [NodeInput] {
    let bytes = text.utf8
    return bytes.indices.reversed().compactMap { index in
      guard bytes[index] == UInt8(ascii: "."), index != bytes.startIndex,
        bytes.index(after: index) != bytes.endIndex
      else { return nil }
      return NodeInput(
        node: NodeID(String(text[..<index])),
        name: InputName(String(text[bytes.index(after: index)...])))
    }
  }

  /// The node with that id, else all with that title, else all whose title differs in case alone.
  private static func nodes(named name: NodeID, in workflow: Workflow) -> [Workflow.Node] {
    if let node = workflow[name] { return [node] }
    let exact = workflow.nodes.filter { $0.title == name.rawValue }
    guard exact.isEmpty else { return exact }
    return workflow.nodes.filter { $0.title?.lowercased() == name.rawValue.lowercased() }
  }

  private static func only(
    _ nodes: [Workflow.Node], named name: NodeID, for input: InputName
  ) throws(KeepError) -> Workflow.Node? {
    guard nodes.count > 1 else { return nodes.first }
    let ids = nodes.map(\.id.rawValue).joined(separator: ", ")
    throw KeepError(
      .inputRejected, .node(name), "\(nodes.count) nodes bear this title: \(ids)",
      hint: "name the node by its id, such as \(nodes[0].id).\(input)")
  }

  private static func failure(
    _ input: NodeInput, in workflow: Workflow, _ objectInfo: JSONValue?
  ) -> KeepError {
    let found = nodes(named: input.node, in: workflow)
    guard let node = found.first else {
      let names = workflow.nodes.flatMap { [$0.id.rawValue] + ($0.title.map { [$0] } ?? []) }
      return KeepError(
        .inputRejected, .node(input.node),
        "the workflow has no such node"
          + NearMiss.question(near: input.node.rawValue, among: names),
        hint: "comfykeep inspect WORKFLOW lists its nodes")
    }
    let keys = node.inputs.keys
    let named = NodeInput(node: node.id, name: input.name)
    if let schema = InputSchema(of: input.name, nodeClass: node.classType, in: objectInfo) {
      return KeepError(
        .inputRejected, .nodeInput(named),
        "\(node.classType) has this input (\(schema.told.summary)), but the saved workflow does not, and only "
          + "what is saved can be set",
        hint: "give it a value in ComfyUI, save the workflow, and deploy it again")
    }
    return KeepError(
      .inputRejected, .nodeInput(named),
      "\(node.classType) has no such input"
        + NearMiss.question(near: input.name.rawValue, among: keys)
        + (keys.isEmpty ? "" : "; it has \(keys.prefix(24).joined(separator: ", "))"))
  }
}
