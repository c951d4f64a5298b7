/// What a rebuilt ledger holds.
public struct LedgerRebuildReport: Sendable, Hashable {
  /// How many submissions it knows.
  public package(set) var submissions = 0
  /// How many requests it knows.
  public package(set) var requests = 0
  /// How many of them are kept.
  public package(set) var kept = 0
  /// How many of those only a bundle or its receipt told of.
  public package(set) var fromBundles = 0
  /// How many requests are still to be kept.
  public package(set) var open = 0
  /// How many submissions are in doubt.
  public package(set) var inDoubt = 0
  /// What could not be told, in words.
  public package(set) var notes: [String] = []

  package init() {}
}

extension LedgerRebuildReport {
  /// Counts what a ledger tells.
  package mutating func count(_ entries: [LedgerEntry]) {
    submissions = entries.count { $0.key != nil }
    requests = entries.count { $0.request != nil }
    kept = entries.count { $0.kept != nil }
    open = entries.count { $0.state == .submitted || $0.state == .finished }
    inDoubt = entries.count { $0.state == .inDoubt }
  }
}
