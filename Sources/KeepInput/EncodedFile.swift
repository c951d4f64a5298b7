internal import KeepModel

/// A file as Base64 text, encoded and hashed as it is read, whose last piece is held back until the hash is right.
final class EncodedFile {
  private let pass: FilePass
  /// Up to four characters that did not fit into the last buffer, and which of them are not sent yet.
  private let group = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 4)
  private var unsent = 0..<0

  /// Opens the file, which must have the size that the asset has.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when it cannot be opened or has another size.
  init(_ asset: Asset) throws(KeepError) { self.pass = try FilePass(asset, part: asset.whole) }

  deinit { group.deallocate() }

  /// Fills the front of `buffer` with the next characters; returns how many, 0 only at the end.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is no longer the asset; `localIO` when
  ///   reading fails.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(KeepError) -> Int {
    var filled = takeGroup(buffer)
    while filled < buffer.count {
      let pending = try pass.pending()
      if pending.isEmpty { break }
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

  private func encode(
    _ part: Slice<UnsafeRawBufferPointer>, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    pass.take(part.count)
    return Base64.encode(UnsafeRawBufferPointer(rebasing: part), into: target)
  }

  private func takeGroup(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(unsent.count, buffer.count)
    guard count > 0 else { return 0 }
    buffer.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: group[unsent.lowerBound..<(unsent.lowerBound + count)]))
    unsent = (unsent.lowerBound + count)..<unsent.upperBound
    return count
  }
}
