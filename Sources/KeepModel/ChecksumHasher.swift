internal import Crypto

/// SHA-256 over bytes that come in pieces. This file and ``NamedUUID`` alone know which library hashes.
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

/// SHA-256 with a key (HMAC, RFC 2104).
package enum KeyedHash {
  /// The 32 bytes that bind a message to a key.
  package static func sign(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
  }
}

/// MD5 over bytes that come in pieces: what S3 stores call an object by in its `ETag`. It proves nothing against an
/// adversary and is compared with what a store says, never trusted instead of SHA-256.
package struct EntityTagHasher: Sendable {
  private var hash = Insecure.MD5()

  package init() {}

  /// Adds the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// 32 lower-case hexadecimal digits for everything added.
  package func finish() -> String { Hexadecimal.encode(hash.finalize()) }
}
