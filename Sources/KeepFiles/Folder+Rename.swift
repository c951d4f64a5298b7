internal import Glibc
package import KeepModel
package import SystemPackage

extension Folder {
  private typealias Renaming =
    @Sendable @convention(c) (
      Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
    ) -> Int32

  /// `renameat2` of the C library, which Swift cannot see; `nil` in one that lacks it.
  private static let renameat2 = dlsym(nil, "renameat2").map { unsafeBitCast($0, to: Renaming.self) }
  /// `RENAME_NOREPLACE` of `linux/fs.h`, which Swift cannot see.
  private static let noReplace: UInt32 = 1

  /// Gives a folder another name on its file system in one step, never replacing anything.
  ///
  /// - Returns: Whether it has the name; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`.
  static func rename(_ folder: FilePath, to target: FilePath) throws(KeepError) -> Bool {
    guard let renameat2 else { return try renameOntoEmpty(folder, to: target) }
    let result = folder.withPlatformString { old in
      target.withPlatformString { renameat2(AT_FDCWD, old, AT_FDCWD, $0, noReplace) }
    }
    guard result != 0 else { return true }
    switch errno {
    case EEXIST: return false
    // An older kernel, or a file system that cannot promise not to replace.
    case EINVAL, ENOSYS: return try renameOntoEmpty(folder, to: target)
    default: throw .file(Errno(rawValue: errno), target, "cannot be given its name")
    }
  }

  /// The same in two steps: an empty folder of the name is ours alone, and a rename replaces that and nothing else. A
  /// kill in between leaves the empty folder.
  static func renameOntoEmpty(_ folder: FilePath, to target: FilePath) throws(KeepError) -> Bool {
    guard target.withPlatformString({ mkdir($0, 0o700) }) == 0 else {
      guard errno == EEXIST else { throw .file(Errno(rawValue: errno), target, "the folder cannot be made") }
      return false
    }
    guard folder.withPlatformString({ old in target.withPlatformString { Glibc.rename(old, $0) } }) == 0
    else {
      let reason = Errno(rawValue: errno)
      target.withPlatformString { _ = rmdir($0) }
      throw .file(reason, target, "cannot be given its name")
    }
    return true
  }

  /// Gives a file another name on its file system, never replacing anything.
  ///
  /// - Returns: Whether it has the name; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`, also where the name is on another file system.
  package static func moveFile(_ file: FilePath, to target: FilePath) throws(KeepError) -> Bool {
    if let renameat2 {
      let result = file.withPlatformString { old in
        target.withPlatformString { renameat2(AT_FDCWD, old, AT_FDCWD, $0, noReplace) }
      }
      guard result != 0 else { return true }
      switch errno {
      case EEXIST: return false
      case EINVAL, ENOSYS: break
      default: throw .file(Errno(rawValue: errno), file, "cannot be moved to \(target.string)")
      }
    }
    // A second name never replaces one; the first is taken away after that.
    guard file.withPlatformString({ old in target.withPlatformString { link(old, $0) } }) == 0 else {
      guard errno == EEXIST else {
        throw .file(Errno(rawValue: errno), file, "cannot be moved to \(target.string)")
      }
      return false
    }
    try removeFile(file)
    return true
  }
}
