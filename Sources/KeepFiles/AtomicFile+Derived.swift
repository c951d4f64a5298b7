internal import Glibc
package import KeepModel
package import SystemPackage

extension AtomicFile {
  /// Publishes bytes that can be made again at any time, such as a thumbnail, over what has the name.
  ///
  /// The file appears whole, but nothing is synced: after a power cut it may be empty, which its reader has to find by
  /// its size. Thousands of such files would otherwise take minutes.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func publishDerived(_ bytes: [UInt8], as path: FilePath) throws(KeepError) {
    let file = try AtomicFile(in: path.removingLastComponent())
    try file.write(bytes)
    guard fchmod(file.descriptor.rawValue, FilePermissions.shared.rawValue) == 0 else {
      throw .file(Errno(rawValue: errno), path, "its permissions cannot be set")
    }
    let isMoved = file.temporary.withPlatformString { old in
      path.withPlatformString { rename(old, $0) == 0 }
    }
    guard isMoved else { throw .file(Errno(rawValue: errno), path, "cannot be given its name") }
  }
}
