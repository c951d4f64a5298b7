import Glibc
import KeepFiles
import KeepModel
import SystemPackage

/// A file in the archive that says that a process works there, and with which ledger.
///
/// One that still stands when the next process comes and nobody else is there tells that a process was killed, and
/// only then is the whole archive looked through for what it left.
final class WriterMark: Sendable {
  private let path: FilePath

  /// Sets the mark of this process.
  ///
  /// - Parameter ledger: The ledger, which is there.
  /// - Throws: ``KeepError`` with code `local_io`.
  init(in folder: FilePath, ledger: FilePath) throws(KeepError) {
    let number = UInt32.random(in: 0...UInt32.max)
    self.path = folder.appending("\(Self.name)-\(getpid())-\(String(number, radix: 16))")
    try Folder.makeMark(path, text: Folder.identity(of: ledger) + "\n" + Folder.absolute(ledger).string)
  }

  /// Takes the mark away; if that fails a later process only cleans up once more.
  deinit { try? Folder.removeFile(path) }

  private static let name = "writing"

  /// The marks in a folder, of the living and the dead.
  static func all(in folder: FilePath) throws(KeepError) -> [FilePath] {
    try Folder.names(in: folder).filter { name in
      name.string == Self.name || name.string.hasPrefix("\(Self.name)-")
    }.map(folder.appending)
  }

  /// The path of the ledger that a mark names, where it is another one than `ledger`.
  static func otherLedger(of mark: FilePath, than ledger: FilePath) -> String? {
    // One that cannot be read has just been taken away; one without a number is of an earlier version, with one ledger.
    guard mark.lastComponent?.string != name,
      let bytes = try? FileReader.bytes(of: mark, limit: ByteCount(65_536)), !bytes.isEmpty
    else {
      return nil
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", maxSplits: 1)
    return lines.first.map(String.init) == Folder.identity(of: ledger) ? nil : lines.last.map(String.init)
  }

  /// Refuses to work beside a process that uses another ledger: neither would know what the other needs.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`.
  static func check(in folder: FilePath, ledger: FilePath) throws(KeepError) {
    for mark in try all(in: folder) {
      guard let other = otherLedger(of: mark, than: ledger) else { continue }
      throw KeepError(
        .ledgerUnusable, .path(ledger), "another process works in the archive with the ledger \(other)",
        hint: "one archive has one ledger: name that one, or wait until the other process is done")
    }
  }
}
