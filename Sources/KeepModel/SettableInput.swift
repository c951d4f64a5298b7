/// A node input with a plain value, and what the schema of its node says of it.
public struct SettableInput: Sendable, Hashable {
  /// What `object_info` says of an input.
  public struct Schema: Sendable, Hashable {
    /// `INT`, `FLOAT`, `STRING`, `BOOLEAN`, `COMBO`, or a word of the node's own.
    public let type: String
    /// The least number, inclusive.
    public let minimum: JSONNumber?
    /// The greatest number, inclusive.
    public let maximum: JSONNumber?
    /// The step of ComfyUI's page, which the service does not insist on.
    public let step: JSONNumber?
    /// The choices; `nil` where anything goes.
    public let choices: [JSONValue]?
    /// Whether a list of several choices is taken.
    public let takesSeveral: Bool

    /// What `object_info` says of an input.
    public init(
      type: String, minimum: JSONNumber? = nil, maximum: JSONNumber? = nil, step: JSONNumber? = nil,
      choices: [JSONValue]? = nil, takesSeveral: Bool = false
    ) {
      self.type = type
      self.minimum = minimum
      self.maximum = maximum
      self.step = step
      self.choices = choices
      self.takesSeveral = takesSeveral
    }

    /// How many choices are told.
    public static let mostChoices = 100

    /// In a few words: `INT 1…10000`, `one of 9: euler, heun, …`.
    public var summary: String {
      if let choices {
        let shown = choices.prefix(6).map { choice in
          choice.string ?? String(decoding: CanonicalJSON.compact(choice), as: UTF8.self)
        }
        let more = choices.count > shown.count ? ", …" : ""
        return "\(takesSeveral ? "some" : "one") of \(choices.count): "
          + shown.joined(separator: ", ") + more
      }
      switch (minimum, maximum) {
      case (let minimum?, let maximum?): return "\(type) \(minimum)…\(maximum)"
      case (let minimum?, nil): return "\(type) from \(minimum)"
      case (nil, let maximum?): return "\(type) up to \(maximum)"
      case (nil, nil): return type
      }
    }

    /// For `--json`; of the choices the first ``mostChoices``.
    public var json: JSONValue {
      [
        "type": .string(type), "min": minimum.map(JSONValue.number) ?? .null,
        "max": maximum.map(JSONValue.number) ?? .null, "step": step.map(JSONValue.number) ?? .null,
        "choices": choices.map { .array(Array($0.prefix(Self.mostChoices))) } ?? .null,
        "choice_count": choices.map { .integer($0.count) } ?? .null, "takes_several": .bool(takesSeveral),
      ]
    }
  }

  /// Where the value stands.
  public let input: NodeInput
  /// The node that holds it.
  public let node: WorkflowInspection.Node
  /// What stands there now.
  public let value: JSONValue
  /// What the schema says; `nil` where there is none.
  public let schema: Schema?

  /// A node input with a plain value.
  public init(input: NodeInput, node: WorkflowInspection.Node, value: JSONValue, schema: Schema?) {
    self.input = input
    self.node = node
    self.value = value
    self.schema = schema
  }

  /// For `--json`.
  public var json: JSONValue {
    [
      "input": .string(input.description), "class": .string(node.nodeClass),
      "title": .optional(node.title), "value": value, "schema": schema?.json ?? .null,
    ]
  }
}
