internal import GRDB
public import KeepModel

extension Ledger {
  /// The submissions that are being sent, or were when their process ended.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  public func submissionsBeingSent() throws(KeepError) -> [SubmissionKey] {
    try read { database in
      try String.fetchAll(database, sql: "SELECT key FROM submission WHERE state = 'submitting' ORDER BY key")
        .map { SubmissionKey($0) }
    }
  }

  /// Turns a submission that a process left half sent when it ended into one in doubt; any other stays as it is.
  ///
  /// To be called by who has the submission's lease: then nobody living is sending it.
  ///
  /// - Returns: Whether it was half sent.
  /// - Throws: ``KeepError`` with code `ledgerUnusable`.
  @discardableResult
  public func doubtInterrupted(_ key: SubmissionKey) throws(KeepError) -> Bool {
    let time = now()
    return try write { database in
      guard try Self.state(database, key) == .submitting else { return false }
      try Self.move(
        database, key, from: [.submitting], to: .inDoubt, at: time,
        reason: "the program ended while it was being submitted")
      return true
    }
  }
}
