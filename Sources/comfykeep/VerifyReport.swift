import KeepModel
import KeepPipeline
import SystemPackage

/// What `verify` says, in words and as objects.
enum VerifyReport {
  /// `{"type":"verification", …}`.
  static func object(_ report: VerificationReport) -> String {
    JSONReport.line(
      "verification",
      [
        ("bundle", .string(report.path.string)),
        ("status", .integer(report.exitStatus)),
        ("verdict", .string(report.verdict.rawValue)),
        ("verified", .bool(report.isVerified)),
        ("payload_hashed", .bool(!report.isFast)),
        ("bytes", report.size.map { .integer($0.bytes) } ?? .null),
        ("bundle_sha256", .optional(report.checksum?.hexadecimal)),
        ("request_id", .optional(report.request?.rawValue)),
        ("outputs", .integer(report.outputs)),
        ("findings", .array(report.findings.map(JSONReport.value))),
      ])
  }

  /// `{"type":"verification_summary", …}`.
  static func object(_ tally: VerificationTally, _ holdings: Archive.Holdings?, isFast: Bool) -> String {
    JSONReport.line(
      "verification_summary",
      [
        ("bundles", .integer(tally.bundles)), ("bytes", .integer(tally.bytes)),
        ("status", .integer(tally.exitStatus)),
        ("verified", .bool(tally.isVerified && holdings?.stored.isEmpty != false)),
        ("payload_hashed", .bool(!isFast)),
      ] + VerificationReport.Verdict.allCases.map { ($0.rawValue, .integer(tally[$0])) }
        + [
          ("unknown", holdings.map { .integer($0.unknown.count) } ?? .null),
          ("stored", holdings.map { .integer($0.stored.count) } ?? .null),
        ])
  }

  /// `{"type":"unknown_bundle", …}`: a ZIP in the archive that the ledger does not know.
  static func unknown(_ path: FilePath) -> String {
    JSONReport.line("unknown_bundle", [("bundle", .string(path.string))])
  }

  /// `{"type":"stored_bundle", …}`: a bundle that is kept in a store of objects alone.
  static func stored(_ bundle: StoredBundle) -> String {
    JSONReport.line(
      "stored_bundle",
      [
        ("stored", .string(bundle.place)), ("bundle_sha256", .string(bundle.checksum.hexadecimal)),
      ])
  }

  /// The line of a bundle, and one for each finding; none of a whole bundle where only what is wrong is told.
  static func lines(_ report: VerificationReport, isQuiet: Bool) -> [String] {
    let word = word(report) + (report.isFast && report.verdict != .unhashed ? " (payload not hashed)" : "")
    let head = "\(Terminal.safe(report.path.string)): \(word)"
    let isTold = report.exitStatus != 0 || !isQuiet
    return (isTold ? [head] : []) + findings(report).map { Terminal.safe("  \($0)") }
      + (report.advice.map { [Terminal.safe("  \($0)")] } ?? [])
  }

  /// How many findings of one code are told in words; the object has more of them.
  private static let limit = 8

  /// The findings with the first few of each code, and how many more there are.
  private static func findings(_ report: VerificationReport) -> [String] {
    var counts: [String: Int] = [:]
    let told = report.findings.filter { finding in
      counts[finding.code, default: 0] += 1
      return counts[finding.code, default: 0] <= limit
    }
    let rest = counts.filter { $0.value > limit }.sorted { $0.key < $1.key }
      .map { "\($0.key) and \($0.value - limit) more like it; --json tells more" }
    return told.map(\.description) + rest
  }

  private static func word(_ report: VerificationReport) -> String {
    switch report.verdict {
    case .whole: "ok, \(outputs(report)), sha256 \(report.checksum?.hexadecimal ?? "")"
    case .partial: "partial, as its manifest says"
    case .unhashed: "payload not hashed, the rest is sound, \(outputs(report))"
    case .notCanonical: "content whole, container not canonical"
    case .damaged: "DAMAGED"
    case .gone: "GONE"
    case .unsafe: "UNSAFE"
    case .notABundle: "not a run bundle"
    case .unreadable: "cannot be read"
    }
  }

  private static func outputs(_ report: VerificationReport) -> String {
    report.outputs == 1 ? "1 output" : "\(report.outputs) outputs"
  }

  /// `3 bundles, 1.2 GB: 2 whole, 1 damaged`.
  static func summary(_ tally: VerificationTally) -> String {
    let counts = VerificationReport.Verdict.allCases.filter { tally[$0] > 0 }
      .map { "\(tally[$0]) \(plural($0))" }
    let bundles = tally.bundles == 1 ? "1 bundle" : "\(tally.bundles) bundles"
    return "\(bundles), \(ByteCount(tally.bytes))"
      + (counts.isEmpty ? "" : ": \(counts.joined(separator: ", "))")
  }

  private static func plural(_ verdict: VerificationReport.Verdict) -> String {
    switch verdict {
    case .unhashed: "sound but not hashed"
    case .notCanonical: "not canonical"
    case .notABundle: "not bundles"
    default: verdict.rawValue
    }
  }
}
