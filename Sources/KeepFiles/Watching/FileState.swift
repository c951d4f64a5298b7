internal import Glibc
package import SystemPackage

/// A ``FileStamp`` and when the file's entry last changed, which no program can set back.
///
/// It tells a rewrite that kept size and time of modification from none. It differs also after a change of mode or of
/// the number of hard links, so it says that a file is worth another look, not that its bytes are others: whoever
/// compares before and after reading compares the stamps.
package struct FileState: Sendable, Hashable {
  /// What tells the bytes of one file from those of another.
  package let stamp: FileStamp
  /// When the entry last changed: seconds and nanoseconds.
  package let changedSeconds: Int64
  package let changedNanoseconds: Int64

  init(_ status: stat) {
    self.stamp = FileStamp(status)
    self.changedSeconds = Int64(status.st_ctim.tv_sec)
    self.changedNanoseconds = Int64(status.st_ctim.tv_nsec)
  }

  /// The state of a regular file by its path, a link at its end not followed; `nil` when there is none, or when it
  /// cannot be looked at.
  package init?(ofFileAt path: FilePath) {
    guard let state = try? Self.look(at: path) else { return nil }
    self = state
  }

  /// The state of a regular file by its path, a link at its end not followed; `nil` when there is none.
  ///
  /// - Throws: What the system says when it can tell neither, as of a share whose server does not answer.
  package static func look(at path: FilePath) throws(Errno) -> FileState? {
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else {
      let error = Errno(rawValue: errno)
      guard [.noSuchFileOrDirectory, .notDirectory].contains(error) else { throw error }
      return nil
    }
    return status.isRegularFile ? FileState(status) : nil
  }
}
