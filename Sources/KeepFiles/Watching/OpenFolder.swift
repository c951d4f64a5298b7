internal import Glibc
internal import SystemPackage

/// A folder that is open to be looked into: what is seen in it lies in this very folder, whatever becomes of its path.
struct OpenFolder: ~Copyable {
  private let stream: OpaquePointer
  let identity: FolderIdentity

  /// Opens it.
  ///
  /// - Throws: `Errno`; for a link at the end of the path that is not to be followed, `ELOOP` or `ENOTDIR`.
  init(_ path: FilePath, followsLinks: Bool) throws(Errno) {
    let options = O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW)
    let descriptor = path.withPlatformString { open($0, options) }
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, let stream = fdopendir(descriptor) else {
      let reason = Errno(rawValue: errno)
      close(descriptor)
      throw reason
    }
    self.stream = stream
    self.identity = FolderIdentity(status)
  }

  deinit { closedir(stream) }

  /// The names of all that may be a regular file or a folder, sorted by their bytes.
  ///
  /// - Throws: `Errno` when not all of them can be read.
  func names() throws(Errno) -> [FolderName] {
    var names: [FolderName] = []
    errno = 0
    while let entry = readdir(stream) {
      let kind = Int(entry.pointee.d_type)
      if kind == Int(DT_REG) || kind == Int(DT_DIR) || kind == Int(DT_UNKNOWN) {
        withUnsafeBytes(of: &entry.pointee.d_name) { name in
          let name = name.prefix { $0 != 0 }
          if !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) { names.append(FolderName(name)) }
        }
      }
      errno = 0
    }
    guard errno == 0 else { throw Errno(rawValue: errno) }
    return names.sorted()
  }

  /// What lies under a name, links not followed.
  ///
  /// - Parameter name: Bytes that a zero follows.
  /// - Throws: `Errno`.
  func status(of name: UnsafeBufferPointer<UInt8>) throws(Errno) -> stat {
    var status = stat()
    let result = name.withMemoryRebound(to: CChar.self) { name -> Int32 in
      guard let base = name.baseAddress else { return -1 }
      return fstatat(dirfd(stream), base, &status, AT_SYMLINK_NOFOLLOW)
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
    return status
  }
}

/// The bytes of a name in a folder.
struct FolderName: Comparable {
  /// The bytes and a zero.
  private let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = bytes + [0] }

  /// Calls a function with the bytes; a zero follows them in memory.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0.dropLast())) }
  }

  static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

extension FilePath.Component {
  /// A name by its bytes, which a zero follows in memory; `nil` for what is no name.
  init?(_ name: UnsafeBufferPointer<UInt8>) {
    guard let base = name.baseAddress else { return nil }
    self.init(platformString: UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self))
  }
}
