internal import Glibc
package import KeepModel
package import SystemPackage

/// A folder of files that appears under its final name whole or not at all.
///
/// It is filled under a temporary name beside its final one, for the owner alone, everything synced, and published
/// by a rename that never overwrites. A value that goes without being published removes all of it. Every name is
/// opened below the folder that was just opened, links never followed, so that nothing can land elsewhere. As long as
/// it is filled there is a lock on it: one that nobody holds was left by a process that was killed.
package struct NewFolder: ~Copyable {
  /// The temporary name.
  package let temporary: FilePath
  private let parent: FilePath
  private let root: FileDescriptor
  /// The folders inside, by their paths, in the order in which they were made.
  private var folders: [String] = []
  private var made: Set<String> = []

  /// Makes the temporary folder in one that exists.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package init(in parent: FilePath) throws(KeepError) {
    self.parent = parent
    (self.temporary, self.root) = try Self.made(in: parent)
  }

  /// A new temporary folder with its lock. One that was taken for a leftover before it had the lock is made again.
  private static func made(in parent: FilePath) throws(KeepError) -> (FilePath, FileDescriptor) {
    for _ in 0..<16 {
      let path = parent.appending(AtomicFile.temporaryName())
      guard path.withPlatformString({ mkdir($0, 0o700) }) == 0 else {
        throw .file(Errno(rawValue: errno), parent, "no folder can be made there")
      }
      let root: FileDescriptor
      do {
        root = try FileDescriptor.open(path, .readOnly, options: [.directory, .noFollow, .closeOnExec])
      } catch {
        path.withPlatformString { _ = rmdir($0) }
        guard error as? Errno != .noSuchFileOrDirectory else { continue }
        throw .file(error, path, "cannot be opened")
      }
      // A file system without locks is no hindrance: nobody clears away a folder whose lock cannot be taken.
      let isLocked = flock(root.rawValue, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
      if isLocked, Folder.hasName(path, root) { return (path, root) }
      try? root.close()  // opened for reading: closing loses nothing
      path.withPlatformString { _ = rmdir($0) }
    }
    throw KeepError(.localIO, .path(parent), "every folder that is made there is taken away at once")
  }

  deinit {
    defer { try? root.close() }  // opened for reading: closing loses nothing but the lock
    // By name: once it is published there is nothing of that name, and what was published stays.
    temporary.withPlatformString { path in
      let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard folder >= 0 else { return }
      Folder.empty(folder)
      close(folder)
      rmdir(path)
    }
  }

  /// Writes one file, making the folders that lead to it, and syncs it. One whose body throws is removed again.
  ///
  /// - Parameters:
  ///   - path: Relative, with `/` between components, none of them empty, `.` or `..`.
  ///   - body: Is given what takes the bytes.
  /// - Throws: ``KeepError`` with code `localIO`, also for a path that is taken, and what `body` throws.
  package mutating func write(
    _ path: String, _ body: ((UnsafeRawBufferPointer) throws(KeepError) -> Void) throws(KeepError) -> Void
  ) throws(KeepError) {
    var components = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard components.allSatisfy(Self.isName), let name = components.popLast() else {
      throw KeepError(.localIO, .path(temporary), "no file can be called \(path.debugDescription)")
    }
    let folder = try open(components)
    defer { try? folder.close() }  // opened for reading: closing loses nothing
    let number = openat(folder.rawValue, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard number >= 0 else { throw failure(path, "cannot be made") }
    let file = FileDescriptor(rawValue: number)
    do throws(KeepError) {
      try body { bytes throws(KeepError) in
        do { _ = try file.writeAll(bytes) } catch {
          throw .file(error, temporary.appending(path), "cannot be written")
        }
      }
      guard fsync(number) == 0 else { throw failure(path, "cannot be synced to disk") }
    } catch {
      try? file.close()  // the file goes
      unlinkat(folder.rawValue, name, 0)
      throw error
    }
    do { try file.close() } catch { throw .file(error, temporary.appending(path), "cannot be written") }
  }

  /// Syncs everything, and gives the folder its final name.
  ///
  /// - Returns: Whether it was published; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`.
  package consuming func publish(as name: String) throws(KeepError) -> Bool {
    let target = parent.appending(name)
    guard Self.isName(name) else { throw KeepError(.localIO, .path(target), "is not a folder's name") }
    for path in folders.reversed() { try sync(path) }
    let mode = FilePermissions.shared.rawValue  // 0666 without what the umask takes
    // Who may read files may enter their folder.
    guard fchmod(root.rawValue, mode | (mode & 0o444) >> 2) == 0, fsync(root.rawValue) == 0 else {
      throw failure("", "cannot be synced to disk")
    }
    guard try Folder.rename(temporary, to: target) else { return false }
    try Folder.sync(parent)
    return true
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.utf8.contains(0)
      && !text.utf8.contains(UInt8(ascii: "/"))
  }

  /// Opens the folder at a path inside, making it as needed.
  private mutating func open(_ components: [String]) throws(KeepError) -> FileDescriptor {
    var path = ""
    var folder: FileDescriptor
    do { folder = try root.duplicate() } catch { throw .file(error, temporary, "cannot be opened") }
    for component in components {
      path += path.isEmpty ? component : "/\(component)"
      if made.insert(path).inserted {
        guard mkdirat(folder.rawValue, component, 0o777) == 0 else {
          try? folder.close()  // opened for reading: closing loses nothing
          throw failure(path, "the folder cannot be made")
        }
        folders.append(path)
      }
      let next = openat(folder.rawValue, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      let reason = Errno(rawValue: errno)
      try? folder.close()  // opened for reading: closing loses nothing
      guard next >= 0 else { throw .file(reason, temporary.appending(path), "cannot be opened") }
      folder = FileDescriptor(rawValue: next)
    }
    return folder
  }

  private func sync(_ path: String) throws(KeepError) { try Folder.sync(temporary.appending(path)) }

  private func failure(_ path: String, _ action: String) -> KeepError {
    .file(Errno(rawValue: errno), path.isEmpty ? temporary : temporary.appending(path), action)
  }
}
