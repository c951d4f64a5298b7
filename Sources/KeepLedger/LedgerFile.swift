internal import Glibc
internal import KeepModel
internal import SystemPackage

/// The ledger's file on disk: a new one gets its name once it holds its tables, so that one without bytes can
/// only be a damaged one, and never passes for a new one.
struct LedgerFile {
  let path: FilePath

  init(_ path: FilePath) { self.path = path }

  /// Makes the file if it is not there, with the tables that `fill` makes under another name.
  ///
  /// - Throws: ``KeepError`` when a file is there that cannot be a ledger; `Errno`; what `fill` throws.
  func prepare(_ fill: (FilePath) throws -> Void) throws {
    guard FilePath(path.string) == path else {
      throw KeepError(
        .ledgerUnusable, .path(path), "SQLite cannot open it: its path is not UTF-8",
        hint: "name a place for the ledger whose path is, with --ledger PATH")
    }
    if let size = try size(of: path) {
      guard size > 0 else {
        throw KeepError(
          .ledgerUnusable, .path(path), "the ledger has no bytes left",
          hint: "put it back from a copy: it knows what was paid for")
      }
      // A ledger that cannot be written is of no use; SQLite would only say so later.
      return try FileDescriptor.open(path, .readWrite, options: .closeOnExec).close()
    }
    if let log = try size(of: side("-wal")), log > 0 {
      throw KeepError(
        .ledgerUnusable, .path(path), "the ledger is gone, and its write-ahead log is still there",
        hint: "put it back from a copy: it knows what was paid for")
    }
    try make(fill)
  }

  private func make(_ fill: (FilePath) throws -> Void) throws {
    let draft = side(".new")
    for suffix in ["", "-wal", "-shm", "-journal"] { try remove(side(".new" + suffix)) }
    // SQLite gives its side files the mode of the database, so it is made for the owner alone.
    let file = try FileDescriptor.open(
      draft, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
      permissions: .ownerReadWrite)
    defer { try? file.close() }  // synced before it counts
    try fill(draft)
    try sync(file)
    try check(draft.withPlatformString { old in path.withPlatformString { rename(old, $0) } })
    for suffix in ["-wal", "-shm"] { try remove(side(".new" + suffix)) }
    let folder = path.removingLastComponent()
    let descriptor = try FileDescriptor.open(
      folder.isEmpty ? "." : folder, .readOnly, options: [.directory, .closeOnExec])
    defer { try? descriptor.close() }  // opened for reading: closing loses nothing
    try sync(descriptor)
  }

  private func side(_ suffix: String) -> FilePath { FilePath(path.string + suffix) }

  private func size(of path: FilePath) throws -> Int64? {
    var status = stat()
    if path.withPlatformString({ stat($0, &status) }) == 0 { return Int64(status.st_size) }
    guard errno == ENOENT else { throw Errno(rawValue: errno) }
    return nil
  }

  private func remove(_ path: FilePath) throws {
    guard path.withPlatformString({ unlink($0) }) == 0 || errno == ENOENT else {
      throw Errno(rawValue: errno)
    }
  }

  private func sync(_ file: FileDescriptor) throws { try check(fsync(file.rawValue)) }

  private func check(_ result: Int32) throws {
    guard result == 0 else { throw Errno(rawValue: errno) }
  }
}
