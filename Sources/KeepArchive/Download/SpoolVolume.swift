import KeepFiles
import KeepModel
import Synchronization
import SystemPackage

/// How many bytes the files of one run have, as far as that is known, and whether there is room for them: once in
/// the spool, and once more in the bundle that is made of it.
///
/// Other runs that come down at the same time are not counted, nor is what others write: a disk that fills up all
/// the same is noticed when it does.
final class SpoolVolume: Sendable {
  private struct State {
    /// What each file has, or is announced to have, and how much of it is in the spool.
    var files: [SpoolName: (whole: UInt64, present: UInt64)] = [:]
    var whole: UInt64 = 0
    var present: UInt64 = 0

    mutating func note(_ name: SpoolName, whole: UInt64, present: UInt64) {
      let before = files.updateValue((whole, present), forKey: name) ?? (0, 0)
      self.whole = self.whole - before.whole + whole
      self.present = self.present - before.present + present
    }
  }

  private let spool: FilePath
  private let destination: FilePath?
  /// Whether the bundle takes its room from the spool's file system.
  private let isShared: Bool
  private let limit: ByteCount
  private let room: @Sendable (FilePath) -> ByteCount?
  private let state = Mutex(State())

  /// Nothing yet.
  ///
  /// - Parameters:
  ///   - destination: A folder, which must be there, on the file system where the bundle will lie; `nil` for none.
  ///   - room: How much can still be written at a path, `nil` where that is not known.
  init(
    spool: FilePath, destination: FilePath?, policy: DownloadPolicy,
    room: @escaping @Sendable (FilePath) -> ByteCount?
  ) {
    self.spool = spool
    self.destination = destination
    self.isShared = destination.map { DiskSpace.isShared(spool, $0) } ?? false
    self.limit = policy.maximumRunSize
    self.room = room
  }

  /// Takes note of a length that the service announced, before a byte of it is written.
  ///
  /// - Throws: ``KeepError`` with code `localIO` when there is not enough room for all that was announced,
  ///   `failure` when it is more than is taken from one run.
  func expect(_ whole: UInt64, having present: UInt64, of name: SpoolName) throws(KeepError) {
    let (total, coming) = state.withLock { state in
      state.note(name, whole: whole, present: min(present, whole))
      return (state.whole, state.whole - state.present)
    }
    try checkSize(total)
    try require(coming + (isShared ? total : 0), at: spool)
    if let destination, !isShared { try require(total, at: destination) }
  }

  /// Takes note of what has arrived.
  ///
  /// - Throws: ``KeepError`` with code `failure` when it is more than is taken from one run.
  func receive(upTo present: UInt64, of name: SpoolName) throws(KeepError) {
    let total = state.withLock { state in
      state.note(name, whole: max(present, state.files[name]?.whole ?? 0), present: present)
      return state.whole
    }
    try checkSize(total)
  }

  private func checkSize(_ total: UInt64) throws(KeepError) {
    guard total > limit.bytes else { return }
    throw KeepError(
      .failure, .none, "the outputs of the run have more than the \(limit) that are accepted together")
  }

  private func require(_ need: UInt64, at path: FilePath) throws(KeepError) {
    if let room = room(path), room.bytes < need { throw .noRoom(for: ByteCount(need), at: path, room) }
  }
}
