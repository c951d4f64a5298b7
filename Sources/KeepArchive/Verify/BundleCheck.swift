package import KeepModel
package import SystemPackage

/// What is to be checked of one file.
package struct BundleCheck: Sendable {
  /// The file.
  package let path: FilePath
  /// SHA-256 that the ledger has of it; `nil` where nothing is known.
  package let expected: Checksum?
  /// Whether the payload, and the file as a whole, is not read: container, sizes and documents are checked alone.
  package let isFast: Bool

  /// What is to be checked of a file: every byte, unless it `isFast`.
  package init(_ path: FilePath, expecting expected: Checksum? = nil, isFast: Bool = false) {
    self.path = path
    self.expected = expected
    self.isFast = isFast
  }
}
