internal import KeepModel
internal import SystemPackage

/// One file of a payload before it is written.
struct PayloadPart: Sendable {
  /// Where its bytes come from.
  enum Source: Sendable {
    case memory([UInt8])
    /// A file on disk, with its CRC-32 where that is known.
    case disk(FilePath, crc: UInt32?)
  }

  /// What the bag says of it.
  let file: Bag.File
  /// Where its bytes come from.
  let source: Source

  /// A document held in memory.
  init(_ path: String, _ bytes: [UInt8]) {
    file = Bag.File(path: path, size: UInt64(bytes.count), checksum: Checksum(of: bytes))
    source = .memory(bytes)
  }

  /// A file that lies on disk.
  init(_ stored: Manifest.Stored, at path: FilePath, crc: UInt32? = nil) {
    file = Bag.File(path: stored.path, size: stored.size, checksum: stored.checksum)
    source = .disk(path, crc: crc)
  }
}
