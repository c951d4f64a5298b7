import KeepModel
public import SystemPackage

/// What would be run again: one run for each bundle, in their order.
public struct RerunPlan: Sendable {
  /// The runs, each ready or refused.
  public let runs: RunPlan
  /// The bundle of each run.
  public let bundles: [FilePath]
  /// The request that each bundle is of; `nil` for one that could not be read.
  let requests: [RequestID?]
  /// The files that have to be taken out of the bundle of each run before it can be sent.
  let extractions: [[InputExtraction]]
}
