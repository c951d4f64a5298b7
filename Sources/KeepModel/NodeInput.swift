/// One named input of one node, written `189.image`.
public struct NodeInput: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The node.
  public let node: NodeID
  /// The input's name, compared byte by byte.
  public let name: InputName

  /// Names an input of a node.
  public init(node: NodeID, name: InputName) {
    self.node = node
    self.name = name
  }

  /// Reads `NODE.INPUT`; the last dot parts them, since a node id may hold colons and a title dots.
  ///
  /// Returns `nil` when there is no dot or a side of it is empty.
  public init?(parsing text: String) {
    let bytes = text.utf8
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot != bytes.startIndex,
      bytes.index(after: dot) != bytes.endIndex
    else { return nil }
    self.node = NodeID(String(text[..<dot]))
    self.name = InputName(String(text[bytes.index(after: dot)...]))
  }

  /// `NODE.INPUT`.
  public var description: String { "\(node).\(name)" }

  /// By node, then by name.
  public static func < (left: Self, right: Self) -> Bool {
    left.node == right.node ? left.name < right.name : left.node < right.node
  }
}

/// Marks the name of a node's input.
public enum InputNameKind: Sendable {}
/// The name of one input of a node, such as `image`.
public typealias InputName = Identifier<InputNameKind>
