public import KeepModel

/// Where an archive's bundles are put, once they are kept in its folder.
public struct DepositTarget: Sendable, Equatable {
  /// The bucket, and what every name in it begins with.
  public var bucket: S3Target
  /// Whether bundles stay in the archive's folder too.
  public var keepsLocal: Bool
  /// Whether plain http to another machine is allowed.
  public var allowsPlain: Bool

  /// A place for an archive's bundles.
  public init(_ bucket: S3Target, keepsLocal: Bool = false, allowsPlain: Bool = false) {
    self.bucket = bucket
    self.keepsLocal = keepsLocal
    self.allowsPlain = allowsPlain
  }
}
