public import KeepModel

/// What was found in many bundles, in numbers: all that is kept of the reports.
public struct VerificationTally: Sendable {
  /// How many bundles were looked at.
  public private(set) var bundles = 0
  /// Their size together.
  public private(set) var bytes: UInt64 = 0
  /// Whether every one of them was hashed and found to be what it says.
  public private(set) var isVerified = true
  private var counts: [VerificationReport.Verdict: Int] = [:]
  private var statuses: Set<Int32> = []

  /// Nothing was looked at yet.
  public init() {}

  /// Counts a bundle.
  public mutating func add(_ report: VerificationReport) {
    bundles += 1
    bytes &+= report.size?.bytes ?? 0
    isVerified = isVerified && report.isVerified
    counts[report.verdict, default: 0] += 1
    statuses.insert(report.exitStatus)
  }

  /// How many were found to be so.
  public subscript(verdict: VerificationReport.Verdict) -> Int { counts[verdict] ?? 0 }

  /// Whether something was found wrong, or missing, in any of them.
  public var hasFault: Bool { counts.contains { ![.whole, .unhashed].contains($0.key) } }

  /// The exit status for all, as ``Verification/worst(_:)``.
  public var exitStatus: Int32 { VerificationReport.gravest(statuses) ?? 0 }
}
