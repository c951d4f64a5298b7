import KeepFiles
import KeepInput
import KeepLedger
import KeepModel
import Synchronization

/// Brings assets to the upload target, each once, and knows by which URLs they can be fetched there.
final class UploadDesk: Sendable {
  /// A URL that lives at least this much longer, or half of its life, is handed out again: a run may wait in the queue
  /// for hours.
  static let margin = Duration.seconds(12 * 3600)

  /// What was noted of the target's store.
  var notes: StoreNotes { stores.notes }

  private let target: UploadTarget?
  private let stores: StoreMaker
  private let allowsLocal: Bool
  private let now: @Sendable () -> Timestamp
  private let made = Mutex<Result<any ObjectStore, KeepError>?>(nil)
  private let hosted = Mutex<[Checksum: (object: HostedObject, since: Timestamp)]>([:])

  init(
    _ target: UploadTarget?, stores: StoreMaker, allowsLocal: Bool, now: @escaping @Sendable () -> Timestamp
  ) {
    self.target = target
    self.stores = stores
    self.allowsLocal = allowsLocal
    self.now = now
  }

  /// The store of the target.
  ///
  /// - Throws: ``KeepError`` with `usage` without a target, or for one that cannot be used.
  func store() throws(KeepError) -> any ObjectStore {
    if let known = made.withLock({ $0 }) { return try known.get() }
    let result = Result { () throws(KeepError) in
      guard let target else {
        throw KeepError(.usage, .option("--upload"), "names no place to upload to")
      }
      return try stores.store(target, allowsLocal: allowsLocal)
    }
    made.withLock { $0 = result }
    return try result.get()
  }

  /// Puts an asset and probes its URL as the service would fetch it, unless this was done before and the URL lives on.
  ///
  /// - Throws: ``KeepError`` as ``ObjectStore/put(_:progress:)``; `upload_failed` when the URL does not give the asset.
  func host(
    _ asset: Asset, _ ledger: Ledger, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> HostedObject {
    let store = try store()
    if let known = hosted.withLock({ $0[asset.checksum] }), lives(known.object.expiresAt, since: known.since),
      try await ledger.upload(of: asset.checksum, to: store.name)?.name == known.object.key
    {
      // Another process may have removed it since, and removes it when it seems unused for long.
      try await ledger.recordUpload(
        of: asset, to: store.name, as: known.object.key, url: known.object.url,
        expiresAt: known.object.expiresAt, isOurs: false)
      return known.object
    }
    let object: HostedObject
    if let known = try await known(asset, in: store, ledger) {
      object = known
    } else {
      object = try await store.put(asset, progress: progress)
      CrashPoint.uploaded.pass()
      try await record(object, asset, in: store, ledger)
      CrashPoint.uploadRecorded.pass()
      try await stores.probe(object.url, asset, allowsLocal: allowsLocal)
    }
    hosted.withLock { $0[asset.checksum] = (object, now()) }
    return object
  }

  private func record(
    _ object: HostedObject, _ asset: Asset, in store: any ObjectStore, _ ledger: Ledger
  ) async throws(KeepError) {
    try await ledger.recordUpload(
      of: asset, to: store.name, as: object.key, url: object.url, expiresAt: object.expiresAt,
      isOurs: !object.wasThere)
  }

  /// What was put by a store that cannot say what its URLs will be: the ledger is asked, and the URL tried. One that
  /// does not give the file any more is as good as none.
  private func known(
    _ asset: Asset, in store: any ObjectStore, _ ledger: Ledger
  ) async throws(KeepError) -> HostedObject? {
    guard store.plannedURL(for: asset) == nil,
      let known = try await ledger.upload(of: asset.checksum, to: store.name),
      lives(known.expiresAt, since: known.uploadedAt)
    else { return nil }
    do throws(KeepError) {
      try await stores.probe(known.url, asset, allowsLocal: allowsLocal)
    } catch {
      guard error.code == .uploadFailed else { throw error }
      return nil
    }
    let object = HostedObject(
      url: known.url, key: known.name, expiresAt: known.expiresAt, wasThere: true)
    try await record(object, asset, in: store, ledger)
    return object
  }

  private func lives(_ end: Timestamp?, since start: Timestamp) -> Bool {
    guard let end else { return true }
    let half = (end.milliseconds - start.milliseconds) / 2
    return end.milliseconds - now().milliseconds > min(Int64(Self.margin.components.seconds) * 1000, half)
  }
}
