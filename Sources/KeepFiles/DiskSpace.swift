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
}
