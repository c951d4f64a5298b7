import KeepArchive
import KeepFiles
public import KeepModel
public import SystemPackage

/// A run and its rerun, held against each other output by output.
public struct RerunComparison: Sendable {
  /// One output of either.
  public struct Output: Sendable {
    /// The node that gave it.
    public let node: NodeID
    /// The key that it came under.
    public let key: OutputKey
    /// Its place there, from 0.
    public let index: Int
    /// How the two go together: `same`, `same_picture`, `different`, `only_first`, `only_second` or `unknown`.
    public let likeness: String
    /// The first one's file, where it is kept.
    public let first: File?
    /// The second one's file, where it is kept.
    public let second: File?
  }

  /// An output's file in a bundle.
  public struct File: Sendable, Hashable {
    /// Its path below `data/`.
    public let path: String
    /// SHA-256 of its bytes.
    public let checksum: Checksum
    /// How many they are.
    public let size: ByteCount

    fileprivate init(_ stored: Manifest.Stored) {
      self.path = stored.path
      self.checksum = stored.checksum
      self.size = ByteCount(stored.size)
    }
  }

  /// The bundle that was run again.
  public let original: FilePath
  /// The bundle of the new run.
  public let rerun: FilePath
  /// The run of the first bundle.
  public let originalRequest: RequestID
  /// The new run.
  public let request: RequestID
  /// The outputs, by node, key and place; those that either bundle leaves out by choice are not among them.
  public let outputs: [Output]
  /// Whether the service gave the very files of the first run again: it had the result in its cache.
  public let isFromCache: Bool

  /// Whether it was run again, and every output came out byte for byte the same.
  public var isSame: Bool {
    !isOneRun && outputs.allSatisfy { $0.likeness == OutputComparison.Likeness.same.rawValue }
  }

  /// Whether both bundles are of one run: then nothing was run again.
  public var isOneRun: Bool { originalRequest == request }

  /// Holds two bundles against each other; neither is verified.
  ///
  /// - Throws: ``KeepError`` as every reading of a bundle.
  public init(of original: FilePath, and rerun: FilePath) throws(KeepError) {
    let one = try BundleReader(original)
    let other = try BundleReader(rerun)
    let first = try Manifest(reading: one)
    let second = try Manifest(reading: other)
    self.original = original
    self.rerun = rerun
    self.originalRequest = first.run.request
    self.request = second.run.request
    let entries = try OutputComparison(one, other).entries
    self.outputs = entries.map { entry in
      Output(
        node: entry.node, key: entry.key, index: entry.index, likeness: entry.likeness.rawValue,
        first: entry.first?.stored.map(File.init), second: entry.second?.stored.map(File.init))
    }
    let files = entries.filter { $0.first?.url != nil || $0.second?.url != nil }
    self.isFromCache =
      first.run.request != second.run.request && !files.isEmpty
      && files.allSatisfy { $0.first?.url != nil && $0.first?.url == $0.second?.url }
  }
}

extension RerunPlan {
  /// Each run held against its bundle; `nil` where no bundle came of it, or it is not here.
  public func comparisons(of outcomes: [SubmissionOutcome]) -> [Result<RerunComparison, KeepError>?] {
    zip(bundles, outcomes).map { bundle, outcome in
      guard let rerun = outcome.bundle, FileReader.exists(rerun) else { return nil }
      return Result { () throws(KeepError) in try RerunComparison(of: bundle, and: rerun) }
    }
  }
}
