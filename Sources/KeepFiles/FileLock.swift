internal import Glibc
package import KeepModel
package import SystemPackage

/// A lock that one process holds at a time: one writer to an archive.
///
/// The kernel lets go of it when the holder closes the file or dies, however it dies, so a lock is never stale.
/// The file stays; it holds the process id of the last holder, for the message that others get.
package struct FileLock: ~Copyable {
  /// The lock's file.
  package let path: FilePath
  private let descriptor: FileDescriptor

  /// Takes the lock. One that is held is tried for again for a second: a process that has just ended may have left
  /// a child which lets go of it only when it starts its own program.
  ///
  /// - Throws: ``KeepError`` with code `ledgerUnusable`, naming the holder, when another process or another
  ///   value of this one has it; `localIO` when the file cannot be made or the file system has no locks.
  package init(_ path: FilePath) throws(KeepError) {
    self.descriptor = try Self.locked(path)
    self.path = path
  }

  deinit { try? descriptor.close() }  // closing releases the lock; there is nothing else to lose

  private static func locked(_ path: FilePath) throws(KeepError) -> FileDescriptor {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec, .noFollow, .nonBlocking],
        permissions: .ownerReadWrite)
    } catch {
      throw .file(error, path, "the lock cannot be opened")
    }
    do {
      var tries = 50
      while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
        let reason = Errno(rawValue: errno)
        tries -= 1
        guard reason == .wouldBlock, tries > 0 else { throw reason }
        usleep(20_000)
      }
      try descriptor.resize(to: 0)
      _ = try descriptor.writeAll(toAbsoluteOffset: 0, Array("\(getpid())\n".utf8))
      return descriptor
    } catch {
      let holder = holder(descriptor)
      try? descriptor.close()  // the lock was not taken, or nothing was done under it
      guard error as? Errno == .wouldBlock else { throw .file(error, path, "cannot be locked") }
      throw KeepError(
        .ledgerUnusable, .path(path), "is held by \(holder.map { "process \($0)" } ?? "another process")",
        hint: "wait until it is done, or stop it")
    }
  }

  /// The process id that stands in the file; it is written just after the lock is taken, so it may be missing.
  private static func holder(_ descriptor: FileDescriptor) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = try? bytes.withUnsafeMutableBytes { try descriptor.read(fromAbsoluteOffset: 0, into: $0) }
    let digits = bytes.prefix(count ?? 0).prefix { (0x30...0x39).contains($0) }
    return Int32(String(decoding: digits, as: UTF8.self))
  }
}
