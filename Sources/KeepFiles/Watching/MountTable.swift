internal import Glibc
internal import KeepModel
package import SystemPackage

/// What is mounted where, as the kernel tells this process in `/proc/self/mountinfo` (`proc(5)`).
package struct MountTable: Sendable, Equatable {
  /// One mounted file system.
  package struct Mount: Sendable, Equatable {
    /// The device's two numbers.
    package let major: UInt64
    package let minor: UInt64
    /// Where it can be seen.
    package let place: FilePath
    /// The name of its kind, such as `ext4`.
    package let kind: String
  }

  /// The mounts; later ones lie over earlier ones.
  package private(set) var mounts: [Mount] = []

  static let path: FilePath = "/proc/self/mountinfo"

  /// What is mounted now; nothing where the system does not tell.
  package static func now() -> MountTable {
    // Without it every file system counts as a local one, which is the usual case, and the safety rescan stands behind.
    MountTable((try? FileReader.bytes(of: path, limit: ByteCount(.max))) ?? [])
  }

  /// Takes the text apart; a line that is not understood is passed over.
  package init(_ bytes: [UInt8]) {
    mounts = bytes.split(separator: UInt8(ascii: "\n")).compactMap(Self.mount)
  }

  /// `36 35 98:0 /root /place rw,noatime master:1 - ext3 /dev/root rw`: any number of fields before the dash.
  private static func mount(_ line: ArraySlice<UInt8>) -> Mount? {
    let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard fields.count > 6,
      let dash = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }), fields.count > dash + 1
    else { return nil }
    let device = fields[2].split(separator: UInt8(ascii: ":")).map {
      UInt64(String(decoding: $0, as: UTF8.self))
    }
    guard device.count == 2, let major = device[0], let minor = device[1] else { return nil }
    return Mount(
      major: major, minor: minor, place: path(fields[4]),
      kind: String(decoding: fields[dash + 1], as: UTF8.self))
  }

  /// Spaces, tabs, line ends and backslashes are written as a backslash and three octal digits.
  private static func path(_ field: ArraySlice<UInt8>) -> FilePath {
    var (bytes, rest): ([CChar], ArraySlice<UInt8>) = ([], field)
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"),
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(CChar(bitPattern: code))
        rest = rest.dropFirst(3)
      } else {
        bytes.append(CChar(bitPattern: byte))
      }
    }
    return FilePath(platformString: bytes + [0])
  }

  /// The mount that a folder lies in.
  ///
  /// - Parameters:
  ///   - device: Its `st_dev`. Some file systems (btrfs) show others than the table does; then the place decides.
  ///   - place: Its path, without links.
  package func mount(ofDevice device: UInt64, at place: FilePath) -> Mount? {
    let major = (device >> 8) & 0xfff | (device >> 32) & 0xffff_f000
    let minor = device & 0xff | (device >> 12) & 0xffff_ff00
    return mounts.last { $0.major == major && $0.minor == minor }
      ?? mounts.filter { place.starts(with: $0.place) }.reduce(nil) { best, mount in
        best.map { $0.place.components.count > mount.place.components.count } == true ? best : mount
      }
  }

  /// The mounts that a folder, or one below it, lies in.
  func touching(_ place: FilePath) -> MountTable {
    var table = self
    table.mounts = mounts.filter { place.starts(with: $0.place) || $0.place.starts(with: place) }
    return table
  }
}
