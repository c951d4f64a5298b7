import KeepArchive
public import KeepModel
public import SystemPackage

/// Two bundles held against each other, output by output.
public struct BundleComparison: Sendable {
  /// How two outputs of one place go together.
  public enum Likeness: String, Sendable, Hashable, CaseIterable {
    /// Byte for byte.
    case same
    /// PNG files of other bytes that hold the same picture: only words or the time beside it differ.
    case samePicture = "same_picture"
    /// Other bytes.
    case different
    /// Only the first has it.
    case onlyFirst = "only_first"
    /// Only the second has it.
    case onlySecond = "only_second"
    /// Both list it, and at least one does not hold its bytes.
    case unknown
  }

  /// An output's file in a bundle.
  public struct File: Sendable, Hashable {
    /// Its path below `data/`.
    public let path: String
    /// SHA-256 of its bytes.
    public let checksum: Checksum
    /// How many they are.
    public let size: ByteCount

    fileprivate init?(_ output: Manifest.Output?) {
      guard let stored = output?.stored else { return nil }
      self.path = stored.path
      self.checksum = stored.checksum
      self.size = ByteCount(stored.size)
    }
  }

  /// One output of either run, or of both.
  public struct Output: Sendable, Hashable {
    /// The node that made it.
    public let node: NodeID
    /// The key under which the node lists it.
    public let key: OutputKey
    /// Its place in the list.
    public let index: Int
    /// How the two go together.
    public let likeness: Likeness
    /// The file in the first bundle, if it holds one.
    public let first: File?
    /// The file in the second bundle, if it holds one.
    public let second: File?
  }

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
  public let outputs: [Output]
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
      failure = failure ?? Self.failure($0)
    }
    if let failure { throw failure }
    let one = try BundleReader(first)
    let other = try BundleReader(second)
    let runs = try RunComparison(one, other)
    bundles = (first, second)
    outputs = try OutputComparison(one, other).entries.map(Self.output)
    differences =
      Self.differences(.run, runs.facts) + Self.differences(.override, runs.overrides)
      + Self.differences(.input, runs.inputs) + Self.differences(.workflow, runs.workflow)
  }

  /// Why a bundle's bytes cannot be relied on.
  private static func failure(_ report: VerificationReport) -> KeepError? {
    guard ![.whole, .partial, .notCanonical].contains(report.verdict) else { return nil }
    let finding = report.findings.first { $0.status?.exitStatus == report.exitStatus }
    return KeepError(
      finding?.status ?? .fixity, .path(report.path),
      "does not verify: \(finding?.description ?? "unreadable")")
  }

  private static func output(_ entry: OutputComparison.Entry) -> Output {
    let likeness: Likeness =
      switch entry.likeness {
      case .same: .same
      case .samePicture: .samePicture
      case .different: .different
      case .onlyFirst: .onlyFirst
      case .onlySecond: .onlySecond
      case .unknown: .unknown
      }
    return Output(
      node: entry.node, key: entry.key, index: entry.index, likeness: likeness, first: File(entry.first),
      second: File(entry.second))
  }

  private static func differences(_ kind: Difference.Kind, _ found: [RunComparison.Difference])
    -> [Difference]
  {
    found.map { Difference(kind: kind, name: $0.name, first: $0.first, second: $0.second) }
  }
}
