/// Something about a ledger that is not as it must be, with what to do about it.
public struct LedgerFinding: Sendable, Hashable {
  /// What kind of thing it is, for programs.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A page of the file is damaged.
    case integrity
    /// A table, an index or a guard is missing or another.
    case schema
    /// A row names another that is not there.
    case reference
    /// A submission is where it cannot be.
    case state
    /// What happened does not lead to where a submission stands.
    case event
    /// A row cannot be read.
    case unreadable
    /// A bundle that is said to be kept is not there.
    case bundleMissing = "bundle_missing"
    /// A bundle that is said to be kept has other bytes.
    case bundleDamaged = "bundle_damaged"
    /// A bundle of the archive is not known.
    case bundleUnknown = "bundle_unknown"
  }

  /// What kind of thing it is.
  public let kind: Kind
  /// What it is about: a table, a submission's key, a request's id, or a path.
  public let subject: String
  /// What was found.
  public let message: String
  /// What to do next.
  public let advice: String

  package init(_ kind: Kind, _ subject: String, _ message: String, advice: String) {
    self.kind = kind
    self.subject = subject
    self.message = message
    self.advice = advice
  }
}
