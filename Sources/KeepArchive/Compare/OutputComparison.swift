package import KeepModel

/// Two runs held against each other, output by output: by node, key and index. Decides, and touches nothing.
package struct OutputComparison: Sendable {
  /// How two outputs of one place go together.
  package enum Likeness: String, Sendable, Hashable {
    /// Byte for byte.
    case same
    /// Other bytes that hold the same picture: only what is written beside it differs.
    case samePicture = "same_picture"
    /// Other bytes.
    case different
    /// Only the first run has it.
    case onlyFirst = "only_first"
    /// Only the second run has it.
    case onlySecond = "only_second"
    /// Both list it, and at least one of them does not hold its bytes.
    case unknown
  }

  /// One output of either run, or of both.
  package struct Entry: Sendable, Equatable {
    package let node: NodeID
    package let key: OutputKey
    package let index: Int
    package let first: Manifest.Output?
    package let second: Manifest.Output?
    package let likeness: Likeness
  }

  /// In order of node id, key and index.
  package let entries: [Entry]

  /// Whether every output of both runs came out byte for byte alike.
  package var isSame: Bool { entries.allSatisfy { $0.likeness == .same } }

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
  ) throws(KeepError) -> Likeness {
    guard let first else { return .onlySecond }
    guard let second else { return .onlyFirst }
    guard let one = first.stored, let other = second.stored else { return .unknown }
    if one.checksum == other.checksum { return .same }
    return try picturesMatch(first, second) ? .samePicture : .different
  }
}
