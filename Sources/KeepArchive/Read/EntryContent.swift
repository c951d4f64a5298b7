import KeepFiles
import KeepModel

/// What one pass over an entry's bytes told.
struct EntryContent: Sendable {
  /// SHA-256 of the decoded bytes; `nil` where they were not read.
  let checksum: Checksum?
  /// How many there are.
  let size: UInt64
  /// CRC-32 of the decoded bytes.
  let crc: UInt32
  /// Whether a deflate stream ended where it should, or nothing was deflated.
  let isDecoded: Bool
  /// The bytes, where they were wanted.
  let bytes: [UInt8]?

  /// What the headers say of an entry whose bytes are not read.
  static func unread(_ entry: ZIPDirectory.Entry) -> EntryContent {
    EntryContent(checksum: nil, size: entry.size, crc: entry.crc, isDecoded: true, bytes: nil)
  }

  /// Whether bytes that were read have another checksum.
  func differs(from stated: Checksum) -> Bool { checksum.map { $0 != stated } ?? false }
}

/// Hashes an entry's bytes as they come.
struct EntryHasher {
  let index: Int
  /// No more bytes than these are kept or decoded, whatever the file holds.
  private let declaredSize: UInt64
  private let inflater: Inflater?
  private let isDeflated: Bool
  private var hasher = ChecksumHasher()
  private var crc = CRC32()
  private var size: UInt64 = 0
  private var bytes: [UInt8]?
  private var progress = Inflater.Progress.hungry
  private var isTrailed = false

  init(_ entry: ZIPDirectory.Entry, index: Int, keepsBytes: Bool) {
    self.index = index
    self.declaredSize = entry.size
    self.isDeflated = entry.isDeflated
    self.inflater = entry.isDeflated ? Inflater() : nil
    self.bytes = keepsBytes ? [] : nil
  }

  /// Adds the next bytes of the entry as they stand in the file; `take` is given them decoded.
  mutating func update(
    _ piece: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) {
    guard isDeflated else {
      add(piece)
      return take(piece)
    }
    guard let inflater, progress == .hungry else {
      isTrailed = isTrailed || !piece.isEmpty
      return
    }
    progress = inflater.decode(piece) { part in
      guard size + UInt64(part.count) <= declaredSize else { return false }
      add(part)
      take(part)
      return true
    }
  }

  private mutating func add(_ piece: UnsafeRawBufferPointer) {
    hasher.update(piece)
    crc.update(piece)
    size += UInt64(piece.count)
    if size <= declaredSize { bytes?.append(contentsOf: piece) }
  }

  /// What the pass told.
  func finish() -> EntryContent {
    EntryContent(
      checksum: hasher.finish(), size: size, crc: crc.value,
      isDecoded: !isDeflated || (progress == .finished(unused: 0) && !isTrailed), bytes: bytes)
  }
}
