/// What one node input is to be.
public enum OverrideValue: Sendable, Hashable {
  /// A value with exact digits.
  case json(JSONValue)
  /// A local file or an address.
  case asset(AssetReference)
  /// A seed drawn by us. The intent is "any seed", so the submission key leaves the drawn value out; a sweep that
  /// draws several for one file tells them apart by `draw`, from 1.
  case randomSeed(UInt64, draw: Int = 1)
}

/// Replacement values for node inputs, each input once.
public struct Overrides: Sendable, Hashable {
  private var values: [NodeInput: OverrideValue] = [:]

  /// No overrides.
  public init() {}

  /// Whether there are none.
  public var isEmpty: Bool { values.isEmpty }
  /// The number of overridden inputs.
  public var count: Int { values.count }

  /// The value for an input.
  public subscript(input: NodeInput) -> OverrideValue? {
    get { values[input] }
    set { values[input] = newValue }
  }

  /// All inputs with their values, by node id, then name.
  public var sorted: [(input: NodeInput, value: OverrideValue)] {
    values.sorted { $0.key < $1.key }.map { (input: $0.key, value: $0.value) }
  }

  /// The local files, by node input.
  public var assets: [(input: NodeInput, asset: Asset)] {
    sorted.compactMap { entry in
      guard case .asset(let reference) = entry.value, let asset = reference.asset else { return nil }
      return (input: entry.input, asset: asset)
    }
  }
}
