import KeepFiles
import KeepModel

extension ZIPReader {
  private static let headerSize = 30

  /// Reads every local header, compares it with the directory and sets where the data lies.
  ///
  /// - Returns: Whether every header could be read and all data lie before the directory.
  mutating func readLocalHeaders(_ directory: inout ZIPDirectory) throws(KeepError) -> Bool {
    var areReadable = true
    for index in directory.entries.indices {
      let entry = directory.entries[index]
      guard let (head, rest) = try localHeader(of: entry) else {
        log.note(.localHeaderUnreadable, path: entry.path, "no local header where the directory says")
        areReadable = false
        continue
      }
      let dataOffset = entry.offset + UInt64(head.count + rest.count)
      directory.entries[index].dataOffset = dataOffset
      directory.entries[index].isDescribedLater = compare(entry, head, rest)
      let (end, overflow) = dataOffset.addingReportingOverflow(entry.compressedSize)
      if overflow || end > directory.end.directoryOffset {
        log.note(.localHeaderUnreadable, path: entry.path, "its data reach past the entries' end")
        areReadable = false
      }
    }
    return areReadable
  }

  private func localHeader(
    of entry: ZIPDirectory.Entry
  ) throws(KeepError) -> (head: [UInt8], rest: [UInt8])? {
    let likely = try file.bytes(at: entry.offset, count: Self.headerSize + entry.name.count + 20)
    guard likely.count >= Self.headerSize, likely.starts(with: [0x50, 0x4B, 3, 4]) else { return nil }
    let length =
      Int(ByteField.number(in: likely, at: 26, width: 2))
      + Int(ByteField.number(in: likely, at: 28, width: 2))
    let head = Array(likely[..<Self.headerSize])
    let rest =
      likely.count >= Self.headerSize + length
      ? Array(likely[Self.headerSize..<Self.headerSize + length])
      : try file.bytes(at: entry.offset + UInt64(Self.headerSize), count: length)
    return rest.count == length ? (head, rest) : nil
  }

  /// Returns whether the header leaves CRC-32 and sizes to a data descriptor.
  private mutating func compare(
    _ entry: ZIPDirectory.Entry, _ head: [UInt8], _ rest: [UInt8]
  ) -> Bool {
    let number = { (offset: Int, width: Int) in ByteField.number(in: head, at: offset, width: width) }
    let nameLength = Int(number(26, 2))
    let name = Array(rest[..<nameLength])
    let flags = UInt16(number(6, 2))
    var differences: [String] = []
    if name != entry.name {
      differences.append("the name is \(String(decoding: name, as: UTF8.self)) there")
      EntrySafety.checkName(name, &log)
    }
    if number(8, 2) != UInt64(entry.method) { differences.append("method") }
    if flags != entry.flags { differences.append("flags") }
    let extra = ZIPExtra(rest[nameLength...])
    if extra.hasSecondName {
      log.note(.nameNotPortable, path: entry.path, "carries a second name in its local header")
    }
    var large = extra.large[...]
    let sizes = [Self.widened(number(22, 4), &large), Self.widened(number(18, 4), &large)]
    // With a data descriptor (flag bit 3) the header may leave each of them 0; some programs leave only those that
    // they do not know yet.
    let isLater = { (told: UInt64?) in flags & 8 != 0 && told == 0 }
    let hasCRC = number(14, 4) == UInt64(entry.crc)
    let hasSizes = sizes == [entry.size, entry.compressedSize]
    if !hasCRC, !isLater(number(14, 4)) { differences.append("CRC-32") }
    if !zip(sizes, [entry.size, entry.compressedSize]).allSatisfy({ $0 == $1 || isLater($0) }) {
      differences.append("size")
    }
    let isDescribedLater = differences.isEmpty && !(hasCRC && hasSizes)
    if flags & 1 != 0 { log.note(.encrypted, path: entry.path, "is encrypted in its local header") }
    if !differences.isEmpty {
      log.note(
        .headersDisagree, path: entry.path,
        "local header and directory disagree: " + differences.joined(separator: ", "))
    } else if head + rest != CanonicalRecord.local(entry) {
      noteSpelling(entry, head + rest)
    }
    return isDescribedLater
  }

  private mutating func noteSpelling(_ entry: ZIPDirectory.Entry, _ found: [UInt8]) {
    let differences = ByteField.differences(
      found, CanonicalRecord.local(entry), CanonicalRecord.localFields)
    log.note(
      .localHeaderNotCanonical, path: entry.path,
      "local header: " + (differences.isEmpty ? "extra field" : differences.joined(separator: ", ")))
  }
}
