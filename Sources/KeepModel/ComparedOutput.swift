/// One output of either of two runs, or of both.
public struct ComparedOutput: Sendable, Hashable {
  /// An output's file in a bundle.
  public struct File: Sendable, Hashable {
    /// Its path below `data/`.
    public let path: String
    /// SHA-256 of its bytes.
    public let checksum: Checksum
    /// How many they are.
    public let size: ByteCount

    /// A file as a manifest lists it.
    package init(path: String, checksum: Checksum, size: ByteCount) {
      self.path = path
      self.checksum = checksum
      self.size = size
    }
  }

  /// The node that made it.
  public let node: NodeID
  /// The key under which the node lists it.
  public let key: OutputKey
  /// Its place in the list, from 0.
  public let index: Int
  /// How the two go together.
  public let likeness: OutputLikeness
  /// The file in the first bundle, if it holds one.
  public let first: File?
  /// The file in the second bundle, if it holds one.
  public let second: File?

  /// What two bundles have at one place.
  package init(
    node: NodeID, key: OutputKey, index: Int, likeness: OutputLikeness, first: File?, second: File?
  ) {
    self.node = node
    self.key = key
    self.index = index
    self.likeness = likeness
    self.first = first
    self.second = second
  }
}
