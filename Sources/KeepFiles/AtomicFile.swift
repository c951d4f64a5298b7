internal import Glibc
package import KeepModel
package import SystemPackage

/// A file that appears under its final name whole or not at all.
///
/// It is written under a temporary name in its final folder, synced, published by a hard link that never
/// overwrites, and the folder synced. A value that goes without being published removes the temporary file.
/// As long as it is written there is a lock on it: one that nobody holds was left by a process that was killed.
package struct AtomicFile: ~Copyable {
  /// The temporary name.
  package let temporary: FilePath
  /// The open file, for writers that need more than ``write(_:)``.
  package let descriptor: FileDescriptor
  private let folder: FilePath

  /// Names that start like this are temporary files of ours, left by a process that was killed.
  package static let prefix = ".comfykeep-"

  /// A new name for a file or folder that is not whole yet.
  static func temporaryName() -> String {
    prefix + String(UInt64.random(in: .min ... .max), radix: 36) + suffix
  }

  /// Whether a name is one that ``temporaryName()`` may have made.
  static func isTemporary(_ name: FilePath.Component) -> Bool {
    let bytes = Array(name.string.utf8)
    guard bytes.starts(with: prefix.utf8), bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else {
      return false
    }
    let number = bytes.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
    let digits = [UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z")]
    return !number.isEmpty && number.allSatisfy { byte in digits.contains { $0.contains(byte) } }
  }

  private static let suffix = ".part"

  /// Makes the temporary file, readable and writable by the owner until it is published.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package init(in folder: FilePath) throws(KeepError) {
    self.folder = folder
    (self.temporary, self.descriptor) = try Self.made(in: folder)
  }

  /// A new temporary file with its lock. One that was taken for a leftover before it had the lock is made again.
  private static func made(in folder: FilePath) throws(KeepError) -> (FilePath, FileDescriptor) {
    for _ in 0..<16 {
      let path = folder.appending(temporaryName())
      let descriptor: FileDescriptor
      do {
        descriptor = try FileDescriptor.open(
          path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
      } catch {
        throw .file(error, folder, "no file can be made there")
      }
      if isHeld(descriptor) { return (path, descriptor) }
      try? descriptor.close()  // nothing was written to it
      path.withPlatformString { _ = unlink($0) }
    }
    throw KeepError(.localIO, .path(folder), "every file that is made there is taken away at once")
  }

  /// Takes the lock of a new file; whether it still has its name then. A file system without locks is no
  /// hindrance: nobody clears away a file whose lock cannot be taken.
  private static func isHeld(_ descriptor: FileDescriptor) -> Bool {
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else { return errno != EWOULDBLOCK }
    var status = stat()
    return fstat(descriptor.rawValue, &status) == 0 && status.st_nlink > 0
  }

  deinit {
    try? descriptor.close()  // nothing is lost: what counts was synced before
    temporary.withPlatformString { _ = unlink($0) }
  }

  /// Appends bytes.
  ///
  /// - Throws: ``KeepError`` with code `localIO`, also for a full disk.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(KeepError) {
    do { _ = try descriptor.writeAll(bytes) } catch { throw .file(error, temporary, "cannot be written") }
  }

  /// Appends bytes.
  ///
  /// - Throws: ``KeepError`` with code `localIO`, also for a full disk.
  package func write(_ bytes: [UInt8]) throws(KeepError) {
    do {
      _ = try descriptor.writeAll(bytes)
    } catch {
      throw .file(error, temporary, "cannot be written")
    }
  }

  /// Syncs the bytes to disk without giving the file its name yet.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package func sync() throws(KeepError) {
    guard fsync(descriptor.rawValue) == 0 else {
      throw .file(Errno(rawValue: errno), temporary, "cannot be synced to disk")
    }
  }

  /// Syncs the file, gives it its final name and syncs the folder.
  ///
  /// - Returns: Whether it was published; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`.
  package consuming func publish(
    as name: String, permissions: FilePermissions = .shared
  ) throws(KeepError) -> Bool {
    guard let name = FilePath.Component(name), name.kind == .regular else {
      throw KeepError(.localIO, .path(folder.appending(name)), "is not a file name")
    }
    return try publish(as: name, permissions: permissions)
  }

  /// Syncs the file, gives it its final name, whose bytes need not be UTF-8, and syncs the folder.
  ///
  /// - Returns: Whether it was published; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`.
  package consuming func publish(
    as name: FilePath.Component,
    permissions: FilePermissions = .shared
  ) throws(KeepError) -> Bool {
    let target = folder.appending(name)
    guard fchmod(descriptor.rawValue, permissions.rawValue) == 0 else {
      throw .file(Errno(rawValue: errno), target, "its permissions cannot be set")
    }
    try sync()
    CrashPoint.fileSynced.pass()
    if Self.call(link, temporary, target) != 0 {
      switch errno {
      case EEXIST: return false
      case EPERM, EOPNOTSUPP, ENOSYS, EMLINK: return try publishByRename(to: target)
      default: throw .file(Errno(rawValue: errno), target, "cannot be given its name")
      }
    }
    CrashPoint.fileNamed.pass()
    temporary.withPlatformString { _ = unlink($0) }
    try Folder.sync(folder)
    return true
  }

  /// A system call on two paths, by their bytes.
  private static func call(
    _ function: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32, _ first: FilePath, _ second: FilePath
  ) -> Int32 {
    first.withPlatformString { first in second.withPlatformString { function(first, $0) } }
  }

  /// For file systems without hard links: a checked rename.
  private func publishByRename(to target: FilePath) throws(KeepError) -> Bool {
    guard target.withPlatformString({ access($0, F_OK) }) != 0 else { return false }
    guard Self.call(rename, temporary, target) == 0 else {
      throw .file(Errno(rawValue: errno), target, "cannot be given its name")
    }
    try Folder.sync(folder)
    return true
  }

  /// Publishes bytes held in memory under a path whose folder exists.
  ///
  /// - Returns: Whether it was published; `false` when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func publish(
    _ bytes: [UInt8], as path: FilePath,
    permissions: FilePermissions = .shared
  ) throws(KeepError) -> Bool {
    guard let name = path.lastComponent else {
      throw KeepError(.localIO, .path(path), "is not a file name")
    }
    let file = try AtomicFile(in: path.removingLastComponent())
    try file.write(bytes)
    return try file.publish(as: name, permissions: permissions)
  }
}
