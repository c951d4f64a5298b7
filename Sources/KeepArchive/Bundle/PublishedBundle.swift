package import KeepModel
package import SystemPackage

/// A bundle that lies under its name, whole and verified.
package struct PublishedBundle: Sendable, Equatable {
  /// Where it lies.
  package let path: FilePath
  /// SHA-256 of the ZIP.
  package let checksum: Checksum
  /// The size of the ZIP.
  package let size: ByteCount
  /// How many outputs are in it.
  package let outputs: Int
  /// How many outputs are listed as missing.
  package let missing: Int
  /// Whether the same bundle, byte for byte, lay there before.
  package let wasThere: Bool
}
