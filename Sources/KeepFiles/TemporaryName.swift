package import SystemPackage

/// Names that programs give to files they have not finished, and to files of their own beside a person's.
///
/// They are told by their bytes, and letters of ASCII alike in either case. A copy that a synchronizing program
/// made of a conflict, such as `photo.sync-conflict-20260101-120000-ABCDEFG.png`, is a person's file.
package enum TemporaryName {
  /// Whether a file or folder of that name is unfinished, or none of a person's.
  package static func isTemporary(_ name: FilePath.Component) -> Bool {
    let bytes = name.withPlatformString { lowercased($0) }
    return beginnings.contains { bytes.starts(with: $0) }
      || endings.contains { bytes.count >= $0.count && bytes.suffix($0.count).elementsEqual($0) }
      || names.contains(bytes) || isNumbered(bytes) || isSafeSave(bytes)
  }

  /// A dot hides a name. It also begins what rsync (`.photo.png.AbC123`, `.~tmp~`), Syncthing, Dropbox, Nextcloud,
  /// NFS (`.nfs0000`), FUSE, editors and file managers write first, and macOS's `._photo.png`.
  private static let beginnings: [[UInt8]] = [
    ".",
    "~$",  // Office, beside a document that is open
    "~syncthing~",  // Syncthing on Windows
  ].map { Array($0.utf8) }

  private static let endings: [[UInt8]] = [
    "~",  // editors' copies of what was there before
    ".part", ".partial", ".filepart",  // Firefox, yt-dlp, Nextcloud; WinSCP
    ".crdownload", ".download", ".opdownload", ".crswap",  // browsers
    ".tmp", ".temp", ".swp", ".swo",
    ".!ut", ".!qb", ".!sync", ".aria2", ".ytdl",  // downloaders, for a file and for what they know of it
  ].map { Array($0.utf8) }

  /// What systems and storage boxes keep in folders that they show to people.
  private static let names: Set<[UInt8]> = Set(
    [
      "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "$recycle.bin", "system volume information",
      "@eadir", "#recycle", "#snapshot", "@recycle", "lost+found", "network trash folder", "temporary items",
    ].map { Array($0.utf8) })

  /// `#photo.png#`, as Emacs saves what is not saved yet, and `#1180842`, a file that has no name yet.
  private static func isNumbered(_ bytes: [UInt8]) -> Bool {
    let mark = UInt8(ascii: "#")
    guard bytes.count > 1, bytes.first == mark else { return false }
    return bytes.last == mark || bytes.dropFirst().allSatisfy { isDigit($0) }
  }

  /// `photo.png.sb-1a2b3c4d-AbCdEf`, which programs on macOS write before they take the place of `photo.png`.
  private static func isSafeSave(_ bytes: [UInt8]) -> Bool {
    let tail = Array(bytes.suffix(19))
    guard tail.count == 19, tail.starts(with: ".sb-".utf8), tail[12] == UInt8(ascii: "-") else {
      return false
    }
    return tail[4..<12].allSatisfy { isDigit($0) || (0x61...0x66).contains($0) }
      && tail[13...].allSatisfy { isDigit($0) || (0x61...0x7A).contains($0) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func lowercased(_ name: UnsafePointer<CChar>) -> [UInt8] {
    var bytes: [UInt8] = []
    var place = name
    while place.pointee != 0 {
      let byte = UInt8(bitPattern: place.pointee)
      bytes.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
      place += 1
    }
    return bytes
  }
}
