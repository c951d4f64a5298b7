import KeepFiles
import KeepModel

/// Reads the structure of a ZIP file that may be hostile: end records, ZIP64 records, central directory and
/// every local header, compared with each other and with the one spelling that profile 1.0 has.
///
/// What is wrong goes to the log. Nothing of an entry's data is read.
struct ZIPReader: ~Copyable {
  let file: FileReader
  var log = FindingLog()

  init(_ file: consuming FileReader) { self.file = file }

  /// The directory; `nil` when the file cannot be read as a ZIP at all, which is then in the log.
  ///
  /// - Throws: ``KeepError`` with code `localIO`.
  mutating func directory() throws(KeepError) -> ZIPDirectory? {
    guard let end = try readEnd(), let entries = try readCentralDirectory(end),
      try startsWhereFileDoes(entries)
    else { return nil }
    var directory = ZIPDirectory(entries: entries, end: end)
    guard try readLocalHeaders(&directory) else { return nil }
    try checkLayout(directory)
    checkOrder(directory)
    return directory
  }

  /// The file, for reading entries.
  consuming func takeFile() -> FileReader { file }
}
