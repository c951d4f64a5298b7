internal import GRDB
internal import SystemPackage

/// The pages of a ledger's file that are the same in every ledger, written anew into a copy.
enum LedgerPages {
  private static let size: Int64 = 4096

  /// Writes the header of the file, and its size in pages.
  static func mendHeader(_ path: FilePath) throws {
    let file = try FileDescriptor.open(path, .readWrite, options: .closeOnExec)
    try file.closeAfter { try mendHeader(file) }
  }

  private static func mendHeader(_ file: FileDescriptor) throws {
    let pages = UInt32(clamping: try file.seek(offset: 0, from: .end) / size)
    try write(Array("SQLite format 3\0".utf8) + [0x10, 0, 2, 2, 0, 64, 32, 32], at: 0, file)
    // The page count counts only where two change counters agree.
    try write(big(1) + big(pages) + big(0) + big(0), at: 24, file)
    try write(big(4) + big(0) + big(0) + big(1), at: 44, file)
    try write(big(0) + big(UInt32(bitPattern: LedgerSchema.applicationID)), at: 64, file)
    try write([UInt8](repeating: 0, count: 20) + big(1), at: 72, file)
  }

  /// Writes the pages that list the tables, as a new ledger of a version has them. They lie in the same places in every
  /// ledger that was made by that version, since tables are made before anything is written to them.
  static func mendSchema(_ path: FilePath, as version: String) throws {
    let pristine = FilePath("\(path.string).pristine-\(version.prefix { $0 != ":" })")
    let queue = try DatabaseQueue(path: pristine.string)
    try LedgerSchema.migrator.migrate(queue, upTo: version)
    let roots = try queue.read { try Set(Int64.fetchAll($0, sql: "SELECT rootpage FROM sqlite_schema")) }
    try queue.close()
    let source = try FileDescriptor.open(pristine, .readOnly, options: .closeOnExec)
    try source.closeAfter {
      let target = try FileDescriptor.open(path, .readWrite, options: .closeOnExec)
      try target.closeAfter {
        let pages = try source.seek(offset: 0, from: .end) / size
        for page in 0..<pages where !roots.contains(page + 1) {
          var bytes = [UInt8](repeating: 0, count: Int(size))
          _ = try bytes.withUnsafeMutableBytes { try source.read(fromAbsoluteOffset: page * size, into: $0) }
          try write(bytes, at: page * size, target)
        }
        try mendHeader(target)
      }
    }
  }

  private static func big(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func write(_ bytes: [UInt8], at place: Int64, _ file: FileDescriptor) throws {
    _ = try file.writeAll(toAbsoluteOffset: place, bytes)
  }
}
