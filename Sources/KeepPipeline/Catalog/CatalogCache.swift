import KeepFiles
import KeepModel
import SystemPackage

/// What was read of the bundles before: a line for each, with the state of its file then.
///
/// Each line has a checksum of its own, so that what a crash, a disk or a later version did to the file is not taken for
/// what a bundle says. Whatever cannot be read is left out, and its bundle is read again.
struct CatalogCache: Sendable {
  /// An entry, and the state of its bundle's file.
  struct Line: Sendable, Equatable {
    var stamp: Stamp
    var entry: CatalogEntry
  }

  /// What tells that a file is no longer the one that was read. The device is no part of it: those numbers change when
  /// a disk is plugged in again.
  struct Stamp: Sendable, Equatable {
    var size: UInt64
    var inode: UInt64
    var seconds: Int64
    var nanoseconds: Int64

    init(_ stamp: FileStamp) {
      size = stamp.size
      inode = stamp.inode
      seconds = stamp.modifiedSeconds
      nanoseconds = stamp.modifiedNanoseconds
    }

    init?(_ numbers: [JSONValue]) {
      guard numbers.count == 4, let size = numbers[0].number?.unsigned,
        let inode = numbers[1].number?.unsigned,
        let seconds = numbers[2].number?.signed, let nanoseconds = numbers[3].number?.signed
      else { return nil }
      (self.size, self.inode, self.seconds, self.nanoseconds) = (size, inode, seconds, nanoseconds)
    }

    fileprivate var json: JSONValue {
      .array([.integer(size), .integer(inode), .integer(seconds), .integer(nanoseconds)])
    }
  }

  /// By the bundle's address.
  private(set) var lines: [String: Line] = [:]

  /// The first line. It changes with what an entry holds and how thumbnails are drawn.
  private static let head = "comfykeep catalog 1"

  init(_ lines: [Line] = []) {
    self.lines = Dictionary(lines.map { ($0.entry.address, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Reads a cache; an empty one where there is none that can be read.
  init(at path: FilePath) {
    let bytes = (try? FileReader.bytes(of: path, limit: .mebibytes(1024))) ?? []
    let parts = bytes.split(separator: 0x0A)
    let isKnown = parts.first?.elementsEqual(Self.head.utf8) == true
    self.init(isKnown ? parts.dropFirst().compactMap(Self.line) : [])
  }

  /// The file's bytes, lines by address.
  var bytes: [UInt8] {
    var bytes = Array("\(Self.head)\n".utf8)
    for (_, line) in lines.sorted(by: { $0.key < $1.key }) {
      let json = CanonicalJSON.compact(["stamp": line.stamp.json, "entry": line.entry.json])
      bytes += Self.sum(json) + [0x20] + json + [0x0A]
    }
    return bytes
  }

  private static func line(_ bytes: ArraySlice<UInt8>) -> Line? {
    let json = bytes.dropFirst(9)
    guard bytes.prefix(9).elementsEqual(sum(Array(json)) + [0x20]),
      let document = try? JSONDocument(parsing: Array(json)).value,
      let stamp = document["stamp"]?.array.flatMap({ Stamp($0) }),
      let entry = document["entry"].flatMap({ CatalogEntry(json: $0) })
    else { return nil }
    return Line(stamp: stamp, entry: entry)
  }

  /// Eight digits of the CRC-32.
  private static func sum(_ bytes: [UInt8]) -> [UInt8] {
    var crc = CRC32()
    bytes.withUnsafeBytes { crc.update($0) }
    let value = crc.value
    return Array(Hexadecimal.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }).utf8)
  }
}
