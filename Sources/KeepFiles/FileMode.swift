internal import Glibc
package import SystemPackage

extension FilePermissions {
  /// What files get that are for whoever the user lets read them: all may read and write, but for what the
  /// process's umask takes away.
  package static let shared: FilePermissions = {
    // The mask can only be read by setting it; in between, a new file is for the owner alone at worst.
    let mask = umask(0o077)
    _ = umask(mask)
    return FilePermissions(rawValue: 0o666 & ~mask)
  }()
}
