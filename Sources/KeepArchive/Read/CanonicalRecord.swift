/// The one spelling of each ZIP record in profile 1.0 (section 7), made again from what an entry must say.
///
/// Written apart from the ZIP writer on purpose, so that a slip in one is found by the other.
enum CanonicalRecord {
  private static let version: UInt16 = 0x032D
  private static let date: UInt16 = 0x0021
  private static let mode: UInt32 = 0o100644 << 16
  private static let full32: UInt64 = 0xFFFF_FFFF

  /// The fixed fields of a local header, for messages.
  static let localFields = [
    ByteField("version needed", 4, 2), ByteField("flags", 6, 2), ByteField("method", 8, 2),
    ByteField("time", 10, 2), ByteField("date", 12, 2), ByteField("CRC-32", 14, 4),
    ByteField("compressed size", 18, 4), ByteField("size", 22, 4), ByteField("name length", 26, 2),
    ByteField("extra length", 28, 2),
  ]

  /// The fixed fields of a central directory record, for messages.
  static let centralFields = [
    ByteField("version made by", 4, 2), ByteField("version needed", 6, 2), ByteField("flags", 8, 2),
    ByteField("method", 10, 2), ByteField("time", 12, 2), ByteField("date", 14, 2),
    ByteField("extra length", 30, 2), ByteField("comment length", 32, 2), ByteField("disk", 34, 2),
    ByteField("internal attributes", 36, 2), ByteField("external attributes", 38, 4),
  ]

  /// The local header of a stored entry.
  static func local(_ entry: ZIPDirectory.Entry) -> [UInt8] {
    let isLarge = entry.size >= full32
    var record: [UInt8] = [0x50, 0x4B, 3, 4]
    ByteField.append(UInt16(isLarge ? 45 : 10), to: &record)
    ByteField.append(UInt64(0), to: &record)  // flags, method, time and the date's place
    record.removeLast(2)
    ByteField.append(date, to: &record)
    ByteField.append(entry.crc, to: &record)
    for _ in 0..<2 { ByteField.append(UInt32(clamping: entry.size), to: &record) }
    ByteField.append(UInt16(clamping: entry.name.count), to: &record)
    ByteField.append(UInt16(isLarge ? 20 : 0), to: &record)
    record += entry.name
    if isLarge { record += extra([entry.size, entry.size]) }
    return record
  }

  /// The central directory record of a stored entry.
  static func central(_ entry: ZIPDirectory.Entry) -> [UInt8] {
    var large: [UInt64] = []
    if entry.size >= full32 { large += [entry.size, entry.size] }
    if entry.statedOffset >= full32 { large.append(entry.statedOffset) }
    var record: [UInt8] = [0x50, 0x4B, 1, 2]
    ByteField.append(version, to: &record)
    ByteField.append(UInt16(large.isEmpty ? 10 : 45), to: &record)
    for value in [0, 0, 0, date] { ByteField.append(value, to: &record) }
    ByteField.append(entry.crc, to: &record)
    for _ in 0..<2 { ByteField.append(UInt32(clamping: entry.size), to: &record) }
    ByteField.append(UInt16(clamping: entry.name.count), to: &record)
    ByteField.append(UInt16(large.isEmpty ? 0 : 4 + 8 * large.count), to: &record)
    for value in [UInt16](repeating: 0, count: 3) { ByteField.append(value, to: &record) }
    ByteField.append(mode, to: &record)
    ByteField.append(UInt32(clamping: entry.statedOffset), to: &record)
    record += entry.name
    if !large.isEmpty { record += extra(large) }
    return record
  }

  /// All end records.
  static func end(_ end: ZIPDirectory.End) -> [UInt8] {
    var record: [UInt8] = []
    if end.count >= 0xFFFF || end.size >= full32 || end.statedOffset >= full32 {
      record += end64(end)
    }
    record += [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    for _ in 0..<2 { ByteField.append(UInt16(clamping: end.count), to: &record) }
    ByteField.append(UInt32(clamping: end.size), to: &record)
    ByteField.append(UInt32(clamping: end.statedOffset), to: &record)
    ByteField.append(UInt16(0), to: &record)
    return record
  }

  private static func end64(_ end: ZIPDirectory.End) -> [UInt8] {
    var record: [UInt8] = [0x50, 0x4B, 6, 6]
    ByteField.append(UInt64(44), to: &record)
    ByteField.append(version, to: &record)
    ByteField.append(UInt16(45), to: &record)
    ByteField.append(UInt64(0), to: &record)  // both disk numbers
    for value in [end.count, end.count, end.size, end.statedOffset] {
      ByteField.append(value, to: &record)
    }
    record += [0x50, 0x4B, 6, 7]
    ByteField.append(UInt32(0), to: &record)
    ByteField.append(end.statedOffset &+ end.size, to: &record)
    ByteField.append(UInt32(1), to: &record)
    return record
  }

  private static func extra(_ values: [UInt64]) -> [UInt8] {
    var field: [UInt8] = [1, 0]
    ByteField.append(UInt16(8 * values.count), to: &field)
    for value in values { ByteField.append(value, to: &field) }
    return field
  }
}
