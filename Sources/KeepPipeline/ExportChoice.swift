public import KeepModel

/// What of a bundle is written as plain files.
public struct ExportChoice: Sendable {
  /// Whether the files that went in are written too.
  public var includesInputs: Bool
  /// Whether temporary outputs, such as previews, are written beside others; where a run has no others they always are.
  public var includesTemporary: Bool
  /// The nodes to which it is limited; none for all.
  public var nodes: Set<NodeID>

  /// The outputs that a person wants to see, unless told otherwise.
  public init(
    includesInputs: Bool = false, includesTemporary: Bool = false, nodes: Set<NodeID> = []
  ) {
    self.includesInputs = includesInputs
    self.includesTemporary = includesTemporary
    self.nodes = nodes
  }

  func includes(_ node: NodeID) -> Bool { nodes.isEmpty || nodes.contains(node) }
}
