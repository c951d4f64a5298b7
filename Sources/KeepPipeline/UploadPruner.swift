import KeepInput
import KeepLedger
public import KeepModel
public import KeepTransport

/// Removes from an upload target what no run needs any more.
public struct UploadPruner: Sendable {
  /// What became of an upload.
  public struct Outcome: Sendable {
    /// The upload.
    public let upload: UploadRecord
    /// Why it could not be removed; `nil` where it was.
    public let error: KeepError?
  }

  private let store: any ObjectStore

  /// A pruner of a target.
  ///
  /// - Throws: ``KeepError`` with `usage` for a target that cannot be used.
  public init(
    target: UploadTarget, transport: any Transport, clock: any Clock<Duration>,
    now: @escaping @Sendable () -> Timestamp, allowsLocal: Bool
  ) throws(KeepError) {
    try self.init(
      target: target, stores: StoreMaker(transport: transport, clock: clock, now: now),
      allowsLocal: allowsLocal)
  }

  init(target: UploadTarget, stores: StoreMaker, allowsLocal: Bool) throws(KeepError) {
    self.store = try stores.store(target, allowsLocal: allowsLocal)
  }

  /// Those of some uploads that we put at the target, that no run needs, and that none used since a moment.
  public func candidates(among uploads: [UploadRecord], unusedSince moment: Timestamp) -> [UploadRecord] {
    uploads.filter { upload in
      upload.target == store.name && upload.isOurs && upload.removedAt == nil && !upload.isNeeded
        && upload.usedAt < moment
    }
  }

  /// Removes uploads, one after the other; one that cannot be removed leaves the others alone.
  ///
  /// - Throws: ``KeepError`` with `ledger_unusable` when a removal cannot be written down.
  public func remove(_ uploads: [UploadRecord], from archive: Archive) async throws(KeepError) -> [Outcome] {
    var outcomes: [Outcome] = []
    for upload in uploads {
      do throws(KeepError) {
        try await store.remove(upload.name)
      } catch {
        outcomes.append(Outcome(upload: upload, error: error))
        continue
      }
      try await archive.ledger.recordRemoval(of: upload.name, from: upload.target)
      outcomes.append(Outcome(upload: upload, error: nil))
    }
    return outcomes
  }
}
