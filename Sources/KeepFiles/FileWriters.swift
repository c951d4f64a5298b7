internal import Glibc
package import SystemPackage

/// Whether a file is still open for writing somewhere.
///
/// The kernel gives a read lease on a file only while nobody has it open for writing (`fcntl(2)`, *Leases*). So one
/// is asked for and handed back at once. It speaks of every process of this machine, of every name and link that the
/// file has, and of writable mappings whose descriptor is closed already.
///
/// - Who opens the file for writing in the microseconds between waits for them; who does so with `O_NONBLOCK` is
///   told to try again.
/// - That opening would send us SIGIO, which ends a process by default. The lease's descriptor asks for SIGURG in its
///   place, which does nothing by default, so nothing is changed for the process as a whole.
package enum FileWriters {
  /// Whether some process has the file open for writing; `nil` where the system does not tell: the file is another
  /// user's, the file system has no leases, or there is no regular file there. A link is not followed.
  ///
  /// On a network share, `false` speaks of the programs of this machine alone.
  package static func isBeingWritten(_ path: FilePath) -> Bool? {
    // First without opening: to open a pipe or a device can mean something to others.
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0, status.isRegularFile else { return nil }
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        path, .readOnly, options: [.nonBlocking, .noFollow, .closeOnExec])
    } catch {
      // Someone has the file for itself, as a file server that writes for a client.
      return error as? Errno == .wouldBlock ? true : nil
    }
    defer { try? descriptor.close() }  // it was read alone
    guard fstat(descriptor.rawValue, &status) == 0, status.isRegularFile else { return nil }
    return isLeaseRefused(descriptor.rawValue)
  }

  // Linux's numbers, which the C library shows with _GNU_SOURCE alone.
  private static let setSignal: Int32 = 10
  private static let setLease: Int32 = 1024

  private static func isLeaseRefused(_ descriptor: Int32) -> Bool? {
    guard fcntl(descriptor, setSignal, SIGURG) == 0 else { return nil }
    guard fcntl(descriptor, setLease, Int32(F_RDLCK)) == 0 else { return errno == EAGAIN ? true : nil }
    // A child that is being started may have the descriptor for a moment longer, so closing it is not enough.
    _ = fcntl(descriptor, setLease, Int32(F_UNLCK))
    return false
  }
}
