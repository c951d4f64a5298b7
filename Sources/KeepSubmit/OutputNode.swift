package import KeepModel

/// Which nodes give outputs back.
package enum OutputNode {
  /// Whether a class saves or shows, by its name.
  package static func isSaver(_ nodeClass: String) -> Bool {
    let words = ["Save", "Preview", "VHS_VideoCombine", "CPackOutput", "ComfyDeployOutput"]
    return words.contains { nodeClass.contains($0) }
  }

  /// The nodes that save or show, and those that nothing is wired to, in the order of the file.
  package static func all(in workflow: Workflow, objectInfo: JSONValue?) -> [Workflow.Node] {
    let sources = Set(
      workflow.nodes.flatMap { node in
        node.inputs.members.compactMap { Workflow.Node.link($0.value)?.node }
      })
    return workflow.nodes.filter { node in
      isSaver(node.classType) || objectInfo?[node.classType]?["output_node"] == true
        || !sources.contains(node.id)
    }
  }
}
