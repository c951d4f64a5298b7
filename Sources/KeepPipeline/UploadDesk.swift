import KeepInput
import KeepLedger
import KeepModel
import Synchronization

/// Brings assets to the upload target, each once, and knows by which URLs they can be fetched there.
final class UploadDesk: Sendable {
  /// A URL that lives at least this much longer is handed out again: a run may wait in the queue for hours.
  static let margin = Duration.seconds(12 * 3600)

  private let target: UploadTarget?
  private let stores: StoreMaker
  private let allowsLocal: Bool
  private let now: @Sendable () -> Timestamp
  private let made = Mutex<Result<any ObjectStore, KeepError>?>(nil)
  private let hosted = Mutex<[Checksum: HostedObject]>([:])

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
        throw KeepError(.usage, .option("--upload"), "is needed, and names no place")
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
    if let known = hosted.withLock({ $0[asset.checksum] }), lives(known.expiresAt) { return known }
    let store = try store()
    let object = try await object(for: asset, in: store, ledger, progress)
    try await ledger.recordUpload(
      of: asset, to: store.name, as: object.key, url: object.url, expiresAt: object.expiresAt)
    try await stores.probe(object.url, asset, allowsLocal: allowsLocal)
    hosted.withLock { $0[asset.checksum] = object }
    return object
  }

  /// A store that cannot say what its URLs will be cannot be asked what is there either: the ledger is.
  private func object(
    for asset: Asset, in store: any ObjectStore, _ ledger: Ledger,
    _ progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> HostedObject {
    if store.plannedURL(for: asset) == nil,
      let known = try await ledger.upload(of: asset.checksum, to: store.name), lives(known.expiresAt)
    {
      return HostedObject(url: known.url, key: known.name, expiresAt: known.expiresAt, wasThere: true)
    }
    return try await store.put(asset, progress: progress)
  }

  private func lives(_ end: Timestamp?) -> Bool {
    end.map { $0.milliseconds - now().milliseconds > Int64(Self.margin.components.seconds) * 1000 } ?? true
  }
}
