internal import GRDB
internal import Glibc
package import KeepModel
internal import SystemPackage

extension Ledger {
  /// What to do about a ledger that is damaged.
  static let wayOut =
    "put it back from a copy, or let comfykeep ledger rebuild make a new one from the bundles and from what can "
    + "still be read of this one, which stays beside it: it knows what was paid for"

  /// What to do about a ledger that nothing else is known to help with.
  private static let others = "move the file aside only after copying it: it knows what was paid for"

  /// Whether an error of opening a ledger says that it is damaged; not that it is another version's or another program's,
  /// or cannot be got at.
  package static func isDamage(_ error: KeepError) -> Bool {
    error.code == .ledgerUnusable && [wayOut, others].contains(error.hint)
  }

  /// What SQLite, the system or we say of the ledger, with what to do next.
  static func failure(_ error: any Error, _ path: FilePath) -> KeepError {
    if let known = error as? KeepError, known.subject != .none { return known }
    let isFull = isFull(error, path)
    return KeepError(
      isFull ? .localIO : .ledgerUnusable, .path(path), "the ledger cannot be used: \(reason(error))",
      hint: isFull ? "free some space and run the same command again" : hint(error))
  }

  /// Whether the disk is full. SQLite says so of its files; of its index, and of one that it could not even begin, it
  /// speaks of an I/O error.
  private static func isFull(_ error: any Error, _ path: FilePath) -> Bool {
    guard let code = (error as? DatabaseError)?.resultCode.primaryResultCode else { return false }
    guard code == .SQLITE_IOERR || code == .SQLITE_CANTOPEN else { return code == .SQLITE_FULL }
    var status = statvfs()
    let folder = path.removingLastComponent()
    guard (folder.isEmpty ? "." : folder).withPlatformString({ statvfs($0, &status) }) == 0 else {
      return false
    }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 65_536
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case let known as KeepError: known.reason
    case let database as DatabaseError where database.resultCode == .SQLITE_BUSY:
      "another process is writing to it, and does not end"
    case let database as DatabaseError: database.message ?? "\(database.resultCode)"
    case let errno as Errno: errno.description.lowercased()
    default: "\(error)"
    }
  }

  private static func hint(_ error: any Error) -> String {
    let forbidden = "look at who may read and write it; list, show and plan only read it"
    switch error {
    case let known as KeepError: return known.hint ?? others
    case let errno as Errno where errno == .permissionDenied || errno == .readOnlyFileSystem: return forbidden
    case Errno.noSuchFileOrDirectory: return "make its folder, or name the ledger with --ledger"
    case let database as DatabaseError:
      switch database.resultCode.primaryResultCode {
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: return wayOut
      case .SQLITE_BUSY: return "wait until it is done, or stop it; then run the same command again"
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: return forbidden
      case .SQLITE_CONSTRAINT: return "nothing was changed; comfykeep ledger check tells what stands there"
      default: return others
      }
    default: return others
    }
  }
}
