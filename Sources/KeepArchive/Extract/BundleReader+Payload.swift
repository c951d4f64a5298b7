internal import KeepFiles
package import KeepModel
package import SystemPackage

extension BundleReader {
  /// Writes one file of the payload to a path whose folder exists, its bytes checked on the way, never overwriting.
  ///
  /// - Parameters:
  ///   - path: Relative to `data/`, as the manifest lists it.
  ///   - checksum: SHA-256 that the manifest lists.
  /// - Returns: Whether it was written; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `fixity` when the bytes are not those that the manifest lists, `localIO`, and as
  ///   ``read(_:_:)``.
  package func write(
    _ path: String, _ checksum: Checksum, to target: FilePath, permissions: FilePermissions = .shared
  ) throws(KeepError) -> Bool {
    guard let name = target.lastComponent else {
      throw KeepError(.localIO, .path(target), "is not a file name")
    }
    let file = try AtomicFile(in: target.removingLastComponent())
    var hasher = ChecksumHasher()
    try read("data/" + path) { piece throws(KeepError) in
      hasher.update(piece)
      try file.write(piece)
    }
    guard hasher.finish() == checksum else {
      throw KeepError(.fixity, .path(self.path), "\(path) is not what its manifest lists")
    }
    return try file.publish(as: name, permissions: permissions)
  }
}
