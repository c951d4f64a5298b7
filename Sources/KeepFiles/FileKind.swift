internal import Glibc
package import SystemPackage

/// What lies under a name, links not followed.
package enum FileKind: Sendable, Equatable {
  case folder
  /// A regular file of so many bytes.
  case file(size: UInt64)
  /// A link, device, pipe or socket.
  case other

  /// What lies there; `nil` where nothing does, or where it cannot be looked at.
  package init?(of path: FilePath) {
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return nil }
    self =
      status.isFolder ? .folder : status.isRegularFile ? .file(size: UInt64(max(0, status.st_size))) : .other
  }
}
