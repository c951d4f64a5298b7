import KeepFiles
import KeepModel

extension ZIPReader {
  /// Entries must lie one behind the other from the first byte to the directory.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  mutating func checkLayout(_ directory: ZIPDirectory) throws(KeepError) {
    var place = directory.end.base
    var last: ZIPDirectory.Entry?
    for entry in directory.entries.sorted(by: { $0.offset < $1.offset }) {
      if entry.offset < place {
        log.note(.entriesOverlap, path: entry.path, "overlaps \(last?.path ?? "what is in front")")
      } else if !(try isDescriptor(behind: last, length: entry.offset - place)), entry.offset > place {
        log.note(.strayBytes, path: entry.path, "\(entry.offset - place) stray bytes in front")
      }
      place = max(place, entry.end)
      last = entry
    }
    let rest = directory.end.directoryOffset - min(place, directory.end.directoryOffset)
    if !(try isDescriptor(behind: last, length: rest)), rest > 0 {
      log.note(.strayBytes, "\(rest) stray bytes behind the last entry")
    }
  }

  /// Whether a data descriptor stands there, which is not canonical by its flag already; one that lies, or is
  /// missing where the local header leaves everything to it, goes to the log.
  private mutating func isDescriptor(
    behind entry: ZIPDirectory.Entry?, length: UInt64
  ) throws(KeepError) -> Bool {
    guard let entry, entry.flags & 8 != 0 else { return false }
    guard [12, 16, 20, 24].contains(length) else {
      if entry.isDescribedLater, entry.compressedSize > 0 {
        log.note(
          .headersDisagree, path: entry.path,
          "the data descriptor that its local header tells of is not there")
      }
      return false
    }
    let found = try file.bytes(at: entry.end, count: Int(length))
    if found != Self.descriptor(of: entry, length: Int(length)) {
      log.note(.headersDisagree, path: entry.path, "data descriptor and directory disagree")
    }
    return true
  }

  /// The descriptor of an entry: with or without signature, with sizes of 32 or 64 bits.
  private static func descriptor(of entry: ZIPDirectory.Entry, length: Int) -> [UInt8] {
    var record: [UInt8] = length % 8 == 0 ? [0x50, 0x4B, 7, 8] : []
    ByteField.append(entry.crc, to: &record)
    for size in [entry.compressedSize, entry.size] {
      if length < 20 {
        ByteField.append(UInt32(truncatingIfNeeded: size), to: &record)
      } else {
        ByteField.append(size, to: &record)
      }
    }
    return record
  }

  /// First the tag files, then `data/`, each by path bytes, in the directory and in the file.
  mutating func checkOrder(_ directory: ZIPDirectory) {
    var last: ZIPDirectory.Entry?
    for entry in directory.entries {
      if let last {
        let isBehind =
          last.offset < entry.offset && Self.precedes(last.name, entry.name)
        if !isBehind { log.note(.orderNotCanonical, path: entry.path, "comes too late or too early") }
      }
      last = entry
    }
  }

  private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    let ranks = (rank(left), rank(right))
    return ranks.0 == ranks.1 ? left.lexicographicallyPrecedes(right) : ranks.0 < ranks.1
  }

  private static func rank(_ name: [UInt8]) -> Int {
    let inside = name.drop { $0 != UInt8(ascii: "/") }
    return inside.starts(with: "/data/".utf8) ? 1 : 0
  }
}
