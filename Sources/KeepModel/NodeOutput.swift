/// One thing that one node produced.
public struct NodeOutput: Sendable, Hashable {
  /// What it is.
  public enum Content: Sendable, Hashable {
    /// A file that the service lists.
    case file(FileRecord)
    /// Text, to be archived as a file of its UTF-8 bytes.
    case text(String)
  }

  /// A file as the service names it. Every text here is hostile until checked.
  public struct FileRecord: Sendable, Hashable {
    /// The service's name for it; from the URL's last component where there was none.
    public let filename: String
    /// The service's folder, data only.
    public let subfolder: String
    /// `output`, `temp`, `input`, or whatever the node said; `output` where absent.
    public let type: String
    /// Where it can be had; `nil` if the record had no URL.
    public let url: String?

    /// A file as the service names it.
    public init(filename: String, subfolder: String, type: String, url: String?) {
      self.filename = filename
      self.subfolder = subfolder
      self.type = type
      self.url = url
    }
  }

  /// The node that produced it.
  public let node: NodeID
  /// The key of the node's output, such as `images` or `gifs`; compared byte by byte.
  public let key: OutputKey
  /// The position in the depth-first walk of the key's value.
  public let index: Int
  /// Where it stands in the result.
  public let pointer: JSONPointer
  /// The class of the node, if the workflow is known.
  public let nodeClass: String?
  /// The title of the node, if the workflow is known.
  public let nodeTitle: String?
  /// What it is.
  public let content: Content

  /// One thing that one node produced.
  public init(
    node: NodeID, key: OutputKey, index: Int, pointer: JSONPointer, nodeClass: String? = nil,
    nodeTitle: String? = nil, content: Content
  ) {
    self.node = node
    self.key = key
    self.index = index
    self.pointer = pointer
    self.nodeClass = nodeClass
    self.nodeTitle = nodeTitle
    self.content = content
  }
}

/// Marks the key under which a node lists outputs.
public enum OutputKeyKind: Sendable {}
/// The key under which a node lists outputs, such as `images`.
public typealias OutputKey = Identifier<OutputKeyKind>
