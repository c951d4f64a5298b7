internal import Glibc
package import KeepModel
package import SystemPackage

/// A lock on a file that one process holds alone, or several share.
///
/// The kernel lets go of it when the holder closes the file or dies, however it dies, so a lock is never stale.
/// The file stays; it holds the process id of the last one that took it, for the message that others get.
package struct FileLock: ~Copyable {
  /// Who may have it at the same time.
  package enum Mode: Sendable {
    /// Nobody else.
    case exclusive
    /// Others that share it too.
    case shared
  }

  /// The lock's file.
  package let path: FilePath
  private let descriptor: FileDescriptor

  /// Takes the lock. One that is held is tried for again for a second: a process that has just ended may have left
  /// a child which lets go of it only when it starts its own program.
  ///
  /// - Parameter patience: How long it is tried for.
  /// - Throws: ``KeepError`` with code `ledgerUnusable`, naming the holder, when another process or another
  ///   value of this one has it; `localIO` when the file cannot be made or the file system has no locks.
  package init(
    _ path: FilePath, _ mode: Mode = .exclusive, patience: Duration = .seconds(1)
  ) throws(KeepError) {
    self.descriptor = try Self.locked(path, mode, patience)
    self.path = path
  }

  deinit { try? descriptor.close() }  // closing releases the lock; there is nothing else to lose

  /// Lets others share it. In between it may be taken alone by another process, which is waited for.
  ///
  /// - Throws: ``KeepError`` as the lock itself.
  package func share(patience: Duration = .seconds(30)) throws(KeepError) {
    do {
      try Self.lock(descriptor, .shared, patience)
    } catch {
      throw Self.failure(error, path, descriptor)
    }
  }

  private static func lock(_ descriptor: FileDescriptor, _ mode: Mode, _ patience: Duration) throws {
    let pause = Duration.milliseconds(20)
    var rest = patience
    while flock(descriptor.rawValue, (mode == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
      let reason = Errno(rawValue: errno)
      guard reason == .wouldBlock || reason == .interrupted, rest > .zero else { throw reason }
      usleep(20_000)
      rest -= pause
    }
  }

  private static func failure(_ error: any Error, _ path: FilePath, _ descriptor: FileDescriptor) -> KeepError
  {
    guard error as? Errno == .wouldBlock else { return .file(error, path, "cannot be locked") }
    return KeepError(
      .ledgerUnusable, .path(path),
      "is held by \(holder(descriptor).map { "process \($0)" } ?? "another process")",
      hint: "wait until it is done, or stop it")
  }

  private static func locked(
    _ path: FilePath, _ mode: Mode, _ patience: Duration
  ) throws(KeepError) -> FileDescriptor {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec, .noFollow, .nonBlocking],
        permissions: .ownerReadWrite)
    } catch {
      throw .file(error, path, "the lock cannot be opened")
    }
    do {
      try lock(descriptor, mode, patience)
      try descriptor.resize(to: 0)
      _ = try descriptor.writeAll(toAbsoluteOffset: 0, Array("\(getpid())\n".utf8))
      return descriptor
    } catch {
      let failure = failure(error, path, descriptor)
      try? descriptor.close()  // the lock was not taken, or nothing was done under it
      throw failure
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
