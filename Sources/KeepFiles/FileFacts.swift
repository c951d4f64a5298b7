internal import Glibc
package import KeepModel
package import SystemPackage

extension FileReader {
  /// Whether something has this name, links followed.
  package static func exists(_ path: FilePath) -> Bool { FileStatus.of(path) != nil }

  /// The SHA-256 of a whole file.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func checksum(of path: FilePath) throws(KeepError) -> Checksum {
    var hasher = ChecksumHasher()
    try FileReader(path).forEachPiece { hasher.update($0) }
    return hasher.finish()
  }

  /// Who may read and write the open file.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package func permissions() throws(KeepError) -> FilePermissions {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else {
      throw .file(Errno(rawValue: errno), path, "cannot be looked at")
    }
    return FilePermissions(rawValue: status.st_mode & 0o7777)
  }
}
