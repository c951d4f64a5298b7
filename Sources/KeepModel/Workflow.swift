/// The graph in API form, by node id, as ComfyUI's *Export (API)* writes it.
public struct Workflow: Sendable, Hashable {
  /// One node.
  public struct Node: Sendable, Hashable {
    /// Its id.
    public let id: NodeID
    /// The name of its class, such as `LoadImage`.
    public let classType: String
    /// `_meta.title`, the name that the artist sees.
    public let title: String?
    /// Literal values and links, in the order of the file.
    public let inputs: JSONObject

    package init(id: NodeID, classType: String, title: String?, inputs: JSONObject) {
      self.id = id
      self.classType = classType
      self.title = title
      self.inputs = inputs
    }
  }

  /// The nodes in the order of the file.
  public let nodes: [Node]
  /// The whole document, as sent in inline mode and archived.
  public let document: JSONValue
  /// Where each node stands.
  private let places: [NodeID: Int]

  package init(nodes: [Node], document: JSONValue) {
    self.nodes = nodes
    self.document = document
    self.places = Dictionary(
      nodes.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  /// Reads a graph from a parsed document.
  ///
  /// - Throws: ``KeepError`` with code `input_rejected` for a UI export (a `nodes` array, not accepted by
  ///   the API), for no nodes, and for a node without `class_type` or `inputs`.
  public init(document: JSONValue) throws(KeepError) {
    guard let object = document.object else {
      throw KeepError(.inputRejected, .none, "the workflow is not a JSON object of nodes")
    }
    if object["nodes"]?.array != nil {
      throw KeepError(
        .inputRejected, .none, "this is a UI export (workflow.json), which the API does not take",
        hint: "in ComfyUI choose Workflow > Export (API) and use that file (workflow_api.json)")
    }
    guard !object.isEmpty else { throw KeepError(.inputRejected, .none, "the workflow has no nodes") }
    var nodes: [Node] = []
    for member in object.members {
      nodes.append(try Node(id: NodeID(member.key), json: member.value))
    }
    self.init(nodes: nodes, document: document)
  }

  /// The node with an id.
  public subscript(id: NodeID) -> Node? { places[id].map { nodes[$0] } }

  /// SHA-256 of the canonical JSON of the document.
  public var checksum: Checksum { Checksum(of: CanonicalJSON.compact(document)) }
}

extension Workflow.Node {
  init(id: NodeID, json: JSONValue) throws(KeepError) {
    guard let classType = json["class_type"]?.string else {
      throw KeepError(
        .inputRejected, .node(id), "has no class_type, so the file is not a workflow in API form",
        hint: "in ComfyUI choose Workflow > Export (API)")
    }
    self.init(
      id: id, classType: classType, title: json["_meta"]?["title"]?.string,
      inputs: json["inputs"]?.object ?? JSONObject())
  }

  /// Where an input is wired to: the source node and its output slot; `nil` for a literal value.
  ///
  /// A value that is a two-item array of a string and a whole number is a link.
  public func link(_ input: InputName) -> (node: NodeID, slot: Int)? {
    guard let value = inputs[input.rawValue] else { return nil }
    return Self.link(value)
  }

  /// Reads a link, else `nil`.
  public static func link(_ value: JSONValue) -> (node: NodeID, slot: Int)? {
    guard let pair = value.array, pair.count == 2, let source = pair[0].string,
      let slot = pair[1].number?.signed
    else { return nil }
    return (NodeID(source), Int(slot))
  }
}
