import KeepModel
import KeepPipeline
import SystemPackage

/// What `ledger` says, in words and as objects.
enum LedgerReport {
  /// `bundle_missing 2026-11-23/cat/run-….zip: is said to be kept there, and is gone`, and what to do on a line below.
  static func line(_ finding: LedgerFinding) -> String {
    Terminal.safe("\(finding.kind.rawValue) \(finding.subject): \(finding.message)") + "\n"
      + Terminal.safe("  \(finding.advice)")
  }

  /// `{"type":"ledger_finding", …}`.
  static func finding(_ finding: LedgerFinding) -> String {
    JSONReport.line(
      "ledger_finding",
      [
        ("kind", .string(finding.kind.rawValue)), ("subject", .string(finding.subject)),
        ("message", .string(finding.message)), ("advice", .string(finding.advice)),
      ])
  }

  /// `{"type":"ledger_check", …}`, the last line.
  static func check(_ findings: [LedgerFinding], entries: Int, kept: Int, isFull: Bool) -> String {
    JSONReport.line(
      "ledger_check",
      [
        ("ok", .bool(findings.isEmpty)), ("findings", .integer(findings.count)),
        ("entries", .integer(entries)), ("kept", .integer(kept)), ("full", .bool(isFull)),
      ])
  }

  /// `12 entries, 10 of them kept: all is well`.
  static func summary(_ findings: [LedgerFinding], entries: Int, kept: Int) -> String {
    let count = entries == 1 ? "1 entry" : "\(entries) entries"
    let end =
      switch findings.count {
      case 0: "all is well"
      case 1: "1 finding"
      case let many: "\(many) findings"
      }
    return "\(count), \(kept) of them kept: \(end)"
  }

  /// `{"type":"ledger_rebuilt", …}`.
  static func rebuilt(_ outcome: LedgerRebuilding.Outcome) -> String {
    let report = outcome.report
    return JSONReport.line(
      "ledger_rebuilt",
      [
        ("ledger", .string(outcome.ledger.string)), ("damaged", .optional(outcome.aside?.string)),
        ("submissions", .integer(report.submissions)), ("requests", .integer(report.requests)),
        ("kept", .integer(report.kept)), ("from_bundles", .integer(report.fromBundles)),
        ("open", .integer(report.open)), ("in_doubt", .integer(report.inDoubt)),
        ("notes", .array(report.notes.map { .string($0) })),
      ])
  }

  /// `12 submissions, 10 requests: 9 kept (2 known by their bundles alone), 1 still to be kept, 1 in doubt; …`.
  static func summary(_ outcome: LedgerRebuilding.Outcome) -> String {
    let report = outcome.report
    let proven = report.fromBundles > 0 ? " (\(report.fromBundles) known by their bundles alone)" : ""
    let aside = outcome.aside.map { "; the damaged ledger lies at \($0.string)" } ?? ""
    return "\(report.submissions) submissions, \(report.requests) requests: \(report.kept) kept\(proven), "
      + "\(report.open) still to be kept, \(report.inDoubt) in doubt\(aside)"
  }
}
