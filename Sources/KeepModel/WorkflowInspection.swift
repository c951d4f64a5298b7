/// What a workflow offers to a person who wants to run it: `comfykeep inspect`.
public struct WorkflowInspection: Sendable, Hashable {
  /// A node by its names.
  public struct Node: Sendable, Hashable {
    /// Its id.
    public let id: NodeID
    /// Its class.
    public let nodeClass: String
    /// Its title.
    public let title: String?

    /// A node by its names.
    public init(id: NodeID, nodeClass: String, title: String?) {
      self.id = id
      self.nodeClass = nodeClass
      self.title = title
    }

    /// For `--json`.
    public var json: JSONValue {
      ["id": .string(id.rawValue), "class": .string(nodeClass), "title": .optional(title)]
    }
  }

  /// A text that a person would change.
  public struct TextPrompt: Sendable, Hashable {
    /// Where it stands.
    public let input: NodeInput
    /// The node that holds it.
    public let node: Node
    /// The text.
    public let text: String

    /// A text that a person would change.
    public init(input: NodeInput, node: Node, text: String) {
      self.input = input
      self.node = node
      self.text = text
    }
  }

  /// A seed with its exact digits.
  public struct Seed: Sendable, Hashable {
    /// Where it stands.
    public let input: NodeInput
    /// The node that holds it.
    public let node: Node
    /// The digits.
    public let value: JSONNumber

    /// A seed with its exact digits.
    public init(input: NodeInput, node: Node, value: JSONNumber) {
      self.input = input
      self.node = node
      self.value = value
    }
  }

  /// All nodes in the order of the file.
  public let nodes: [Node]
  /// The inputs that take media.
  public let mediaInputs: [MediaInput]
  /// The texts that a person would change.
  public let prompts: [TextPrompt]
  /// The seeds.
  public let seeds: [Seed]
  /// The nodes whose outputs come back: those that save or preview, and those that nothing is wired to.
  public let outputs: [Node]
  /// Every input that is not wired, in the order of the file, with its schema where that is known.
  public let inputs: [SettableInput]

  /// What a workflow offers.
  public init(
    nodes: [Node], mediaInputs: [MediaInput], prompts: [TextPrompt], seeds: [Seed], outputs: [Node],
    inputs: [SettableInput] = []
  ) {
    self.nodes = nodes
    self.mediaInputs = mediaInputs
    self.prompts = prompts
    self.seeds = seeds
    self.outputs = outputs
    self.inputs = inputs
  }

  /// What the schema says of an input, where it is known.
  public func schema(of input: NodeInput) -> SettableInput.Schema? {
    inputs.first { $0.input == input }?.schema
  }

  /// For `--json`, version 1.
  public var json: JSONValue {
    [
      "type": "inspection", "version": 1,
      "nodes": .array(nodes.map(\.json)),
      "media_inputs": .array(mediaInputs.map(\.json)),
      "prompts": .array(prompts.map { Self.entry($0.input, $0.node, "text", .string($0.text)) }),
      "seeds": .array(seeds.map { Self.entry($0.input, $0.node, "value", .number($0.value)) }),
      "outputs": .array(outputs.map(\.json)), "inputs": .array(inputs.map(\.json)),
    ]
  }

  private static func entry(
    _ input: NodeInput, _ node: Node, _ name: String, _ value: JSONValue
  ) -> JSONValue {
    [
      "input": .string(input.description), "class": .string(node.nodeClass),
      "title": .optional(node.title), name: value,
    ]
  }
}
