internal import Glibc
package import KeepModel
package import SystemPackage

/// Copies of whole files that share their blocks where the file system can.
package enum FileCopy {
  /// `FICLONE` of `linux/fs.h`, `_IOW(0x94, 9, int)`, which Swift cannot see.
  private static let cloneRequest: UInt = 0x4004_9409

  /// Makes `target` a copy of `source`, whole or not at all, never overwriting.
  ///
  /// - Returns: Whether it was made; `false`, with nothing changed, when the name is taken.
  /// - Throws: ``KeepError`` with code `localIO`.
  package static func clone(
    from source: FilePath, to target: FilePath,
    permissions: FilePermissions = .shared
  ) throws(KeepError) -> Bool {
    guard let name = target.lastComponent else {
      throw KeepError(.localIO, .path(target), "is not a file name")
    }
    let reader = try FileReader(source)
    let file = try AtomicFile(in: target.removingLastComponent())
    // Any failure only says that blocks cannot be shared here: across file systems, or where there is no such thing.
    if ioctl(file.descriptor.rawValue, cloneRequest, reader.descriptor.rawValue) != 0 {
      try reader.forEachPiece { piece throws(KeepError) in try file.write(piece) }
    }
    return try file.publish(as: name, permissions: permissions)
  }
}
