internal import Glibc
package import KeepModel
package import SystemPackage

extension Folder {
  /// Removes what a killed process left half written in a folder, files of ``AtomicFile`` and folders of
  /// ``NewFolder``; returns how many.
  ///
  /// What another process is still writing stays: its lock is held.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  @discardableResult
  package static func removeLeftovers(in folder: FilePath) throws(KeepError) -> Int {
    var removed = 0
    for name in try names(in: folder) where AtomicFile.isTemporary(name) {
      if try removeLeftover(folder.appending(name)) { removed += 1 }
    }
    return removed
  }

  /// Removes one file or folder unless somebody holds its lock; returns whether it did.
  private static func removeLeftover(_ path: FilePath) throws(KeepError) -> Bool {
    // One that cannot be opened is not ours, or gone already. A folder can only be opened for reading.
    let options: FileDescriptor.OpenOptions = [.noFollow, .nonBlocking, .closeOnExec]
    guard
      let descriptor = (try? FileDescriptor.open(path, .readWrite, options: options))
        ?? (try? FileDescriptor.open(path, .readOnly, options: options.union(.directory)))
    else { return false }
    defer { try? descriptor.close() }  // nothing was written
    // Whoever let go of the lock may have published it: then it has another name, and is nobody's leftover.
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0, hasName(path, descriptor) else { return false }
    let isRemoved: Bool
    if isFolder(path) {
      empty(descriptor.rawValue)
      isRemoved = path.withPlatformString { rmdir($0) } == 0
    } else {
      isRemoved = path.withPlatformString { unlink($0) } == 0
    }
    guard isRemoved || errno == ENOENT else { throw .file(Errno(rawValue: errno), path, "cannot be removed") }
    return true
  }

  /// Whether what is open is what lies at a path now, links not followed.
  static func hasName(_ path: FilePath, _ descriptor: FileDescriptor) -> Bool {
    var (open, named) = (stat(), stat())
    guard fstat(descriptor.rawValue, &open) == 0, path.withPlatformString({ lstat($0, &named) }) == 0
    else { return false }
    return open.st_dev == named.st_dev && open.st_ino == named.st_ino
  }

  /// Removes everything in an open folder, as far as it can be removed; links are removed and never followed.
  static func empty(_ folder: Int32) {
    guard let stream = fdopendir(dup(folder)) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != "..", unlinkat(folder, name, 0) != 0 else { continue }
      let below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard below >= 0 else { continue }
      empty(below)
      close(below)
      unlinkat(folder, name, AT_REMOVEDIR)
    }
  }
}
