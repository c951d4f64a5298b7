internal import Glibc
package import KeepModel
package import SystemPackage

/// What tells one state of a file from another without reading it.
package struct FileStamp: Sendable, Hashable {
  /// The file system and the file's number on it.
  package let device: UInt64
  package let inode: UInt64
  /// The size in bytes.
  package let size: UInt64
  /// When the bytes last changed: seconds and nanoseconds.
  package let modifiedSeconds: Int64
  package let modifiedNanoseconds: Int64

  init(_ status: stat) {
    self.device = UInt64(status.st_dev)
    self.inode = UInt64(status.st_ino)
    self.size = UInt64(max(0, status.st_size))
    self.modifiedSeconds = Int64(status.st_mtim.tv_sec)
    self.modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
  }

  /// The state of a file by its path, links followed; `nil` when there is none to be seen.
  package init?(of path: FilePath) {
    guard let status = FileStatus.of(path) else { return nil }
    self.init(status)
  }
}

/// `stat` by path, whose bytes need not be UTF-8.
enum FileStatus {
  /// The status with links followed; `nil` with `errno` set when there is none.
  static func of(_ path: FilePath) -> stat? {
    var status = stat()
    return path.withPlatformString { stat($0, &status) } == 0 ? status : nil
  }
}

extension stat {
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
}

extension FileReader {
  /// The state of the open file now.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package func stamp() throws(KeepError) -> FileStamp {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else {
      throw .file(Errno(rawValue: errno), path, "cannot be looked at")
    }
    return FileStamp(status)
  }
}
