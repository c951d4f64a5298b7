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
    if try !isThere() { try make(fill) }
  }

  /// Whether the file is there; one that was there once and is gone, or has no bytes, is refused.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`; `Errno`.
  func isThere() throws -> Bool {
    guard FilePath(path.string) == path else {
      throw KeepError(
        .ledgerUnusable, .path(path), "SQLite cannot open it: its path is not UTF-8",
        hint: "name a place for the ledger whose path is, with --ledger PATH")
    }
    if let size = try size(of: path) {
      guard size > 0 else {
        throw KeepError(
          .ledgerUnusable, .path(path), "the ledger has no bytes left", hint: Ledger.wayOut)
      }
      return true
    }
    guard try size(of: side(".rebuilt")) == nil else {
      throw KeepError(
        .ledgerUnusable, .path(path), "the ledger is not there: a rebuild of it was stopped at its last step",
        hint: "comfykeep ledger rebuild ends it")
    }
    if let log = try size(of: side("-wal")), log > 0 {
      throw KeepError(
        .ledgerUnusable, .path(path), "the ledger is gone, and its write-ahead log is still there",
        hint: Ledger.wayOut)
    }
    return false
  }

  /// Refuses what SQLite would only tell of later, or never. For a ledger that is not open in this process.
  ///
  /// - Throws: ``KeepError`` with code `ledger_unusable`; `Errno`.
  func requireUsable() throws {
    // A ledger that cannot be written is of no use.
    try FileDescriptor.open(path, .readWrite, options: .closeOnExec).close()
    try WriteAheadLog.require(besideLedger: path)
  }

  private func make(_ fill: (FilePath) throws -> Void) throws {
    try build(side(".new"), as: path, fill)
  }

  /// Makes a ledger under one name and gives it another once it is whole and synced.
  private func build(_ draft: FilePath, as name: FilePath, _ fill: (FilePath) throws -> Void) throws {
    for suffix in ["", "-wal", "-shm", "-journal"] { try remove(FilePath(draft.string + suffix)) }
    // SQLite gives its side files the mode of the database, so it is made for the owner alone.
    let file = try FileDescriptor.open(
      draft, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
      permissions: .ownerReadWrite)
    defer { try? file.close() }  // synced before it counts
    try fill(draft)
    try sync(file)
    try rename(draft, to: name)
    for suffix in ["-wal", "-shm"] { try remove(FilePath(draft.string + suffix)) }
    try syncFolder()
  }

  private func rename(_ old: FilePath, to new: FilePath) throws {
    try check(old.withPlatformString { old in new.withPlatformString { Glibc.rename(old, $0) } })
  }

  private func syncFolder() throws {
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

// MARK: - A ledger in place of a damaged one

extension LedgerFile {
  /// Whether a new ledger is whole and the damaged one is moved aside, and only the last step is missing.
  func isAlmostReplaced() throws -> Bool { try size(of: side(".rebuilt")) != nil && size(of: path) == nil }

  /// Makes a new ledger beside, and gives it the name; what bore it is moved aside and never removed.
  ///
  /// A kill at any moment leaves the damaged ledger in its place, or no ledger at all and the new one ready: then nothing
  /// opens it until ``finishReplacing(_:)`` was called.
  ///
  /// - Parameter stamp: What the names aside end with.
  /// - Returns: Where the damaged ledger lies now.
  /// - Throws: `Errno`, and what `fill` throws.
  func replace(_ stamp: String, _ fill: (FilePath) throws -> Void) throws -> FilePath? {
    try build(side(".rebuilding"), as: side(".rebuilt"), fill)
    return try finishReplacing(stamp)
  }

  /// Moves the damaged ledger aside, its log after it, and gives the new one its name.
  func finishReplacing(_ stamp: String) throws -> FilePath? {
    var aside = side(".damaged-\(stamp)")
    var number = 1
    while try ["", "-wal"].contains(where: { try size(of: FilePath(aside.string + $0)) != nil }) {
      number += 1
      aside = side(".damaged-\(stamp)-\(number)")
    }
    var isMoved = false
    for suffix in ["", "-wal", "-shm", "-journal"] where try size(of: side(suffix)) != nil {
      try rename(side(suffix), to: FilePath(aside.string + suffix))
      try syncFolder()
      isMoved = true
    }
    try rename(side(".rebuilt"), to: path)
    try syncFolder()
    return isMoved ? aside : nil
  }
}
