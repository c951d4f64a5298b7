internal import Glibc
package import KeepModel
package import SystemPackage

extension Folder {
  /// Removes a file; one that is not there is no failure.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func removeFile(_ path: FilePath) throws(KeepError) {
    guard path.withPlatformString({ unlink($0) }) == 0 || errno == ENOENT else {
      throw .file(Errno(rawValue: errno), path, "cannot be removed")
    }
  }

  /// Gives a file a second name on the same file system, in place of what bore it; returns whether it has it, since not
  /// every file system knows such names.
  package static func giveSecondName(_ name: FilePath, to path: FilePath) -> Bool {
    _ = name.withPlatformString { unlink($0) }
    return path.withPlatformString { old in name.withPlatformString { link(old, $0) } } == 0
  }

  /// Removes a folder of files and nothing deeper, such as a spool; one that is not there is no failure.
  ///
  /// - Throws: ``KeepError`` with code `localIO`, also when it holds a folder.
  package static func removeSpool(_ path: FilePath) throws(KeepError) {
    guard isFolder(path) else { return }
    for name in try names(in: path) { try removeFile(path.appending(name)) }
    guard path.withPlatformString({ rmdir($0) }) == 0 || errno == ENOENT else {
      throw .file(Errno(rawValue: errno), path, "the folder cannot be removed")
    }
  }
}
