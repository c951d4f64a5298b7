import KeepModel

/// What a ZIP file says it holds, after its end records, central directory and every local header were read
/// and compared. Nothing in it is trusted further than that.
struct ZIPDirectory: Sendable {
  /// One entry.
  struct Entry: Sendable {
    /// The name's bytes in the central directory.
    let name: [UInt8]
    let madeBy: UInt16
    let flags: UInt16
    let method: UInt16
    let crc: UInt32
    let compressedSize: UInt64
    let size: UInt64
    /// External attributes; the UNIX mode is in the upper half.
    let attributes: UInt32
    /// Where the local header starts in the file.
    let offset: UInt64
    /// The offset as the directory says it, without what was found in front of the ZIP.
    let statedOffset: UInt64
    /// Where the data starts in the file.
    var dataOffset: UInt64 = 0
    /// Whether CRC-32 and sizes stand only behind the data, in a data descriptor.
    var isDescribedLater = false

    /// Where the data ends in the file.
    var end: UInt64 { dataOffset + compressedSize }
    /// The name, with bytes that are not UTF-8 replaced.
    var path: String { String(decoding: name, as: UTF8.self) }
    /// Whether the data is deflated.
    var isDeflated: Bool { method == 8 }
  }

  /// The entries in the order of the central directory.
  var entries: [Entry]
  /// The place of the records behind the entries.
  let end: End

  /// The most entries that are read.
  static let maximumEntries: UInt64 = 1_000_000
}

extension ZIPDirectory {
  /// Where the central directory lies, from the end records.
  struct End: Sendable {
    /// How many entries the directory has.
    var count: UInt64
    /// The directory's offset as stated.
    var statedOffset: UInt64
    /// The directory's size as stated.
    var size: UInt64
    /// Bytes in front of the ZIP, which all stated offsets leave out.
    var base: UInt64 = 0
    /// Where the first end record, ZIP64 or not, starts in the file.
    var recordsOffset: UInt64
    /// Where the last byte of the ZIP and its comment ends in the file.
    var fileEnd: UInt64

    /// Where the directory starts in the file.
    var directoryOffset: UInt64 { base + statedOffset }

    /// The end of a ZIP whose directory is lost.
    static let none = End(count: 0, statedOffset: 0, size: 0, recordsOffset: 0, fileEnd: 0)
  }
}
