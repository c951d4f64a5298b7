import KeepFiles
import KeepModel

/// One pass over the whole file: SHA-256 of all of it, and each entry's checksums on the way.
struct ContentPass {
  /// SHA-256 of the file; `nil` where not all of it was read.
  private(set) var checksum: Checksum?
  /// By the entries' order in the directory; empty when they were not asked for.
  private(set) var contents: [EntryContent?]

  /// Reads the file once from front to back.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - entries: Entries that do not overlap; none to hash the file alone.
  ///   - keeps: Whether an entry's bytes are wanted.
  ///   - watch: Told how many bytes were read since; what it throws ends the pass.
  /// - Throws: ``KeepError`` with code `localIO`, and what `watch` throws.
  init(
    _ file: borrowing FileReader, _ entries: [ZIPDirectory.Entry],
    keeping keeps: (ZIPDirectory.Entry) -> Bool, watch: (UInt64) throws(KeepError) -> Void
  ) throws(KeepError) {
    var whole = ChecksumHasher()
    var cutter = EntryCutter(entries)
    var offset: UInt64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: FileReader.pieceSize, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count: Int
      do { count = try file.read(at: offset, into: buffer) } catch {
        throw .file(error, file.path, "cannot be read")
      }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      whole.update(piece)
      cutter.take(piece, at: offset, keeping: keeps)
      offset += UInt64(count)
      try watch(UInt64(count))
      if count < buffer.count { break }
    }
    cutter.finish()
    checksum = whole.finish()
    contents = cutter.contents
  }

  /// Reads only some entries, and takes the headers' word for the others.
  ///
  /// - Parameters:
  ///   - limit: The most bytes of an entry that are wanted; `nil` for one that is not to be read.
  ///   - watch: Told the size of the file at the end, as if it had been read; what it throws comes out.
  /// - Throws: ``KeepError`` with code `localIO`, and what `watch` throws.
  init(
    skimming file: borrowing FileReader, _ entries: [ZIPDirectory.Entry],
    limit: (ZIPDirectory.Entry) -> UInt64?, watch: (UInt64) throws(KeepError) -> Void
  ) throws(KeepError) {
    checksum = nil
    contents = []
    for entry in entries {
      let isRead = limit(entry).map { max(entry.size, entry.compressedSize) <= $0 } ?? false
      contents.append(isRead ? try file.content(of: entry) : .unread(entry))
    }
    try watch(file.size)
  }
}

/// Cuts pieces of a file into entries.
private struct EntryCutter {
  private let entries: [ZIPDirectory.Entry]
  private let order: [Int]
  private var next = 0
  private var open: EntryHasher?
  private(set) var contents: [EntryContent?]

  init(_ entries: [ZIPDirectory.Entry]) {
    self.entries = entries
    self.order = entries.indices.sorted { entries[$0].dataOffset < entries[$1].dataOffset }
    self.contents = Array(repeating: nil, count: entries.count)
  }

  mutating func take(
    _ piece: UnsafeRawBufferPointer, at offset: UInt64, keeping keeps: (ZIPDirectory.Entry) -> Bool
  ) {
    let stop = offset + UInt64(piece.count)
    while next < order.count, entries[order[next]].dataOffset < stop {
      let entry = entries[order[next]]
      if open == nil { open = EntryHasher(entry, index: order[next], keepsBytes: keeps(entry)) }
      let from = max(entry.dataOffset, offset)
      let to = min(entry.end, stop)
      if from < to {
        open?.update(UnsafeRawBufferPointer(rebasing: piece[Int(from - offset)..<Int(to - offset)]))
      }
      guard entry.end <= stop else { return }
      finish()
    }
  }

  /// Closes the entry that is open, and goes on to the next.
  mutating func finish() {
    guard let open else { return }
    contents[open.index] = open.finish()
    self.open = nil
    next += 1
  }
}
