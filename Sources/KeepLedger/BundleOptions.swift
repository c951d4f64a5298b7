internal import GRDB
public import KeepModel

/// What a run's bundle is to hold, as the command said that submitted it.
public struct BundleOptions: Sendable, Equatable {
  /// Whether assets go into it.
  public var includesInputs: Bool
  /// Whether temporary outputs do.
  public var includesTemporary: Bool
  /// Whether it is made although outputs cannot be had.
  public var allowsPartial: Bool

  /// What a bundle holds where nothing else is said: everything, or nothing at all.
  public init(includesInputs: Bool = true, includesTemporary: Bool = true, allowsPartial: Bool = false) {
    self.includesInputs = includesInputs
    self.includesTemporary = includesTemporary
    self.allowsPartial = allowsPartial
  }
}

extension Ledger {
  /// What the bundle of a submission is to hold; `nil` where that was never said.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  public func bundleOptions(of key: SubmissionKey) throws(KeepError) -> BundleOptions? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM submission WHERE key = ?", arguments: [key.rawValue]
      ).flatMap(BundleOptions.init)
    }
  }
}

extension BundleOptions {
  /// Those in a row; `nil` in one of an earlier version.
  fileprivate init?(_ row: Row) {
    guard let inputs: Bool = row["includesInputs"], let temporary: Bool = row["includesTemporary"],
      let partial: Bool = row["allowsPartial"]
    else { return nil }
    self.init(includesInputs: inputs, includesTemporary: temporary, allowsPartial: partial)
  }
}
