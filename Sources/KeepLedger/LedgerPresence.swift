internal import Glibc
internal import Synchronization
internal import SystemPackage

/// That a ledger is open in this process, as long as the value lives.
///
/// SQLite's locks belong to the process: whoever else in it opens the file, or the index of its log, and closes it again
/// lets go of them all. So those files are looked at by other means than SQLite only while no ledger has them open.
final class LedgerPresence: Sendable {
  private struct Identity: Hashable {
    let device: dev_t
    let inode: ino_t
  }

  private static let counts = Mutex<[Identity: Int]>([:])

  private let identity: Identity?

  /// Enters a ledger whose file is there; looks at it first where nobody in this process has it open.
  ///
  /// - Throws: What `look` throws.
  init(_ path: FilePath, _ look: () throws -> Void) throws {
    var status = stat()
    let isThere = path.withPlatformString { stat($0, &status) } == 0
    let identity = isThere ? Identity(device: status.st_dev, inode: status.st_ino) : nil
    self.identity = identity
    try Self.counts.withLock { counts in
      if identity.map({ counts[$0, default: 0] }) ?? 0 == 0 { try look() }
      if let identity { counts[identity, default: 0] += 1 }
    }
  }

  deinit {
    guard let identity else { return }
    Self.counts.withLock { counts in
      let count = counts[identity, default: 1] - 1
      counts[identity] = count > 0 ? count : nil
    }
  }
}
