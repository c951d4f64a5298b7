internal import KeepModel

/// Why a run fails, as ComfyUI would say it.
struct RunFailureText: Error, Sendable, Equatable {
  var node: String?
  var classType: String?
  var exception: String
  var message: String
}

/// One thing that a node gives.
enum ProducedItem: Sendable {
  case file(ProducedFile)
  case value(JSONValue)
}

/// A file that a node gives, before the deployment's counter names it.
struct ProducedFile: Sendable {
  /// Folder and stem, such as `video/ComfyUI`.
  var prefix: String
  var fileExtension: String
  /// `output` or `temp`.
  var type: String
  var bytes: [UInt8]
  /// What makes its bytes as they are sent, in place of those above.
  var synthetic: SyntheticFile?
  /// Members of the entry besides address, name, folder and type.
  var extra: [JSONObject.Member] = []
  /// The name in the entry, where it is not the stored one.
  var shownName: String?
}

/// What one node gives: channels with their items, in order.
struct NodeProduct: Sendable {
  var node: String
  var channels: [(name: String, items: [ProducedItem])]
}

/// Runs a graph far enough that its outputs are true files.
///
/// A pure function: the same graph and media give the same bytes.
struct GraphRun {
  let workflow: Workflow
  /// The media by the names that stand in the graph.
  let media: [String: InputMedia]
  /// How long the longer side of a drawn picture may be.
  var longestSide = 512

  /// What every output node gives, in the order of the graph.
  ///
  /// - Throws: ``RunFailureText`` as the service would report it.
  func products() throws(RunFailureText) -> [NodeProduct] {
    var products: [NodeProduct] = []
    let consumed = Set(workflow.nodes.flatMap(links))
    for node in workflow.nodes {
      let role = NodeClass.role(of: node, isConsumed: consumed.contains(node.id))
      if case .inner = role { continue }
      if case .loader = role { continue }
      let branch = try branch(to: node)
      if let product = try NodeRun(node: node, branch: branch, graph: self).product(role) {
        products.append(product)
      }
    }
    guard !products.isEmpty else {
      throw RunFailureText(exception: "prompt_no_outputs", message: "Prompt has no outputs")
    }
    return products
  }

  private func links(of node: Workflow.Node) -> [NodeID] {
    node.inputs.members.compactMap { Workflow.Node.link($0.value)?.node }
  }

  /// A node and all it depends on, nearest first, each once.
  private func branch(to node: Workflow.Node) throws(RunFailureText) -> [Workflow.Node] {
    var seen: Set<NodeID> = [node.id]
    var order = [node]
    var next = 0
    while next < order.count {
      for source in links(of: order[next]) where seen.insert(source).inserted {
        guard let found = workflow[source] else {
          throw RunFailureText(
            node: order[next].id.rawValue, classType: order[next].classType, exception: "KeyError",
            message: "Exception when validating node: '\(source)'")
        }
        order.append(found)
      }
      next += 1
    }
    return order
  }
}
