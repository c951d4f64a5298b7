internal import Glibc
import KeepArchive
import KeepFiles
public import KeepModel
public import SystemPackage

/// Checks bundles.
public enum Verification {
  /// A file to check, and what is known of it.
  public struct Item: Sendable, Hashable {
    /// The file.
    public let path: FilePath
    /// SHA-256 that the ledger has of it; `nil` where nothing is known.
    public let expected: Checksum?

    /// A file to check.
    public init(path: FilePath, expected: Checksum? = nil) {
      self.path = path
      self.expected = expected
    }
  }

  /// A report for each bundle, in their order, made on all cores.
  public static func reports(of paths: [FilePath]) async -> [VerificationReport] {
    var reports: [VerificationReport] = []
    // Nothing asks to stop, so nothing is thrown.
    try? await run(paths.map { Item(path: $0) }, interruption: Interruption()) { reports.append($0) }
    return reports
  }

  /// Checks bundles on all cores, and hands each report over in the order of the bundles, as soon as it and all
  /// before it are there. Memory does not depend on how many there are.
  ///
  /// - Parameters:
  ///   - isFast: Whether the payload is not hashed; no bundle counts as verified then.
  ///   - watch: Told how many bytes were dealt with since, from any thread.
  ///   - take: Given each report.
  /// - Throws: ``KeepError`` with code `interrupted` once the interruption is raised.
  public static func run(
    _ items: [Item], isFast: Bool = false, interruption: Interruption,
    watch: @escaping @Sendable (UInt64) -> Void = { _ in }, take: (VerificationReport) -> Void
  ) async throws(KeepError) {
    let checks = items.map { BundleCheck($0.path, expecting: $0.expected, isFast: isFast) }
    try await BundleVerifier.verify(
      checks, limit: cores,
      watch: { count throws(KeepError) in
        guard !interruption.isRaised else { throw KeepError(.interrupted, .none, "stopped") }
        watch(count)
      }, take: take)
  }

  /// The size of all files together, as far as it can be told.
  public static func size(of items: [Item]) -> ByteCount {
    ByteCount(items.reduce(0) { $0 &+ (FileStamp(of: $1.path)?.size ?? 0) })
  }

  /// The exit status for all: the gravest, in the order unreadable, not a bundle, unsafe, damaged, not
  /// canonical, partial, whole.
  public static func worst(_ reports: [VerificationReport]) -> Int32 {
    VerificationReport.gravest(reports.map(\.exitStatus)) ?? 0
  }

  private static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
