import KeepFiles
import KeepModel

extension ZIPReader {
  private static let recordSize = 46

  /// Reads every record of the central directory in pieces; `nil` when one cannot be read.
  mutating func readCentralDirectory(_ end: ZIPDirectory.End) throws(KeepError) -> [ZIPDirectory.Entry]? {
    var window = ByteWindow(offset: end.directoryOffset, end: end.recordsOffset)
    var entries: [ZIPDirectory.Entry] = []
    entries.reserveCapacity(Int(end.count))
    for number in 0..<end.count {
      guard let head = try window.take(Self.recordSize, from: file),
        head.starts(with: [0x50, 0x4B, 1, 2]),
        let rest = try window.take(Self.variableLength(of: head), from: file),
        let entry = entry(head, rest, base: end.base)
      else {
        log.note(.directoryUnreadable, "record \(number + 1) of \(end.count) is not one")
        return nil
      }
      entries.append(entry)
    }
    guard window.offset == end.recordsOffset else {
      log.note(.directoryUnreadable, "the directory goes on after \(end.count) records")
      return nil
    }
    return entries
  }

  private static func variableLength(of head: [UInt8]) -> Int {
    [28, 30, 32].reduce(0) { $0 + Int(ByteField.number(in: head, at: $1, width: 2)) }
  }

  /// Reads one record and compares it with its one spelling.
  private mutating func entry(
    _ head: [UInt8], _ rest: [UInt8], base: UInt64
  ) -> ZIPDirectory.Entry? {
    let number = { (offset: Int, width: Int) in ByteField.number(in: head, at: offset, width: width) }
    let nameLength = Int(number(28, 2))
    let name = Array(rest[..<nameLength])
    let extra = ZIPExtra(rest[nameLength..<nameLength + Int(number(30, 2))])
    var large = extra.large[...]
    guard let size = Self.widened(number(24, 4), &large),
      let compressedSize = Self.widened(number(20, 4), &large),
      let stated = Self.widened(number(42, 4), &large)
    else { return nil }
    let (offset, overflow) = stated.addingReportingOverflow(base)
    guard !overflow else { return nil }
    let entry = ZIPDirectory.Entry(
      name: name, madeBy: UInt16(number(4, 2)), flags: UInt16(number(8, 2)),
      method: UInt16(number(10, 2)), crc: UInt32(number(16, 4)), compressedSize: compressedSize,
      size: size, attributes: UInt32(number(38, 4)), offset: offset, statedOffset: stated)
    if extra.hasSecondName { log.note(.nameNotPortable, path: entry.path, "carries a second name") }
    noteSpelling(entry, found: head + rest)
    return entry
  }

  private mutating func noteSpelling(_ entry: ZIPDirectory.Entry, found: [UInt8]) {
    if entry.isDeflated { log.note(.notStored, path: entry.path, "is compressed") }
    let expected = CanonicalRecord.central(entry)
    guard found != expected else { return }
    let differences = ByteField.differences(found, expected, CanonicalRecord.centralFields)
    log.note(
      .directoryNotCanonical, path: entry.path,
      "central directory: "
        + (differences.isEmpty ? "sizes or extra field" : differences.joined(separator: ", ")))
  }

  /// A 32-bit value, or the next of the ZIP64 field where it is saturated.
  static func widened(_ value: UInt64, _ large: inout ArraySlice<UInt64>) -> UInt64? {
    value == 0xFFFF_FFFF ? large.popFirst() : value
  }
}

/// What matters of an entry's extra fields.
struct ZIPExtra {
  /// The numbers of the ZIP64 field.
  private(set) var large: [UInt64] = []
  /// Whether Info-ZIP's field with a Unicode name is there, which some tools believe over the name.
  private(set) var hasSecondName = false

  init(_ bytes: ArraySlice<UInt8>) {
    let field = Array(bytes)
    var place = 0
    while place + 4 <= field.count {
      let id = ByteField.number(in: field, at: place, width: 2)
      let length = Int(ByteField.number(in: field, at: place + 2, width: 2))
      place += 4
      guard place + length <= field.count else { return }
      if id == 0x7075 { hasSecondName = true }
      if id == 1, large.isEmpty {
        large = stride(from: place, to: place + length - length % 8, by: 8).map {
          ByteField.number(in: field, at: $0, width: 8)
        }
      }
      place += length
    }
  }
}
