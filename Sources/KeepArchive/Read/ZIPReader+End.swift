import KeepFiles
import KeepModel

extension ZIPReader {
  private static let endSize = 22
  private static let end64Size = 56
  private static let locatorSize = 20

  /// Finds and reads the end record, and the ZIP64 records in front of it.
  mutating func readEnd() throws(KeepError) -> ZIPDirectory.End? {
    guard let place = try findEndRecord() else {
      try noteMissingEnd()
      return nil
    }
    let record = place.record
    let number = { (offset: Int, width: Int) in
      ByteField.number(in: record, at: offset, width: width)
    }
    var end = ZIPDirectory.End(
      count: number(10, 2), statedOffset: number(16, 4), size: number(12, 4),
      recordsOffset: place.offset, fileEnd: place.offset + UInt64(record.count))
    guard number(4, 2) == 0, number(6, 2) == 0, number(8, 2) == end.count else {
      log.note(.endRecordContradicts, "the end record speaks of several disks")
      return nil
    }
    guard try readZIP64(&end), locateDirectory(&end) else { return nil }
    guard end.count <= ZIPDirectory.maximumEntries else {
      log.note(.tooManyEntries, "\(end.count) entries; at most \(ZIPDirectory.maximumEntries) are read")
      return nil
    }
    try checkEndSpelling(end)
    return end
  }

  /// The end record with its comment: the last place where one fits the file's end, else the last at all.
  private func findEndRecord() throws(KeepError) -> (offset: UInt64, record: [UInt8])? {
    let reach = UInt64(Self.endSize + 0xFFFF)
    let start = file.size > reach ? file.size - reach : 0
    let tail = try file.bytes(at: start, count: Int(reach))
    guard tail.count >= Self.endSize else { return nil }
    var fallback: (offset: UInt64, record: [UInt8])?
    for index in stride(from: tail.count - Self.endSize, through: 0, by: -1) {
      guard tail[index] == 0x50, tail[index + 1] == 0x4B, tail[index + 2] == 5, tail[index + 3] == 6
      else { continue }
      let comment = Int(ByteField.number(in: tail, at: index + 20, width: 2))
      let stop = index + Self.endSize + comment
      let found = (offset: start + UInt64(index), record: Array(tail[index..<min(stop, tail.count)]))
      if stop == tail.count { return found }
      if stop < tail.count, fallback == nil { fallback = found }
    }
    return fallback
  }

  /// No end record: a bundle that was cut off is damaged, anything else is not ours.
  private mutating func noteMissingEnd() throws(KeepError) {
    if try startsLikeBundle() {
      log.note(.cutOff, "the file starts like a bundle but has no end record at its end: it was cut off")
    } else {
      log.note(.notAZIP, file.size == 0 ? "the file is empty" : "no ZIP end record was found")
    }
  }

  /// Whether the directory that was found is that of the whole file, and not that of a ZIP among the outputs
  /// of a bundle that was cut off behind it.
  mutating func startsWhereFileDoes(_ entries: [ZIPDirectory.Entry]) throws(KeepError) -> Bool {
    guard !entries.contains(where: { $0.offset == 0 }), try startsLikeBundle() else { return true }
    log.note(
      .cutOff, "the file starts like a bundle, but the only directory is that of a ZIP inside: it was cut off"
    )
    return false
  }

  /// Whether a local header with the top directory of a bundle stands at the beginning.
  private func startsLikeBundle() throws(KeepError) -> Bool {
    let head = try file.bytes(at: 0, count: 30 + 512)
    guard head.count > 30, head.starts(with: [0x50, 0x4B, 3, 4]) else { return false }
    let length = Int(ByteField.number(in: head, at: 26, width: 2))
    return head[30..<min(30 + length, head.count)].starts(with: "run-".utf8)
  }

  /// Takes the values of the ZIP64 records, if they are there.
  private mutating func readZIP64(_ end: inout ZIPDirectory.End) throws(KeepError) -> Bool {
    let isSaturated =
      end.count == 0xFFFF || end.size == 0xFFFF_FFFF || end.statedOffset == 0xFFFF_FFFF
    let room = UInt64(Self.locatorSize + Self.end64Size)
    guard end.recordsOffset >= room else { return require(!isSaturated) }
    let records = try file.bytes(at: end.recordsOffset - room, count: Int(room))
    let locator = Array(records.dropFirst(Self.end64Size))
    guard locator.starts(with: [0x50, 0x4B, 6, 7]) else { return require(!isSaturated) }
    let count = ByteField.number(in: records, at: 32, width: 8)
    let size = ByteField.number(in: records, at: 40, width: 8)
    let offset = ByteField.number(in: records, at: 48, width: 8)
    let agrees =
      records.starts(with: [0x50, 0x4B, 6, 6])
      && ByteField.number(in: records, at: 4, width: 8) == UInt64(Self.end64Size - 12)
      && ByteField.number(in: records, at: 16, width: 8) == 0
      && ByteField.number(in: records, at: 24, width: 8) == count
      && ByteField.number(in: locator, at: 4, width: 4) == 0
      && ByteField.number(in: locator, at: 8, width: 8) == offset &+ size
      && ByteField.number(in: locator, at: 16, width: 4) == 1
      && (end.count == 0xFFFF || end.count == count)
      && (end.size == 0xFFFF_FFFF || end.size == size)
      && (end.statedOffset == 0xFFFF_FFFF || end.statedOffset == offset)
    guard agrees else {
      log.note(.endRecordContradicts, "ZIP64 and classic end records disagree")
      return false
    }
    (end.count, end.size, end.statedOffset) = (count, size, offset)
    end.recordsOffset -= room
    return true
  }

  private mutating func require(_ condition: Bool) -> Bool {
    if !condition {
      log.note(.endRecordContradicts, "the end record points to ZIP64 records that are not there")
    }
    return condition
  }

  /// Places the directory in the file: it must end where the end records start.
  private mutating func locateDirectory(_ end: inout ZIPDirectory.End) -> Bool {
    let (stop, overflow) = end.statedOffset.addingReportingOverflow(end.size)
    guard !overflow, stop <= end.recordsOffset, end.count <= end.size / 46 || end.count == 0 else {
      log.note(.endRecordContradicts, "the directory that the end record describes does not fit the file")
      return false
    }
    end.base = end.recordsOffset - stop
    if end.base > 0 {
      log.note(.strayBytes, "\(end.base) bytes before the first entry, or between directory and end")
    }
    if end.fileEnd < file.size {
      log.note(.strayBytes, "\(file.size - end.fileEnd) bytes after the end record")
    }
    return true
  }

  private mutating func checkEndSpelling(_ end: ZIPDirectory.End) throws(KeepError) {
    let count = Int(end.fileEnd - end.recordsOffset)
    let found = try file.bytes(at: end.recordsOffset, count: count)
    if found != CanonicalRecord.end(end) {
      log.note(
        .endRecordNotCanonical, "comment, or ZIP64 records or fields that the profile spells otherwise")
    }
  }
}
