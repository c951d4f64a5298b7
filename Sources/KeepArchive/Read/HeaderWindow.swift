import KeepFiles
import KeepModel

/// A part of a file that is kept while it is gone through from front to back, so that no byte is read for each header
/// that may stand in it.
struct HeaderWindow: ~Copyable {
  private var piece: [UInt8] = []
  private var start: UInt64 = 0
  private let pieceSize: Int

  init(pieceSize: Int) { self.pieceSize = pieceSize }

  /// Up to `count` bytes at `offset`, fewer only at the end of the file.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  mutating func bytes(
    at offset: UInt64, count: Int, of file: borrowing FileReader
  ) throws(KeepError) -> [UInt8] {
    guard offset < file.size else { return [] }
    let wanted = Int(min(UInt64(count), file.size - offset))
    try fill(at: offset, count: wanted, of: file)
    let first = Int(offset - start)
    return Array(piece[first..<min(first + wanted, piece.count)])
  }

  /// Where some bytes stand next.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  mutating func next(
    _ bytes: [UInt8], from offset: UInt64, in file: borrowing FileReader
  ) throws(KeepError) -> UInt64? {
    var offset = offset
    while offset < file.size, file.size - offset >= UInt64(bytes.count) {
      try fill(at: offset, count: bytes.count, of: file)
      let first = Int(offset - start)
      guard piece.count - first >= bytes.count else { return nil }  // cut off since
      for index in first...(piece.count - bytes.count)
      where piece[index] == bytes[0] && piece[index..<index + bytes.count].elementsEqual(bytes) {
        return start + UInt64(index)
      }
      offset = start + UInt64(piece.count - bytes.count + 1)
    }
    return nil
  }

  /// Makes sure that what is wanted is in the piece, as far as the file has it.
  private mutating func fill(
    at offset: UInt64, count: Int, of file: borrowing FileReader
  ) throws(KeepError) {
    if offset >= start, offset - start <= UInt64(piece.count), piece.count - Int(offset - start) >= count {
      return
    }
    piece = try file.bytes(at: offset, count: max(count, pieceSize))
    start = offset
  }
}
