import KeepFiles
import KeepModel

extension FileReader {
  /// Reads one entry whole; its size is for the caller to bound.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  func content(of entry: ZIPDirectory.Entry) throws(KeepError) -> EntryContent {
    try pass(entry, keepsBytes: true) { _ in }
  }

  /// Hands one entry over in pieces, decoded, and tells what was read.
  ///
  /// - Throws: ``KeepError`` with code `localIO`, and what `take` throws.
  func stream(
    _ entry: ZIPDirectory.Entry, _ take: (UnsafeRawBufferPointer) throws(KeepError) -> Void
  ) throws(KeepError) -> EntryContent {
    try pass(entry, keepsBytes: false, take)
  }

  private func pass(
    _ entry: ZIPDirectory.Entry, keepsBytes: Bool,
    _ take: (UnsafeRawBufferPointer) throws(KeepError) -> Void
  ) throws(KeepError) -> EntryContent {
    var hasher = EntryHasher(entry, index: 0, keepsBytes: keepsBytes)
    var offset = entry.dataOffset
    var failure: KeepError?
    while offset < entry.end {
      let piece = try bytes(at: offset, count: Int(min(UInt64(Self.pieceSize), entry.end - offset)))
      if piece.isEmpty { break }
      piece.withUnsafeBytes { bytes in
        hasher.update(bytes) { part in
          guard failure == nil else { return }
          do throws(KeepError) { try take(part) } catch { failure = error }
        }
      }
      if let failure { throw failure }
      offset += UInt64(piece.count)
    }
    return hasher.finish()
  }
}

extension EntryContent {
  /// Whether the bytes are what the headers say.
  func isWhole(_ entry: ZIPDirectory.Entry) -> Bool {
    isDecoded && size == entry.size && crc == entry.crc
  }
}
