import KeepArchive
public import KeepModel
public import SystemPackage

/// Checks bundles.
public enum Verification {
  /// A report for each bundle, in their order, made on all cores.
  public static func reports(of paths: [FilePath]) async -> [VerificationReport] {
    await BundleVerifier.verifyAll(paths, limit: 2)
  }

  /// The exit status for all: the gravest, in the order unreadable, not a bundle, unsafe, damaged, not
  /// canonical, partial, whole.
  public static func worst(_ reports: [VerificationReport]) -> Int32 {
    let statuses = Set(reports.map(\.exitStatus))
    return [74, 4, 5, 30, 6, 3].first { statuses.contains($0) } ?? statuses.max() ?? 0
  }
}
