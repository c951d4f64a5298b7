import KeepFiles
import KeepModel

/// Finds entries by their local headers alone, for a ZIP whose directory is lost.
///
/// They lie one behind the other from the first byte. Where the next is not where it should be, the next header of a
/// file below the same top directory is looked for. Nothing that is found is trusted before its CRC-32 and SHA-256.
enum LocalWalk {
  private static let headerSize = 30
  private static let signature: [UInt8] = [0x50, 0x4B, 3, 4]
  private static let searchSize = 256 * 1024

  /// What looks like an entry, in the order of the file; the last may reach past its end.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  static func entries(of file: borrowing FileReader) throws(KeepError) -> [ZIPDirectory.Entry] {
    var entries: [ZIPDirectory.Entry] = []
    var names: Set<[UInt8]> = []
    var (place, searched, isExpected) = (UInt64(0), UInt64(0), true)
    while UInt64(entries.count) < ZIPDirectory.maximumEntries {
      if let entry = try entry(of: file, at: place), isExpected || isPlausible(entry, entries.first, names) {
        entries.append(entry)
        names.insert(entry.name)
        searched = max(searched, entry.dataOffset)
        (place, isExpected) = (entry.end, entry.end <= file.size)
        if isExpected { continue }
      } else if isExpected, try isDirectory(file, at: place) {
        break
      }
      guard let next = try search(file, from: searched) else { break }
      (place, searched, isExpected) = (next, next + 1, false)
    }
    return entries
  }

  /// Whether a header that was found by chance belongs to the bundle.
  private static func isPlausible(
    _ entry: ZIPDirectory.Entry, _ first: ZIPDirectory.Entry?, _ names: Set<[UInt8]>
  ) -> Bool {
    var log = FindingLog()
    EntrySafety.checkName(entry.name, &log)
    guard !log.has(.nameNotPortable), !names.contains(entry.name) else { return false }
    guard let first else { return true }
    let top = first.name.prefix { $0 != UInt8(ascii: "/") } + [UInt8(ascii: "/")]
    return entry.name.starts(with: top)
  }

  /// Whether the entries end there: with the file, or with the directory's first record.
  private static func isDirectory(_ file: borrowing FileReader, at place: UInt64) throws(KeepError) -> Bool {
    let bytes = try file.bytes(at: place, count: 4)
    return bytes.isEmpty || bytes == [0x50, 0x4B, 1, 2]
  }

  /// The entry whose local header stands at a place; `nil` where there is none that tells its own size.
  private static func entry(
    of file: borrowing FileReader, at place: UInt64
  ) throws(KeepError) -> ZIPDirectory.Entry? {
    let head = try file.bytes(at: place, count: headerSize)
    guard head.count == headerSize, head.starts(with: signature) else { return nil }
    let number = { (offset: Int, width: Int) in ByteField.number(in: head, at: offset, width: width) }
    let (nameLength, extraLength) = (Int(number(26, 2)), Int(number(28, 2)))
    let rest = try file.bytes(at: place + UInt64(headerSize), count: nameLength + extraLength)
    guard nameLength > 0, rest.count == nameLength + extraLength, number(6, 2) & 8 == 0 else { return nil }
    var large = ZIPExtra(rest[nameLength...]).large[...]
    guard let size = ZIPReader.widened(number(22, 4), &large),
      let compressedSize = ZIPReader.widened(number(18, 4), &large),
      compressedSize < UInt64(Int64.max) / 2
    else { return nil }
    var entry = ZIPDirectory.Entry(
      name: Array(rest[..<nameLength]), madeBy: 0, flags: UInt16(number(6, 2)), method: UInt16(number(8, 2)),
      crc: UInt32(number(14, 4)), compressedSize: compressedSize, size: size, attributes: 0o100644 << 16,
      offset: place, statedOffset: place)
    entry.dataOffset = place + UInt64(headerSize + rest.count)
    return entry
  }

  /// Where the next local header may start.
  private static func search(_ file: borrowing FileReader, from start: UInt64) throws(KeepError) -> UInt64? {
    var offset = start
    while offset < file.size {
      let piece = try file.bytes(at: offset, count: searchSize)
      guard piece.count >= signature.count else { return nil }
      for index in 0...(piece.count - signature.count)
      where piece[index] == 0x50 && piece[index + 1] == 0x4B && piece[index + 2] == 3 && piece[index + 3] == 4
      {
        return offset + UInt64(index)
      }
      offset += UInt64(piece.count - signature.count + 1)
    }
    return nil
  }
}
