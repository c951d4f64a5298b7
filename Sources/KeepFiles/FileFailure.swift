package import KeepModel
package import SystemPackage

extension KeepError {
  /// A failed system call on a file, in words.
  ///
  /// - Parameters:
  ///   - error: What the system said; anything else than an `Errno` is described as it is.
  ///   - path: The file.
  ///   - action: What was tried, such as `cannot be read`.
  package static func file(_ error: any Error, _ path: FilePath, _ action: String) -> KeepError {
    let errno = error as? Errno
    let isFull = errno == .noSpace || errno == .diskQuotaExceeded
    return KeepError(
      .localIO, .path(path), "\(action): \(errno?.description.lowercased() ?? "\(error)")",
      hint: isFull ? "free some space and run the same command again; it goes on where it stopped" : nil)
  }
}
