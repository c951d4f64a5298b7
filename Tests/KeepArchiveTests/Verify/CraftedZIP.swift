import KeepFiles

/// A ZIP written byte by byte as section 7 of the profile says, with a knob for everything that can be wrong.
struct CraftedZIP {
  /// One entry; what is `nil` follows from the data.
  struct Item {
    var name: [UInt8]
    var data: [UInt8]
    /// The bytes in the file, when they are not the data themselves.
    var encoded: [UInt8]?
    var localName: [UInt8]?
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var localFlags: UInt16?
    var time: UInt16 = 0
    var date: UInt16 = 0x21
    var crc: UInt32?
    var localCRC: UInt32?
    var size: UInt32?
    var compressedSize: UInt32?
    var localSize: UInt32?
    var localCompressedSize: UInt32?
    var madeBy: UInt16 = 0x032D
    var needed: UInt16 = 10
    var attributes: UInt32 = 0o100644 << 16
    var localExtra: [UInt8] = []
    var centralExtra: [UInt8] = []
    var comment: [UInt8] = []
    var junkBefore: [UInt8] = []
    var descriptor: [UInt8] = []
    var offset: UInt32?

    init(_ name: String, _ data: [UInt8]) {
      self.name = Array(name.utf8)
      self.data = data
    }
  }

  var items: [Item]
  var prefix: [UInt8] = []
  /// Whether stated offsets count the prefix.
  var countsPrefix = false
  var junkBeforeDirectory: [UInt8] = []
  var junkAfterDirectory: [UInt8] = []
  var suffix: [UInt8] = []
  var comment: [UInt8] = []
  var count: UInt16?
  var directorySize: UInt32?
  var directoryOffset: UInt32?
  /// ZIP64 records with these count, size and offset.
  var zip64: ((_ count: UInt64, _ size: UInt64, _ offset: UInt64) -> [UInt8])?

  var bytes: [UInt8] {
    var file = prefix
    let base = countsPrefix ? 0 : prefix.count
    var directory: [UInt8] = []
    for item in items {
      file += item.junkBefore
      let offset = UInt32(file.count - base)
      file += item.local + (item.encoded ?? item.data) + item.descriptor
      directory += item.central(at: item.offset ?? offset)
    }
    file += junkBeforeDirectory
    let start = file.count - base
    file += directory + junkAfterDirectory
    if let zip64 { file += zip64(UInt64(items.count), UInt64(directory.count), UInt64(start)) }
    file += [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    let number = count ?? UInt16(clamping: items.count)
    file += Self.bytes(number) + Self.bytes(number)
    file += Self.bytes(directorySize ?? UInt32(directory.count))
    file += Self.bytes(directoryOffset ?? UInt32(start))
    return file + Self.bytes(UInt16(comment.count)) + comment + suffix
  }

  /// Low byte first.
  static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func crc(_ data: [UInt8]) -> UInt32 {
    var crc = CRC32()
    data.withUnsafeBytes { crc.update($0) }
    return crc.value
  }

  /// Raw deflate without compression: one stored block.
  static func deflateStored(_ data: [UInt8]) -> [UInt8] {
    let count = UInt16(data.count)
    return [1] + bytes(count) + bytes(~count) + data
  }

  /// The ZIP64 records.
  static func zip64Records(_ count: UInt64, _ size: UInt64, _ offset: UInt64) -> [UInt8] {
    [0x50, 0x4B, 6, 6] + bytes(UInt64(44)) + [0x2D, 3, 45, 0] + bytes(UInt64(0)) + bytes(count)
      + bytes(count) + bytes(size) + bytes(offset) + [0x50, 0x4B, 6, 7] + bytes(UInt32(0))
      + bytes(offset + size) + bytes(UInt32(1))
  }
}

extension CraftedZIP.Item {
  private var fullSize: UInt32 { size ?? UInt32(data.count) }
  private var packedSize: UInt32 { compressedSize ?? UInt32((encoded ?? data).count) }
  private var checksum: UInt32 { crc ?? CraftedZIP.crc(data) }

  fileprivate var local: [UInt8] {
    let name = localName ?? name
    return [0x50, 0x4B, 3, 4] + CraftedZIP.bytes(needed) + CraftedZIP.bytes(localFlags ?? flags)
      + CraftedZIP.bytes(method) + CraftedZIP.bytes(time) + CraftedZIP.bytes(date)
      + CraftedZIP.bytes(localCRC ?? checksum) + CraftedZIP.bytes(localCompressedSize ?? packedSize)
      + CraftedZIP.bytes(localSize ?? fullSize) + CraftedZIP.bytes(UInt16(name.count))
      + CraftedZIP.bytes(UInt16(localExtra.count)) + name + localExtra
  }

  fileprivate func central(at offset: UInt32) -> [UInt8] {
    let head: [UInt8] =
      [0x50, 0x4B, 1, 2] + CraftedZIP.bytes(madeBy) + CraftedZIP.bytes(needed)
      + CraftedZIP.bytes(flags) + CraftedZIP.bytes(method) + CraftedZIP.bytes(time)
      + CraftedZIP.bytes(date) + CraftedZIP.bytes(checksum)
    let sizes: [UInt8] =
      CraftedZIP.bytes(packedSize) + CraftedZIP.bytes(fullSize)
      + CraftedZIP.bytes(UInt16(name.count)) + CraftedZIP.bytes(UInt16(centralExtra.count))
      + CraftedZIP.bytes(UInt16(comment.count))
    return head + sizes + [0, 0, 0, 0] + CraftedZIP.bytes(attributes) + CraftedZIP.bytes(offset)
      + name + centralExtra + comment
  }
}
