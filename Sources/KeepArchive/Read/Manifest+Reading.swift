package import KeepModel

extension Manifest {
  /// The manifest of an open bundle.
  ///
  /// - Throws: ``KeepError`` with code `fixity` when it is damaged or is none, `failure` when there is none,
  ///   `localIO`.
  package init(reading reader: borrowing BundleReader) throws(KeepError) {
    let bytes = try reader.bytes(of: "data/manifest.json", limit: .mebibytes(128))
    guard let document = try? JSONDocument(parsing: bytes).value,
      let manifest = try? Manifest(json: document)
    else { throw KeepError(.fixity, .path(reader.path), "its manifest.json cannot be read") }
    self = manifest
  }
}
