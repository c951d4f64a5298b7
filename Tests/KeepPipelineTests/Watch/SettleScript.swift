import Glibc
import SystemPackage
import Testing

@testable import KeepFiles
@testable import KeepPipeline

/// A state of a file, made up.
func stamp(_ size: Int = 10, at seconds: Int = 0, inode: UInt = 1) -> FileStamp {
  var status = stat()
  status.st_dev = 1
  status.st_ino = inode
  status.st_size = size
  status.st_mtim = timespec(tv_sec: seconds, tv_nsec: 0)
  status.st_ctim = timespec(tv_sec: seconds, tv_nsec: 0)
  return FileStamp(status)
}

/// A time to the millisecond.
func moment(_ seconds: Double) -> Duration { .milliseconds(Int((seconds * 1000).rounded())) }

/// One watched file whose history is made up, and the table that looks at it.
struct SettleScript {
  /// The file's state now, unless it is gone, and who is known to write it.
  var now: FileStamp? = stamp()
  var hasWriter: Bool? = false
  var table: SettleTable
  var time: Duration = .zero
  /// When looks were taken.
  var looks: [Duration] = []
  let path: FilePath = "/in/a.png"

  init(quiet: Duration = .seconds(2), patience: Duration = .seconds(86_400)) {
    self.table = SettleTable(quiet: quiet, patience: patience)
  }

  /// What happens to the file at a time; with `isSeen` the source tells.
  mutating func happens(_ stamp: FileStamp?, at seconds: Double, isSeen: Bool = true) {
    time = moment(seconds)
    now = stamp
    if isSeen { table.see(path, stamp, at: time) }
  }

  /// Looks whenever one is due, up to a time; what came of it that was not to wait, and when.
  mutating func run(until seconds: Double) -> (verdict: SettleVerdict, at: Duration)? {
    while let next = table.next, next <= moment(seconds) {
      time = max(time, next)
      for due in table.due(at: time, limit: 10) {
        looks.append(time)
        let verdict = table.look(due, now, hasWriter: hasWriter, at: time)
        if verdict != .wait { return (verdict, time) }
      }
    }
    time = moment(seconds)
    return nil
  }

  /// Looks until something came of it.
  mutating func verdict(until seconds: Double = 1_000_000) -> SettleVerdict? { run(until: seconds)?.verdict }

  /// Looks until something came of it, which it has to.
  mutating func end(until seconds: Double) throws -> (verdict: SettleVerdict, at: Duration) {
    let end = run(until: seconds)
    return try #require(end)
  }

  /// Looks until something came of it, which has to be then.
  mutating func ends(at time: Duration, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let end = try end(until: 1_000_000)
    #expect(end.at == time, sourceLocation: sourceLocation)
  }
}
