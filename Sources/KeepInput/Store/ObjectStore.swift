package import KeepModel

/// A place that assets are put so that the service can fetch them.
///
/// Every implementation keeps these promises, which one contract suite checks:
/// - the object's name comes from the asset's checksum and keeps the extension of its type, so two assets never share
///   one, and the same bytes are put once: what is there already with the right size (and checksum, where the store
///   gives one) is not sent again;
/// - when `put` returns, the store holds exactly the asset's bytes under that name, as far as the store can tell;
///   other bytes that lay there are never overwritten silently;
/// - a file that changes while it is sent is refused, and nothing of it is left under the name;
/// - nothing that a broken connection, a refusal or a cancelled task left half sent stays under the name;
/// - credentials go to the store's own origin alone, along no redirect, and into no error.
package protocol ObjectStore: Sendable {
  /// Which place it is, for people and records: no secret in it.
  var name: String { get }

  /// A URL as `put` would give it, of exactly the same length; `nil` where it cannot be known beforehand.
  func plannedURL(for asset: Asset) -> HTTPURL?

  /// Puts an asset, unless it is there.
  ///
  /// - Parameter progress: told of the bytes that were sent so far.
  /// - Throws: ``KeepError`` with `upload_failed` when the store refuses it for good, `unavailable` when it cannot be
  ///   reached after retries, `input_rejected` when the file is no longer the asset, `local_io`, `interrupted`.
  func put(
    _ asset: Asset, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> HostedObject

  /// A fresh URL for an object that was put before and is still there, without sending it; `nil` if it is not there,
  /// or the store cannot tell.
  ///
  /// - Throws: as ``put(_:progress:)``.
  func find(_ asset: Asset) async throws(KeepError) -> HostedObject?

  /// Removes an object that was put before; one that is not there is no failure.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` when the store refuses or cannot do it, `unavailable`.
  func remove(_ key: String) async throws(KeepError)
}

/// An asset as it lies in a store.
package struct HostedObject: Sendable, Hashable {
  /// Where the service fetches it. May hold a signature.
  package let url: HTTPURL
  /// The store's own name for it, which ``ObjectStore/remove(_:)`` takes.
  package let key: String
  /// When the URL dies; `nil` for never, as far as is known.
  package let expiresAt: Timestamp?
  /// Whether the bytes were there already.
  package let wasThere: Bool

  package init(url: HTTPURL, key: String, expiresAt: Timestamp?, wasThere: Bool) {
    self.url = url
    self.key = key
    self.expiresAt = expiresAt
    self.wasThere = wasThere
  }
}
