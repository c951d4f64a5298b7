import KeepFiles
import KeepModel

/// What must not be unpacked, whatever else is right (section 8).
enum EntrySafety {
  private static let maximumExpansion: UInt64 = 100
  private static let maximumPath = 200

  /// Checks all entries; what is unsafe goes to the log.
  static func check(_ directory: ZIPDirectory, _ log: inout FindingLog) {
    for entry in directory.entries {
      checkName(entry.name, &log)
      checkKind(entry, &log)
      checkCoding(entry, &log)
    }
    checkTop(directory, &log)
    // Names that are too long or too deep would cost more to compare than they are worth.
    if !log.has(.nameNotPortable) { checkUniqueness(directory, &log) }
  }

  /// Whether a name is relative, portable and below a folder.
  static func checkName(_ name: [UInt8], _ log: inout FindingLog) {
    guard let fault = fault(ofName: name) else { return }
    log.note(.nameNotPortable, path: String(decoding: name, as: UTF8.self), fault)
  }

  /// What is wrong with a name; `nil` where it is relative and portable.
  static func fault(ofName name: [UInt8]) -> String? {
    let components = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let below = name.count - (components.first?.count ?? 0) - 1
    if below > maximumPath { return "the path has \(below) characters; at most 200 are allowed" }
    return components.allSatisfy(isPortable) ? nil : "the name is not portable"
  }

  /// The directory that an entry lies in, with the slash behind it.
  static func top(of entry: ZIPDirectory.Entry) -> [UInt8] {
    entry.name.prefix { $0 != UInt8(ascii: "/") } + [UInt8(ascii: "/")]
  }

  private static func isPortable(_ component: ArraySlice<UInt8>) -> Bool {
    guard let last = component.last, last != UInt8(ascii: "."), component.count <= 200 else { return false }
    let isPlain = component.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x2D: true
      default: false
      }
    }
    let stem = component.prefix { $0 != UInt8(ascii: ".") }.map(lowered)
    return isPlain && !devices.contains(String(decoding: stem, as: UTF8.self))
  }

  private static let devices: Set<String> = Set(
    ["con", "prn", "aux", "nul"] + (0...9).flatMap { ["com\($0)", "lpt\($0)"] })

  static func lowered(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }

  private static func checkKind(_ entry: ZIPDirectory.Entry, _ log: inout FindingLog) {
    let kind = entry.attributes >> 28
    let isFolder = entry.attributes & 0x10 != 0 || entry.name.last == UInt8(ascii: "/")
    if isFolder || (kind != 0 && kind != 8) {
      log.note(
        .notARegularFile, path: entry.path,
        "is a \(isFolder || kind == 4 ? "directory" : kind == 10 ? "symbolic link" : "device")")
    }
  }

  private static func checkCoding(_ entry: ZIPDirectory.Entry, _ log: inout FindingLog) {
    if entry.flags & 0x2041 != 0 { log.note(.encrypted, path: entry.path, "is encrypted") }
    switch entry.method {
    case 0:
      if entry.size != entry.compressedSize {
        log.note(
          .storedSizesDiffer, path: entry.path,
          "stored in \(entry.compressedSize) bytes, said to be \(entry.size)")
      }
    case 8:
      let (most, overflow) = entry.compressedSize.multipliedReportingOverflow(by: maximumExpansion)
      if !overflow, entry.size > most {
        log.note(
          .expandsTooMuch, path: entry.path,
          "expands from \(entry.compressedSize) to \(entry.size) bytes")
      }
    default: log.note(.methodUnknown, path: entry.path, "has compression method \(entry.method)")
    }
  }

  private static func checkTop(_ directory: ZIPDirectory, _ log: inout FindingLog) {
    guard let first = directory.entries.first else { return }
    let top = top(of: first)
    for entry in directory.entries where !entry.name.starts(with: top) {
      log.note(.outsideTopDirectory, path: entry.path, "lies outside the one top directory")
    }
  }

  private static func checkUniqueness(_ directory: ZIPDirectory, _ log: inout FindingLog) {
    var names: Set<[UInt8]> = []
    names.reserveCapacity(directory.entries.count)
    for entry in directory.entries where !names.insert(entry.name.map(lowered)).inserted {
      log.note(.nameTwice, path: entry.path, "the name comes twice, case aside")
    }
    let folders = folders(of: directory.entries)
    for entry in directory.entries where folders.contains(entry.name.map(lowered)[...]) {
      log.note(.fileIsFolder, path: entry.path, "is a file and a folder")
    }
  }

  /// The folders that entries lie in, in small letters.
  static func folders(of entries: [ZIPDirectory.Entry]) -> Set<ArraySlice<UInt8>> {
    var folders: Set<ArraySlice<UInt8>> = []
    for entry in entries {
      var parent = entry.name.map(lowered)[...]
      while let slash = parent.lastIndex(of: UInt8(ascii: "/")) {
        parent = parent[..<slash]
        if !folders.insert(parent).inserted { break }
      }
    }
    return folders
  }
}
