internal import Crypto

/// SHA-256 over bytes that come in pieces. The one file that knows which library hashes.
package struct ChecksumHasher: Sendable {
  private var hash = SHA256()

  package init() {}

  /// Adds the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// The checksum of everything added. More may be added afterwards.
  package func finish() -> Checksum {
    Checksum(digest: hash.finalize())
  }
}
