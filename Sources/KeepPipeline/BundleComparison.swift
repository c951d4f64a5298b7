import KeepArchive
public import KeepModel
public import SystemPackage

/// Two bundles held against each other, output by output.
public struct BundleComparison: Sendable {
  /// What the two runs were given, where it differs.
  public struct Difference: Sendable, Hashable {
    /// What sort of thing it is.
    public enum Kind: String, Sendable, Hashable {
      /// Deployment, status or completeness.
      case run
      /// An override, by node and input.
      case override
      /// An archived input, by node and input.
      case input
      /// A node input, or a node's class, of the workflow.
      case workflow
    }

    /// What sort of thing it is.
    public let kind: Kind
    /// What it is called, such as `25.noise_seed`.
    public let name: String
    /// What the first says, in short; `nil` where it says nothing.
    public let first: String?
    /// What the second says, in short; `nil` where it says nothing.
    public let second: String?
  }

  /// The two bundles.
  public let bundles: (first: FilePath, second: FilePath)
  /// In order of node, key and index; those that were left out by choice play no part.
  public let outputs: [ComparedOutput]
  /// What went in.
  public let differences: [Difference]

  /// Whether every output of both runs came out byte for byte alike.
  public var isSame: Bool { outputs.allSatisfy { $0.likeness == .same } }

  /// Verifies two bundles, every byte, and holds them against each other.
  ///
  /// - Throws: ``KeepError`` with the code of the gravest finding where one of them is damaged, unsafe, or no bundle;
  ///   `local_io`; `interrupted`.
  public init(_ first: FilePath, _ second: FilePath, interruption: Interruption) async throws(KeepError) {
    var failure: KeepError?
    try await Verification.run(
      [first, second].map { Verification.Item(path: $0) }, interruption: interruption
    ) {
      failure = failure ?? $0.refusal
    }
    if let failure { throw failure }
    let one = try BundleReader(first)
    let other = try BundleReader(second)
    let runs = try RunComparison(one, other)
    bundles = (first, second)
    outputs = try OutputComparison(one, other).outputs
    differences =
      Self.differences(.run, runs.facts) + Self.differences(.override, runs.overrides)
      + Self.differences(.input, runs.inputs) + Self.differences(.workflow, runs.workflow)
  }

  private static func differences(_ kind: Difference.Kind, _ found: [RunComparison.Difference])
    -> [Difference]
  {
    found.map { Difference(kind: kind, name: $0.name, first: $0.first, second: $0.second) }
  }
}
