package import KeepModel

/// Two runs held against each other, output by output: by node, key and index. Decides, and touches nothing.
package struct OutputComparison: Sendable {
  /// One output of either run, or of both.
  package struct Entry: Sendable, Equatable {
    /// The node that made it.
    package let node: NodeID
    /// The key under which the node lists it.
    package let key: OutputKey
    /// Its place in the list, from 0.
    package let index: Int
    /// What the first manifest says of it, if it lists it.
    package let first: Manifest.Output?
    /// What the second manifest says of it, if it lists it.
    package let second: Manifest.Output?
    /// How the two go together.
    package let likeness: OutputLikeness
  }

  /// In order of node id, key and index.
  package let entries: [Entry]

  /// The entries without what else the manifests say of them.
  package var outputs: [ComparedOutput] {
    entries.map { entry in
      ComparedOutput(
        node: entry.node, key: entry.key, index: entry.index, likeness: entry.likeness,
        first: Self.file(entry.first), second: Self.file(entry.second))
    }
  }

  private static func file(_ output: Manifest.Output?) -> ComparedOutput.File? {
    output?.stored.map { stored in
      ComparedOutput.File(path: stored.path, checksum: stored.checksum, size: ByteCount(stored.size))
    }
  }

  /// Holds two manifests against each other.
  ///
  /// Outputs that were left out by choice on either side play no part.
  ///
  /// - Parameter picturesMatch: Asked of two outputs of different bytes whether they hold the same picture.
  package init(
    _ first: Manifest, _ second: Manifest,
    picturesMatch: (Manifest.Output, Manifest.Output) throws(KeepError) -> Bool = { _, _ in false }
  ) throws(KeepError) {
    let left = Self.byPlace(first.outputs)
    let right = Self.byPlace(second.outputs)
    var entries: [Entry] = []
    for place in Set(left.keys).union(right.keys).sorted(by: Place.isBefore) {
      let (one, other) = (left[place], right[place])
      if one?.status == .omitted || other?.status == .omitted { continue }
      entries.append(
        Entry(
          node: place.node, key: place.key, index: place.index, first: one, second: other,
          likeness: try Self.likeness(one, other, picturesMatch)))
    }
    self.entries = entries
  }

  private struct Place: Hashable {
    let node: NodeID
    let key: OutputKey
    let index: Int

    static func isBefore(_ left: Place, _ right: Place) -> Bool {
      if left.node != right.node { return left.node < right.node }
      return left.key == right.key ? left.index < right.index : left.key < right.key
    }
  }

  private static func byPlace(_ outputs: [Manifest.Output]) -> [Place: Manifest.Output] {
    Dictionary(
      outputs.map { (Place(node: $0.node, key: $0.key, index: $0.index), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  private static func likeness(
    _ first: Manifest.Output?, _ second: Manifest.Output?,
    _ picturesMatch: (Manifest.Output, Manifest.Output) throws(KeepError) -> Bool
  ) throws(KeepError) -> OutputLikeness {
    guard let first else { return .onlySecond }
    guard let second else { return .onlyFirst }
    guard let one = first.stored, let other = second.stored else { return .unknown }
    if one.checksum == other.checksum { return .same }
    return try picturesMatch(first, second) ? .samePicture : .different
  }
}
