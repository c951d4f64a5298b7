internal import Glibc
package import KeepModel
package import SystemPackage

/// How much room a file system has.
package enum DiskSpace {
  /// What a user without privileges can still write at a path that exists; `nil` where the system does not say.
  package static func available(at path: FilePath) -> ByteCount? {
    var status = statvfs()
    guard path.withPlatformString({ statvfs($0, &status) }) == 0 else { return nil }
    let (bytes, isOverflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return isOverflow ? ByteCount(.max) : ByteCount(bytes)
  }

  /// Whether two paths that exist lie on one file system; `false` where that cannot be told.
  package static func isShared(_ one: FilePath, _ other: FilePath) -> Bool {
    guard let device = device(of: one) else { return false }
    return device == self.device(of: other)
  }

  /// Refuses to begin what will not fit.
  ///
  /// - Throws: ``KeepError`` with code `localIO`, which tells what is needed and what there is.
  package static func require(_ need: ByteCount, at path: FilePath) throws(KeepError) {
    if let room = available(at: path), room < need { throw .noRoom(for: need, at: path, room) }
  }

  private static func device(of path: FilePath) -> dev_t? {
    var status = stat()
    return path.withPlatformString { stat($0, &status) } == 0 ? status.st_dev : nil
  }
}

extension KeepError {
  /// A file system that has too little room for what is about to be written.
  package static func noRoom(for need: ByteCount, at path: FilePath, _ room: ByteCount) -> KeepError {
    KeepError(
      .localIO, .path(path), "has no room for what is to come: \(need) are needed, \(room) are free",
      hint: "free some space and run the same command again; it goes on where it stopped")
  }
}
