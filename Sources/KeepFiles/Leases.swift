internal import Glibc
package import KeepModel
package import SystemPackage

/// What one process has to itself among all that work in one archive: each name, such as a submission's, is a byte of
/// a file, and whoever has that byte locked has the name.
///
/// The kernel lets go of a lock when its holder dies, however it dies, so nothing is ever left taken, and no clock
/// decides who is alive. The locks are of the open file (Linux: `F_OFD_SETLK`), so two values in one process keep
/// names from each other too; the same value may take a name twice, and must keep its own callers apart.
package final class Leases: Sendable {
  private let descriptor: FileDescriptor

  /// Opens the file, making it as needed.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when it cannot be made, or the file system has no such locks.
  package init(_ path: FilePath) throws(KeepError) {
    do {
      self.descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec, .noFollow], permissions: .ownerReadWrite)
    } catch {
      throw .file(error, path, "the leases cannot be opened")
    }
    // The first byte is nobody's; it tells whether locks can be had at all.
    guard Self.set(F_RDLCK, at: 0, descriptor) else {
      let reason = Errno(rawValue: errno)
      try? descriptor.close()  // nothing was done with it
      throw .file(reason, path, "its file system has no locks")
    }
  }

  deinit { try? descriptor.close() }  // closing gives everything back

  /// Takes a name, unless another process has it.
  package func take(_ name: String) -> Bool { Self.set(F_WRLCK, at: Self.place(of: name), descriptor) }

  /// Gives a name back.
  package func give(_ name: String) { _ = Self.set(F_UNLCK, at: Self.place(of: name), descriptor) }

  /// The byte of a name: 60 bits of its SHA-256, from 1 up. Two names with one byte wait for each other.
  private static func place(of name: String) -> Int64 {
    let digits = Checksum(of: Array(name.utf8)).hexadecimal.prefix(15)
    return 1 + (Int64(digits, radix: 16) ?? 0)
  }

  private static func set(_ type: Int32, at place: Int64, _ descriptor: FileDescriptor) -> Bool {
    var lock = flock()
    lock.l_type = Int16(type)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = off_t(place)
    lock.l_len = 1
    while fcntl(descriptor.rawValue, setOpenFileLock, &lock) != 0 {
      guard errno == EINTR else { return false }
    }
    return true
  }

  /// `F_OFD_SETLK` of `fcntl(2)`, which the C library's header hides behind `_GNU_SOURCE`.
  private static let setOpenFileLock: Int32 = 37
}
