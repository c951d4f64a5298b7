internal import Glibc
package import KeepModel
package import SystemPackage

/// A regular file opened for reading; never a pipe, device or folder, and without waiting for one.
package struct FileReader: ~Copyable {
  /// The file.
  package let path: FilePath
  /// The open file.
  package let descriptor: FileDescriptor
  /// The size when it was opened.
  package let size: UInt64

  /// How much is read at once: a multiple of three, so that pieces of Base64 join without padding.
  package static let pieceSize = 192 * 1024

  /// Opens a file. A symbolic link is followed unless `followsLinks` is false.
  ///
  /// - Throws: ``KeepError`` with `code` when the file is missing, unreadable or not a regular file.
  package init(_ path: FilePath, followsLinks: Bool = true, code: KeepError.Code = .localIO)
    throws(KeepError)
  {
    let (descriptor, size) = try Self.open(path, followsLinks: followsLinks, code: code)
    self.path = path
    self.descriptor = descriptor
    self.size = size
  }

  private static func open(
    _ path: FilePath, followsLinks: Bool, code: KeepError.Code
  ) throws(KeepError) -> (FileDescriptor, UInt64) {
    var options: FileDescriptor.OpenOptions = [.closeOnExec, .nonBlocking]
    if !followsLinks { options.insert(.noFollow) }
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: options)
    } catch {
      let reason = (error as? Errno)?.description.lowercased() ?? "\(error)"
      throw KeepError(code, .path(path), "cannot be opened: \(reason)")
    }
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0, status.isRegularFile else {
      try? descriptor.close()  // nothing was read from it
      throw KeepError(code, .path(path), "is not a regular file")
    }
    return (descriptor, UInt64(status.st_size))
  }

  deinit { try? descriptor.close() }

  /// Reads from the current place until `buffer` is full or the file ends; returns how much.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    var filled = 0
    do {
      while filled < buffer.count {
        let count = try descriptor.read(into: .init(rebasing: buffer[filled...]))
        if count == 0 { break }
        filled += count
      }
    } catch {
      throw .file(error, path, "cannot be read")
    }
    return filled
  }

  /// Hands the rest of the file over in pieces of ``pieceSize``.
  ///
  /// - Throws: ``KeepError`` with code `localIO`, and what `body` throws.
  package func forEachPiece(
    _ body: (UnsafeRawBufferPointer) throws(KeepError) -> Void
  ) throws(KeepError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try read(into: buffer)
      if count > 0 { try body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      if count < buffer.count { return }
    }
  }

  /// The whole of a small file.
  ///
  /// - Throws: ``KeepError`` with `code` when it is larger than `limit`, and as ``init(_:followsLinks:code:)``.
  package static func bytes(
    of path: FilePath, limit: ByteCount, code: KeepError.Code = .localIO
  ) throws(KeepError) -> [UInt8] {
    try FileReader(path, code: code).bytes(limit: limit, code: code)
  }

  /// The rest of a small file.
  ///
  /// - Throws: ``KeepError`` with `code` when it is larger than `limit`, and with code `localIO`.
  package func bytes(limit: ByteCount, code: KeepError.Code = .localIO) throws(KeepError) -> [UInt8] {
    guard size <= limit.bytes else {
      throw KeepError(code, .path(path), "has \(ByteCount(size)); at most \(limit) can be read")
    }
    var bytes: [UInt8] = []
    try forEachPiece { piece in bytes += piece }
    return bytes
  }

  /// The number of the user that the file belongs to; `nil` where the system does not tell.
  package var owner: UInt32? {
    var status = stat()
    return fstat(descriptor.rawValue, &status) == 0 ? status.st_uid : nil
  }
}
