/// An asset that was uploaded, as the ledger knows it.
public struct UploadRecord: Sendable, Hashable {
  /// The upload target's name, such as `s3://bucket/prefix`.
  public let target: String
  /// The object's name there.
  public let name: String
  /// SHA-256 of its bytes.
  public let checksum: Checksum
  /// Its size.
  public let size: ByteCount
  /// Its type.
  public let mediaType: MediaType
  /// The URL that it was last given to the service by. May hold a signature.
  public let url: HTTPURL
  /// When it was first put there.
  public let uploadedAt: Timestamp
  /// When a submission last used it.
  public let usedAt: Timestamp
  /// When the URL dies; `nil` for never, as far as is known.
  public let expiresAt: Timestamp?
  /// When it was removed there by us.
  public let removedAt: Timestamp?
  /// Whether we put it there; else it lay there already, and may be somebody else's.
  public let isOurs: Bool
  /// Whether a run that the service may still have to fetch it for is under way, or in doubt.
  public let isNeeded: Bool

  /// Describes an upload.
  public init(
    target: String, name: String, checksum: Checksum, size: ByteCount, mediaType: MediaType, url: HTTPURL,
    uploadedAt: Timestamp, usedAt: Timestamp, expiresAt: Timestamp?, removedAt: Timestamp?, isOurs: Bool,
    isNeeded: Bool
  ) {
    self.target = target
    self.name = name
    self.checksum = checksum
    self.size = size
    self.mediaType = mediaType
    self.url = url
    self.uploadedAt = uploadedAt
    self.usedAt = usedAt
    self.expiresAt = expiresAt
    self.removedAt = removedAt
    self.isOurs = isOurs
    self.isNeeded = isNeeded
  }
}
