internal import Glibc
public import SystemPackage

/// Sees every name that comes into being in a folder, also one that is gone again at once.
public final class FolderWitness: Sendable {
  private let descriptor: FileDescriptor

  /// Watches a folder, not the folders in it.
  public init(_ folder: FilePath) throws {
    let raw = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    guard raw >= 0 else { throw Errno(rawValue: errno) }
    self.descriptor = FileDescriptor(rawValue: raw)
    let mask = UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)
    guard folder.withPlatformString({ inotify_add_watch(raw, $0, mask) }) >= 0 else {
      throw Errno(rawValue: errno)
    }
  }

  deinit { try? descriptor.close() }

  /// The names since the last call, in their order.
  public func names() throws -> [String] {
    var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    let count: Int
    do {
      count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
    } catch Errno.wouldBlock {
      return []
    }
    // A record is four 32-bit numbers, the last of them the length of the name that follows, padded with zeros.
    let header = 16
    var names: [String] = []
    var start = 0
    while start + header <= count {
      let length = buffer[start + 12..<start + header].reversed().reduce(0) { $0 << 8 | Int($1) }
      names.append(
        String(decoding: buffer[start + header..<start + header + length].prefix { $0 != 0 }, as: UTF8.self))
      start += header + length
    }
    return names
  }
}
