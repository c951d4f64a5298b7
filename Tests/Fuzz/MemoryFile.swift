import Glibc
import SystemPackage

/// A file in memory that holds one input at a time, under a path that can be opened like any.
struct MemoryFile {
  private let descriptor: Int32
  let path: FilePath

  static let shared = MemoryFile()

  private init() {
    let name = "/dev/shm/comfykeep-fuzz-\(getpid())"
    descriptor = open(name, O_RDWR | O_CREAT | O_EXCL, 0o600)
    precondition(descriptor >= 0, "no file in memory")
    unlink(name)
    path = FilePath("/proc/self/fd/\(descriptor)")
  }

  /// Puts bytes in the place of those before.
  func fill(_ bytes: UnsafeRawBufferPointer) {
    precondition(ftruncate(descriptor, 0) == 0)
    precondition(bytes.isEmpty || pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count)
  }
}
