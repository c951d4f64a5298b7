import KeepModel

/// One of the documents under `data/run/`, as it is archived.
package struct RunDocument: Sendable, Equatable {
  /// Relative to `data/`.
  package let path: String
  /// What is written.
  package let bytes: [UInt8]
  /// For the workflow: `request` or `submitted`.
  package let source: String?
  /// What was struck out of it.
  package let redactions: [Manifest.Redaction]

  /// The document's entry in the manifest.
  package var entry: Manifest.Document {
    Manifest.Document(
      path: path, size: UInt64(bytes.count), checksum: Checksum(of: bytes), source: source)
  }
}
