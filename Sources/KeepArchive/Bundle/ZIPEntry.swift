/// One file in a ZIP, as its two headers tell it: stored, without flags, times, comments or descriptors
/// (bundle profile 1.0, section 7).
struct ZIPEntry: Sendable, Equatable {
  /// The path in the ZIP, portable ASCII.
  var name: String
  /// The size, twice in each header since nothing is compressed.
  var size: UInt64
  /// CRC-32 of the bytes.
  var crc: UInt32
  /// Where the local header starts.
  var offset: UInt64

  /// Where in a local header the CRC-32 stands.
  static let placeOfCRC: UInt64 = 14

  /// The header in front of the bytes. One with a ZIP64 field holds both sizes there.
  var localHeader: [UInt8] {
    let isLarge = size >= ZIPLimit.size
    var header = ZIPRecord(signature: 0x0403_4B50)
    header.add(isLarge ? ZIPLimit.version64 : ZIPLimit.version)
    addCommon(to: &header, isLarge: isLarge)
    header.add(UInt16(isLarge ? 20 : 0))
    header.add(name)
    if isLarge { header.addZIP64([size, size]) }
    return header.bytes
  }

  /// The header in the directory. Its ZIP64 field holds only the values that do not fit.
  var centralHeader: [UInt8] {
    let isLarge = size >= ZIPLimit.size
    let isFar = offset >= ZIPLimit.size
    let large = (isLarge ? [size, size] : []) + (isFar ? [offset] : [])
    var header = ZIPRecord(signature: 0x0201_4B50)
    header.add(ZIPLimit.madeBy)
    header.add(large.isEmpty ? ZIPLimit.version : ZIPLimit.version64)
    addCommon(to: &header, isLarge: isLarge)
    header.add(UInt16(large.isEmpty ? 0 : 4 + 8 * large.count))
    header.add(UInt16(0))  // comment
    header.add(UInt16(0))  // disk
    header.add(UInt16(0))  // internal attributes
    header.add(UInt32(0o100644) << 16)
    header.add(ZIPLimit.saturated(offset))
    header.add(name)
    if !large.isEmpty { header.addZIP64(large) }
    return header.bytes
  }

  /// Flags, method, time, date, CRC, sizes and the length of the name.
  private func addCommon(to header: inout ZIPRecord, isLarge: Bool) {
    header.add(UInt16(0))  // flags
    header.add(UInt16(0))  // method: stored
    header.add(UInt16(0))  // 00:00:00
    header.add(UInt16(0x0021))  // 1980-01-01
    header.add(crc)
    header.add(ZIPLimit.saturated(size))
    header.add(ZIPLimit.saturated(size))
    header.add(UInt16(name.utf8.count))
  }
}

/// What stands after the last entry: the directory's place and length, in 64 bits exactly where needed.
struct ZIPEnd: Sendable, Equatable {
  /// How many entries there are.
  var entries: UInt64
  /// The length of the directory.
  var size: UInt64
  /// Where the directory starts.
  var offset: UInt64

  /// The end records.
  var bytes: [UInt8] {
    let isLarge =
      entries >= ZIPLimit.entries || size >= ZIPLimit.size || offset >= ZIPLimit.size
    return (isLarge ? record64 + locator : []) + classic
  }

  private var record64: [UInt8] {
    var record = ZIPRecord(signature: 0x0606_4B50)
    record.add(UInt64(44))  // what follows
    record.add(ZIPLimit.madeBy)
    record.add(ZIPLimit.version64)
    record.add(UInt32(0))  // this disk
    record.add(UInt32(0))  // the directory's disk
    for value in [entries, entries, size, offset] { record.add(value) }
    return record.bytes
  }

  private var locator: [UInt8] {
    var record = ZIPRecord(signature: 0x0706_4B50)
    record.add(UInt32(0))  // disk
    record.add(offset + size)
    record.add(UInt32(1))  // disks
    return record.bytes
  }

  private var classic: [UInt8] {
    let count = UInt16(min(entries, ZIPLimit.entries))
    var record = ZIPRecord(signature: 0x0605_4B50)
    for value in [0, 0, count, count] { record.add(value) }
    record.add(ZIPLimit.saturated(size))
    record.add(ZIPLimit.saturated(offset))
    record.add(UInt16(0))  // comment
    return record.bytes
  }
}

/// Markers and versions. A value that equals a marker does not fit either.
enum ZIPLimit {
  static let entries: UInt64 = 0xFFFF
  static let size: UInt64 = 0xFFFF_FFFF
  /// UNIX, version 4.5.
  static let madeBy: UInt16 = 0x032D
  /// What a reader needs for a stored file.
  static let version: UInt16 = 10
  /// What a reader needs for a ZIP64 field.
  static let version64: UInt16 = 45

  static func saturated(_ value: UInt64) -> UInt32 { UInt32(min(value, size)) }
}

/// Little-endian fields one after another.
private struct ZIPRecord {
  private(set) var bytes: [UInt8] = []

  init(signature: UInt32) { add(signature) }

  mutating func add(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  mutating func add(_ text: String) { bytes += text.utf8 }

  mutating func addZIP64(_ values: [UInt64]) {
    add(UInt16(0x0001))
    add(UInt16(8 * values.count))
    for value in values { add(value) }
  }
}
