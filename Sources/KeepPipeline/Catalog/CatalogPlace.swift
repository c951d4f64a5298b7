import KeepModel
import SystemPackage

/// Where the catalogue and what belongs to it lie in an archive.
struct CatalogPlace: Sendable {
  let layout: ArchiveLayout

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
  func address(of path: FilePath) -> String {
    var rest = path
    guard rest.removePrefix(layout.root) else { return Self.encoded(path) }
    return Self.encoded(rest)
  }

  private static func encoded(_ path: FilePath) -> String {
    path.withPlatformString { start in
      var text = ""
      var place = start
      while place.pointee != 0 {
        let byte = UInt8(bitPattern: place.pointee)
        let isPlain =
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || "-._~/".utf8.contains(byte)
        text += isPlain ? String(Unicode.Scalar(byte)) : "%" + Hexadecimal.encode([byte]).uppercased()
        place += 1
      }
      return text
    }
  }
}
