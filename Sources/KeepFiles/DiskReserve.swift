internal import Glibc
package import KeepModel
package import SystemPackage

/// Room on a disk that is held for what must be written even when the disk is full: a file that can be let go of.
package struct DiskReserve: Sendable {
  private let path: FilePath

  /// A reserve under a name; nothing is held yet.
  package init(_ path: FilePath) { self.path = path }

  /// Holds so many bytes, unless they are held already. A disk that has no room for them holds none, which is no
  /// failure here: what is written next tells of it.
  package func hold(_ size: ByteCount) {
    guard
      let file = try? FileDescriptor.open(
        path, .writeOnly, options: [.create, .closeOnExec, .noFollow], permissions: .ownerReadWrite)
    else { return }
    let isHeld = posix_fallocate(file.rawValue, 0, off_t(size.bytes)) == 0
    try? file.close()  // only its room counts, and that is had or not
    if !isHeld { release() }
  }

  /// Lets go of the room; whether there was any.
  @discardableResult
  package func release() -> Bool { path.withPlatformString { unlink($0) } == 0 }
}
