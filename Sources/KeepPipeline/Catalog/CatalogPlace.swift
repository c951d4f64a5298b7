import KeepModel
import SystemPackage

/// Where the catalogue and what belongs to it lie in an archive.
struct CatalogPlace: Sendable {
  let layout: ArchiveLayout
  /// The archive's path.
  private let root: [UInt8]

  init(layout: ArchiveLayout) {
    self.layout = layout
    root = Self.withBytes(of: layout.root) { Array($0) }
  }

  /// The page that is opened, and the table.
  var index: FilePath { layout.root.appending("index.html") }
  var table: FilePath { layout.root.appending("catalog.csv") }
  /// The pages by month, and the thumbnails that all pages show.
  var pages: FilePath { layout.root.appending("catalog") }
  var thumbnails: FilePath { pages.appending("thumbnails") }
  /// What was read of the bundles before.
  var hidden: FilePath { layout.hidden.appending("catalog") }
  var cache: FilePath { hidden.appending("entries") }
  var lock: FilePath { hidden.appending("lock") }

  /// A path from the archive on, percent-encoded (RFC 3986), so that whatever bytes a name has, a link leads to it.
  ///
  /// By bytes: each question that is put to a path costs more than all of its bytes, and there may be many paths.
  func address(of path: FilePath) -> String {
    Self.withBytes(of: path) { bytes in
      guard bytes.starts(with: root) else { return Self.encoded(bytes[...]) }
      let rest = bytes.dropFirst(root.count)
      let isBelow = root.last == Self.slash || rest.first == Self.slash || rest.isEmpty
      return Self.encoded(isBelow ? rest.drop { $0 == Self.slash } : bytes[...])
    }
  }

  private static let slash = UInt8(ascii: "/")
  private static let digits = Array("0123456789ABCDEF".utf8)
  /// Whether a byte stands for itself, by the byte.
  private static let isPlain: [Bool] = (UInt8.min...UInt8.max).map { byte in
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || "-._~/".utf8.contains(byte)
  }

  private static func withBytes<Result>(
    of path: FilePath, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    path.withPlatformString { start in
      var count = 0
      while start[count] != 0 { count += 1 }
      return body(UnsafeRawBufferPointer(start: start, count: count))
    }
  }

  private static func encoded(_ path: Slice<UnsafeRawBufferPointer>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(path.count)
    for byte in path {
      if isPlain[Int(byte)] {
        text.append(byte)
      } else {
        text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
