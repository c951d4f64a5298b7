import KeepFiles
import KeepModel

/// Finds entries by their local headers alone, for a ZIP whose directory is lost.
///
/// They lie one behind the other from the first byte. Where the next is not where it should be, the next header of a
/// file below the same top directory is looked for. Nothing that is found is trusted before its CRC-32 and SHA-256.
///
/// However many headers a hostile file seems to have, the file is gone through once: see ``HeaderWindow``.
enum LocalWalk {
  private static let headerSize = 30
  private static let signature: [UInt8] = [0x50, 0x4B, 3, 4]
  /// The most bytes of a name, and of an extra field whose numbers are needed: more than a bundle ever has.
  private static let longestName = 512
  private static let longestExtra = 4096

  /// What looks like an entry, in the order of the file; the last may reach past its end. One that lies where the one in
  /// front of it ends is taken whatever its name is: ``EntrySafety`` has to be asked.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  static func entries(of file: borrowing FileReader) throws(KeepError) -> [ZIPDirectory.Entry] {
    var entries: [ZIPDirectory.Entry] = []
    var names: Set<[UInt8]> = []
    var near = HeaderWindow(pieceSize: 1024)
    var ahead = HeaderWindow(pieceSize: 256 * 1024)
    var (place, searched, isExpected) = (UInt64(0), UInt64(0), true)
    while UInt64(entries.count) < ZIPDirectory.maximumEntries {
      let found =
        isExpected ? try entry(of: file, at: place, &near) : try entry(of: file, at: place, &ahead)
      if let entry = found, isExpected || isPlausible(entry, entries, names) {
        entries.append(entry)
        names.insert(entry.name)
        // Not behind its name and extra field, whose lengths may be what is damaged.
        searched = max(searched, place + UInt64(headerSize))
        (place, isExpected) = (entry.end, entry.end <= file.size)
        if isExpected { continue }
      } else if isExpected, try isDirectory(file, at: place) {
        break
      }
      guard let next = try ahead.next(signature, from: searched, in: file) else { break }
      (place, searched, isExpected) = (next, next + 1, false)
    }
    return entries
  }

  /// Whether a header that was found by chance belongs to the bundle.
  private static func isPlausible(
    _ entry: ZIPDirectory.Entry, _ entries: [ZIPDirectory.Entry], _ names: Set<[UInt8]>
  ) -> Bool {
    guard EntrySafety.fault(ofName: entry.name) == nil, !names.contains(entry.name) else { return false }
    // The first may be the one whose name is damaged.
    return entries.isEmpty || entries.prefix(3).contains { entry.name.starts(with: EntrySafety.top(of: $0)) }
  }

  /// Whether the entries end there: with the file, or with the directory's first record.
  private static func isDirectory(_ file: borrowing FileReader, at place: UInt64) throws(KeepError) -> Bool {
    let bytes = try file.bytes(at: place, count: 4)
    return bytes.isEmpty || bytes == [0x50, 0x4B, 1, 2]
  }

  /// The entry whose local header stands at a place; `nil` where there is none that tells its own size.
  private static func entry(
    of file: borrowing FileReader, at place: UInt64, _ window: inout HeaderWindow
  ) throws(KeepError) -> ZIPDirectory.Entry? {
    let head = try window.bytes(at: place, count: headerSize, of: file)
    guard head.count == headerSize, head.starts(with: signature) else { return nil }
    let number = { (offset: Int, width: Int) in ByteField.number(in: head, at: offset, width: width) }
    let (nameLength, extraLength) = (Int(number(26, 2)), Int(number(28, 2)))
    guard (1...longestName).contains(nameLength), number(6, 2) & 8 == 0 else { return nil }
    let dataOffset = place + UInt64(headerSize + nameLength + extraLength)
    guard dataOffset <= file.size else { return nil }
    let isLarge = number(22, 4) == 0xFFFF_FFFF || number(18, 4) == 0xFFFF_FFFF
    let rest = try window.bytes(
      at: place + UInt64(headerSize), count: nameLength + (isLarge ? min(extraLength, longestExtra) : 0),
      of: file)
    var large = ZIPExtra(rest[nameLength...]).large[...]
    guard let size = ZIPReader.widened(number(22, 4), &large),
      let compressedSize = ZIPReader.widened(number(18, 4), &large),
      compressedSize < UInt64(Int64.max) / 2
    else { return nil }
    var entry = ZIPDirectory.Entry(
      name: Array(rest[..<nameLength]), madeBy: 0, flags: UInt16(number(6, 2)), method: UInt16(number(8, 2)),
      crc: UInt32(number(14, 4)), compressedSize: compressedSize, size: size, attributes: 0o100644 << 16,
      offset: place, statedOffset: place)
    entry.dataOffset = dataOffset
    return entry
  }
}
