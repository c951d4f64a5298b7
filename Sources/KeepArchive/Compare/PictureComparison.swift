package import KeepModel

/// Tells whether two archived files of different bytes hold the same picture.
package enum PictureComparison {
  /// Whether two outputs, one of each bundle, are PNG files that differ only in what is written beside the picture.
  ///
  /// Both are read once, in pieces; memory does not depend on their size. Other types are never the same picture.
  ///
  /// - Throws: ``KeepError`` with code `fixity` when a file is not what its headers say, `failure` when there is no
  ///   such file, `localIO`.
  package static func isSame(
    _ first: Manifest.Output, in one: borrowing BundleReader,
    _ second: Manifest.Output, in other: borrowing BundleReader
  ) throws(KeepError) -> Bool {
    guard let left = first.stored, let right = second.stored, left.mediaType == png, right.mediaType == png
    else { return false }
    guard let digest = try digest(of: left, in: one) else { return false }
    return try digest == self.digest(of: right, in: other)
  }

  private static let png: MediaType = "image/png"

  private static func digest(
    of stored: Manifest.Stored, in reader: borrowing BundleReader
  ) throws(KeepError) -> Checksum? {
    var digest = PictureDigest()
    try reader.read("data/\(stored.path)") { piece throws(KeepError) in digest.update(piece) }
    return digest.finish()
  }
}

extension OutputComparison {
  /// Holds the outputs of two open bundles against each other, pictures too.
  ///
  /// The bytes are taken to be what the manifests say; whether they are is for `verify`.
  ///
  /// - Throws: ``KeepError`` as `Manifest(reading:)` and ``PictureComparison/isSame(_:in:_:in:)`` do.
  package init(_ first: borrowing BundleReader, _ second: borrowing BundleReader) throws(KeepError) {
    let manifests = (try Manifest(reading: first), try Manifest(reading: second))
    try self.init(manifests.0, manifests.1) { one, other throws(KeepError) in
      try PictureComparison.isSame(one, in: first, other, in: second)
    }
  }
}
