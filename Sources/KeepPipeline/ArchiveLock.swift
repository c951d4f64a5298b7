import KeepFiles
import KeepModel
import Synchronization
import SystemPackage

/// A file lock that is held as long as an archive is open: shared with others that work there, or alone.
///
/// Who opens an archive goes through a door, one at a time. So who finds nobody there, makes ready and then lets
/// others in is never taken for somebody who has gone: changing a lock from exclusive to shared lets go of it in
/// between.
final class ArchiveLock: Sendable {
  /// Whether nobody else had it when it was taken.
  let isAlone: Bool
  private let lock: FileLock
  private let door: Mutex<Door?>

  private final class Door: Sendable {
    private let lock: FileLock
    init(_ path: FilePath) throws(KeepError) { self.lock = try FileLock(path, patience: .seconds(30)) }
  }

  /// Takes the lock, alone where nobody else has it; others wait at the door until it is opened.
  ///
  /// - Parameter alone: Whether it is of no use with others there.
  /// - Throws: ``KeepError`` with `ledger_unusable` where others are there that are not to be, or somebody does not
  ///   leave the door; `local_io`.
  init(_ path: FilePath, alone: Bool) throws(KeepError) {
    self.door = Mutex(try Door(path.beside(".door")))
    do throws(KeepError) {
      self.lock = try FileLock(path, .exclusive, patience: alone ? .seconds(1) : .zero)
      self.isAlone = true
    } catch {
      guard !alone, error.code == .ledgerUnusable else { throw error }
      // Who has it alone for longer wants to be alone.
      self.lock = try FileLock(path, .shared, patience: .seconds(1))
      self.isAlone = false
    }
  }

  /// Lets others through the door, and beside this one unless it is to stay alone.
  ///
  /// - Throws: ``KeepError`` as the lock itself.
  func open(alone: Bool) throws(KeepError) {
    if isAlone, !alone { try lock.share() }
    door.withLock { $0 = nil }
  }
}
