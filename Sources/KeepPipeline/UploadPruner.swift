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
    /// Why it could not be removed; `nil` where it was, or is in use.
    public let error: KeepError?
    /// Whether it stays because a run has come to use it since it was looked for.
    public let isUsed: Bool
    /// Whether it was removed.
    public var isRemoved: Bool { error == nil && !isUsed }
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
  /// Each is looked at anew while nobody else can come to use it. A run needs its uploads from its claim on, and takes
  /// the turn of each after that: before its claim it finds nothing there and uploads again, and after it what it needs
  /// stays.
  ///
  /// - Throws: ``KeepError`` with `ledger_unusable` when a removal cannot be written down.
  public func remove(
    _ uploads: [UploadRecord], unusedSince moment: Timestamp, from archive: Archive
  ) async throws(KeepError) -> [Outcome] {
    var outcomes: [Outcome] = []
    for upload in uploads {
      // Who has its turn uploads it, or finds it there.
      let outcome = try await archive.turns.alone(
        Run.turn(ofUpload: upload.checksum), patience: .none
      ) { () async throws(KeepError) in
        try await remove(upload, unusedSince: moment, archive.ledger)
      }
      outcomes.append(outcome ?? Outcome(upload: upload, error: nil, isUsed: true))
    }
    return outcomes
  }

  private func remove(
    _ upload: UploadRecord, unusedSince moment: Timestamp, _ ledger: Ledger
  ) async throws(KeepError) -> Outcome {
    guard let current = try await ledger.upload(named: upload.name, at: upload.target),
      !candidates(among: [current], unusedSince: moment).isEmpty
    else { return Outcome(upload: upload, error: nil, isUsed: true) }
    do throws(KeepError) {
      try await store.remove(upload.name)
    } catch {
      return Outcome(upload: upload, error: error, isUsed: false)
    }
    try await ledger.recordRemoval(of: upload.name, from: upload.target)
    return Outcome(upload: upload, error: nil, isUsed: false)
  }
}
