import KeepFiles
import KeepModel

extension ZIPReader {
  /// Entries must lie one behind the other from the first byte to the directory.
  mutating func checkLayout(_ directory: ZIPDirectory) {
    var place = directory.end.base
    var last: ZIPDirectory.Entry?
    for entry in directory.entries.sorted(by: { $0.offset < $1.offset }) {
      if entry.offset < place {
        log.note(.entriesOverlap, path: entry.path, "overlaps \(last?.path ?? "what is in front")")
      } else if entry.offset > place, !isDescriptor(behind: last, length: entry.offset - place) {
        log.note(.strayBytes, path: entry.path, "\(entry.offset - place) stray bytes in front")
      }
      place = max(place, entry.end)
      last = entry
    }
    let rest = directory.end.directoryOffset - min(place, directory.end.directoryOffset)
    if rest > 0, !isDescriptor(behind: last, length: rest) {
      log.note(.strayBytes, "\(rest) stray bytes behind the last entry")
    }
  }

  /// A data descriptor, which is not canonical by its flag already.
  private func isDescriptor(behind entry: ZIPDirectory.Entry?, length: UInt64) -> Bool {
    (entry?.flags ?? 0) & 8 != 0 && [12, 16, 20, 24].contains(length)
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
