/// A bundle's place in an archive's store of objects, as the ledger knows it.
public struct StoredBundle: Sendable, Hashable {
  /// The store's name, such as `s3://bucket/prefix at https://objects.example.org`. No secret is in it.
  public let store: String
  /// Where it lies there, such as `s3://bucket/prefix/2026-11-23/cat/run-….zip`.
  public let place: String
  /// SHA-256 of the bundle.
  public let checksum: Checksum
  /// Whether the bundle stays in the archive's folder too.
  public let keepsLocal: Bool
  /// Why it is not there yet, where a try has failed.
  public let reason: String?
  /// When it was proven to be there; `nil` for not yet.
  public let storedAt: Timestamp?
  /// When the bundle in the archive's folder was removed for it.
  public let droppedAt: Timestamp?

  /// Whether it was proven to be there.
  public var isStored: Bool { storedAt != nil }

  /// A bundle's place in a store.
  public init(
    store: String, place: String, checksum: Checksum, keepsLocal: Bool, reason: String? = nil,
    storedAt: Timestamp? = nil, droppedAt: Timestamp? = nil
  ) {
    self.store = store
    self.place = place
    self.checksum = checksum
    self.keepsLocal = keepsLocal
    self.reason = reason
    self.storedAt = storedAt
    self.droppedAt = droppedAt
  }
}
