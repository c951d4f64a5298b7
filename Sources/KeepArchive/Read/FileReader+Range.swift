import KeepFiles
import KeepModel
import SystemPackage

extension FileReader {
  /// Up to `count` bytes at `offset`, fewer only at the end of the file.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func bytes(at offset: UInt64, count: Int) throws(KeepError) -> [UInt8] {
    guard offset < size, count > 0 else { return [] }
    let wanted = Int(min(UInt64(count), size - offset))
    do {
      return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
        filled = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
      }
    } catch {
      throw .file(error, path, "cannot be read")
    }
  }

  /// Fills a buffer from `offset` on; returns how much, less only at the end of the file.
  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try descriptor.read(
        fromAbsoluteOffset: Int64(offset) + Int64(filled), into: .init(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}

/// A part of a file that is taken from front to back, in pieces of bounded size.
struct ByteWindow: ~Copyable {
  private var buffer: [UInt8] = []
  private var start = 0
  /// The file offset of the next byte.
  private(set) var offset: UInt64
  /// The file offset behind the last byte.
  let end: UInt64

  private static let pieceSize = 256 * 1024

  init(offset: UInt64, end: UInt64) {
    self.offset = offset
    self.end = end
  }

  /// The next bytes; `nil` when fewer are left.
  mutating func take(_ count: Int, from file: borrowing FileReader) throws(KeepError) -> [UInt8]? {
    guard offset <= end, UInt64(count) <= end - offset else { return nil }
    if buffer.count - start < count {
      buffer = try file.bytes(
        at: offset, count: Int(min(UInt64(max(count, Self.pieceSize)), end - offset)))
      start = 0
      guard buffer.count >= count else { return nil }
    }
    defer {
      start += count
      offset += UInt64(count)
    }
    return Array(buffer[start..<start + count])
  }
}
