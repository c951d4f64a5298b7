internal import Glibc
package import KeepModel
package import SystemPackage

extension FileReader {
  /// Whether something has this name, links followed.
  package static func exists(_ path: FilePath) -> Bool { FileStatus.of(path) != nil }

  /// Whether something has this name, links followed, where that can be told.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when it cannot, such as in a folder that may not be entered.
  package static func isThere(_ path: FilePath) throws(KeepError) -> Bool {
    if FileStatus.of(path) != nil { return true }
    let reason = Errno(rawValue: errno)
    guard reason == .noSuchFileOrDirectory || reason == .notDirectory else {
      throw .file(reason, path, "cannot be looked at")
    }
    return false
  }

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
