internal import Glibc
package import KeepModel
package import SystemPackage

/// Making and syncing folders.
package enum Folder {
  /// Makes a folder and those above it, for the owner alone where `isPrivate`, and makes their names durable.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func make(_ path: FilePath, isPrivate: Bool = false) throws(KeepError) {
    guard !isMade(path, isPrivate) else { return try sync(path.removingLastComponent()) }
    switch errno {
    case EEXIST:
      guard isFolder(path) else {
        throw KeepError(.localIO, .path(path), "is in the way: a folder is needed there")
      }
    case ENOENT where !path.removingLastComponent().isEmpty && path != path.removingLastComponent():
      try make(path.removingLastComponent(), isPrivate: isPrivate)
      guard isMade(path, isPrivate) || errno == EEXIST else {
        throw .file(Errno(rawValue: errno), path, "the folder cannot be made")
      }
      try sync(path.removingLastComponent())
    default: throw .file(Errno(rawValue: errno), path, "the folder cannot be made")
    }
  }

  private static func isMade(_ path: FilePath, _ isPrivate: Bool) -> Bool {
    path.withPlatformString { mkdir($0, isPrivate ? 0o700 : 0o777) } == 0
  }

  /// Makes a small file, for the owner alone, whose being there is what it says first of all, and makes its name
  /// durable.
  ///
  /// It comes into being at once under its name: unlike with ``AtomicFile`` there is no moment at which a kill
  /// leaves a temporary file. One that is there already stays.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func makeMark(_ path: FilePath, text: String = "") throws(KeepError) {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .noFollow, .nonBlocking, .closeOnExec],
        permissions: .ownerReadWrite)
      _ = try file.closeAfter { try file.writeAll(text.utf8) }
    } catch {
      throw .file(error, path, "the mark cannot be made")
    }
    try sync(path.removingLastComponent())
  }

  /// What a file is, however its path is spelled: the numbers of its device and of itself; empty where there is none.
  package static func identity(of path: FilePath) -> String {
    var status = stat()
    guard path.withPlatformString({ stat($0, &status) }) == 0 else { return "" }
    return "\(status.st_dev):\(status.st_ino)"
  }

  /// A path from the root of the file system on, whatever folder the process stands in later.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when the folder that the process stands in is gone.
  package static func absolute(_ path: FilePath) throws(KeepError) -> FilePath {
    guard path.isRelative else { return path }
    guard let place = getcwd(nil, 0) else {
      throw .file(Errno(rawValue: errno), ".", "where this folder lies cannot be told")
    }
    defer { free(place) }
    return FilePath(platformString: place).pushing(path)
  }

  /// Whether two paths lead to one folder, links followed.
  package static func isSame(_ first: FilePath, _ second: FilePath) -> Bool {
    guard isFolder(first), isFolder(second), let one = FileStamp(of: first), let other = FileStamp(of: second)
    else { return false }
    return one.device == other.device && one.inode == other.inode
  }

  /// Whether a folder is there, links followed.
  package static func isFolder(_ path: FilePath) -> Bool { FileStatus.of(path)?.isFolder == true }

  /// Makes the names in a folder durable.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func sync(_ path: FilePath) throws(KeepError) {
    do {
      let folder = try FileDescriptor.open(
        path.isEmpty ? "." : path, .readOnly, options: [.directory, .closeOnExec])
      defer { try? folder.close() }  // opened for reading: closing loses nothing
      // Some network file systems cannot sync a folder and say EINVAL; there is nothing more to do there.
      guard fsync(folder.rawValue) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
    } catch {
      throw .file(error, path, "the folder cannot be synced to disk")
    }
  }
}
