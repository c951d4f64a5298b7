internal import GRDB
internal import Glibc
internal import KeepModel
internal import SystemPackage

/// How a ledger can be opened by someone who only looks.
enum LedgerAccess: Equatable {
  /// As its writer does: SQLite makes its side files beside it.
  case writable
  /// Nothing can be written there: the file is taken as it is, since no side file can be made.
  case frozen
  /// Nothing can be written there, and changes of a writer lie in the write-ahead log.
  case readOnly

  init(_ path: FilePath) {
    let folder = path.removingLastComponent()
    if Self.permits(path, W_OK), Self.permits(folder.isEmpty ? "." : folder, W_OK | X_OK) {
      self = .writable
    } else {
      self.init(frozen: path)
    }
  }

  /// The access to a file that is not to be written.
  init(frozen path: FilePath) {
    var status = stat()
    let log = FilePath(path.string + "-wal")
    let hasLog = log.withPlatformString { stat($0, &status) } == 0 && status.st_size > 0
    self = hasLog ? .readOnly : .frozen
  }

  private static func permits(_ path: FilePath, _ mode: Int32) -> Bool {
    path.withPlatformString { access($0, mode) } == 0
  }

  /// Opens without changing anything.
  ///
  /// - Throws: ``KeepError`` where it cannot be read as things are; what SQLite throws.
  func queue(_ path: FilePath) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(30)
    let name = self == .frozen ? "file:\(Self.encoded(path))?immutable=1" : path.string
    do {
      let queue = try DatabaseQueue(path: name, configuration: configuration)
      _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
      return queue
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode.primaryResultCode)
    {
      throw KeepError(
        .ledgerUnusable, .path(path), "the ledger cannot be read where nothing can be written beside it",
        hint:
          "its write-ahead log is not written back; copy its folder to where you can write, and name that one"
      )
    }
  }

  /// A path in a `file:` URI.
  private static func encoded(_ path: FilePath) -> String {
    path.string.utf8.reduce(into: "") { text, byte in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "/-._~".utf8.contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      text += isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
    }
  }
}
