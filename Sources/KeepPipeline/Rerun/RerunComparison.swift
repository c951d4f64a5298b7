import KeepArchive
import KeepFiles
public import KeepModel
public import SystemPackage

/// A run and its rerun, held against each other output by output.
public struct RerunComparison: Sendable {
  /// The bundle that was run again.
  public let original: FilePath
  /// The bundle of the new run.
  public let rerun: FilePath
  /// The run of the first bundle.
  public let originalRequest: RequestID
  /// The new run.
  public let request: RequestID
  /// The outputs, by node, key and place; those that either bundle leaves out by choice are not among them.
  public let outputs: [ComparedOutput]
  /// Whether the service gave the very files of the first run again: it had the result in its cache.
  public let isFromCache: Bool

  /// Whether it was run again, and every output came out byte for byte the same.
  public var isSame: Bool { !isOneRun && outputs.allSatisfy { $0.likeness == .same } }

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
    let outputs = try OutputComparison(one, other)
    self.outputs = outputs.outputs
    let files = outputs.entries.filter { $0.first?.url != nil || $0.second?.url != nil }
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
