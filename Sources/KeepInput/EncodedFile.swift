internal import KeepFiles
internal import KeepModel

/// A file as Base64 text, encoded and hashed as it is read, whose last piece is held back until the hash is right.
final class EncodedFile {
  private let asset: Asset
  private let reader: FileReader
  private var hasher = ChecksumHasher()
  private var unread: UInt64
  /// The piece of the file in hand, and which part of it is not encoded yet.
  private let piece = UnsafeMutableRawBufferPointer.allocate(
    byteCount: FileReader.pieceSize, alignment: 16)
  private var pending = 0..<0
  /// Up to four characters that did not fit into the last buffer, and which of them are not sent yet.
  private let group = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 4)
  private var unsent = 0..<0

  /// Opens the file, which must have the size that the asset has.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when it cannot be opened or has another size.
  init(_ asset: Asset) throws(KeepError) {
    self.asset = asset
    self.unread = asset.size.bytes
    self.reader = try FileReader(asset.path, code: .inputRejected)
    guard reader.size == unread else { throw changed }
  }

  deinit {
    piece.deallocate()
    group.deallocate()
  }

  /// Fills the front of `buffer` with the next characters; returns how many, 0 only at the end.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is no longer the asset; `localIO` when
  ///   reading fails.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    var filled = takeGroup(buffer)
    while filled < buffer.count {
      if pending.isEmpty {
        guard unread > 0 else { break }
        try readPiece()
      }
      let space = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      if space.count >= 4 {
        filled += encode(pending.prefix(space.count / 4 * 3), into: space)
      } else {
        unsent = 0..<encode(pending.prefix(3), into: group)
        filled += takeGroup(space)
      }
    }
    return filled
  }

  private func encode(_ part: Range<Int>, into target: UnsafeMutableRawBufferPointer) -> Int {
    pending = part.upperBound..<pending.upperBound
    return Base64.encode(UnsafeRawBufferPointer(rebasing: piece[part]), into: target)
  }

  private func takeGroup(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(unsent.count, buffer.count)
    guard count > 0 else { return 0 }
    buffer.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: group[unsent.lowerBound..<(unsent.lowerBound + count)]))
    unsent = (unsent.lowerBound + count)..<unsent.upperBound
    return count
  }

  /// Reads and hashes the next piece. The last one counts only when the whole file is what was announced.
  private func readPiece() throws(KeepError) {
    let isFirst = unread == asset.size.bytes
    let count = Int(min(UInt64(piece.count), unread))
    let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<count])
    guard try reader.read(into: part) == count else { throw changed }
    // The checksum comes too late for a first piece: a file of another type put in its place must not leave at all.
    if isFirst, let type = MediaType(magic: part), type != asset.mediaType { throw changed }
    hasher.update(UnsafeRawBufferPointer(part))
    unread -= UInt64(count)
    if unread == 0 {
      guard hasher.finish() == asset.checksum, try reader.stamp().size == asset.size.bytes else {
        throw changed
      }
    }
    pending = 0..<count
  }

  private var changed: KeepError {
    KeepError(
      .inputRejected, .path(asset.path), "changed after it was checked",
      hint: "run again once nothing writes to it; nothing was run with it")
  }
}
