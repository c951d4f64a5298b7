import Glibc
import KeepFiles
import KeepModel
import SystemPackage

/// Writes a file whole or not at all, also over one that is there already.
enum FileReplacement {
  /// Writes bytes under a path whose folder exists; what was there goes in the same moment.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  static func write(
    _ bytes: [UInt8], to path: FilePath, permissions: FilePermissions = .shared
  ) throws(KeepError) {
    let file = try AtomicFile(in: folder(of: path))
    try file.write(bytes)
    try publish(file, to: path, permissions: permissions)
  }

  /// Gives a file that was written in the folder of `path` its name; what was there goes in the same moment.
  ///
  /// - Throws: ``KeepError`` with code `local_io`.
  static func publish(
    _ file: consuming AtomicFile, to path: FilePath, permissions: FilePermissions = .shared
  ) throws(KeepError) {
    guard !Folder.isFolder(path) else {
      throw KeepError(.localIO, .path(path), "is a folder, and a file is to be written there")
    }
    let beside = folder(of: path).appending(
      AtomicFile.prefix + String(UInt64.random(in: .min ... .max), radix: 36) + ".new")
    guard let name = beside.lastComponent, try file.publish(as: name, permissions: permissions) else {
      throw KeepError(.localIO, .path(path), "cannot be written: a name beside it is taken")
    }
    let isMoved = beside.withPlatformString { new in path.withPlatformString { rename(new, $0) == 0 } }
    guard isMoved else {
      let reason = Errno(rawValue: errno).description.lowercased()
      try Folder.removeFile(beside)
      throw KeepError(.localIO, .path(path), "cannot be given its name: \(reason)")
    }
    try Folder.sync(folder(of: path))
  }

  /// The folder that a path lies in.
  static func folder(of path: FilePath) -> FilePath {
    let folder = path.removingLastComponent()
    return folder.isEmpty ? "." : folder
  }
}
