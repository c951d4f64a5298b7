import KeepFiles
import SystemPackage

/// Decides when the files of a watched folder are settled.
///
/// A file is settled once it was seen in the same state for its quiet time, and nobody has it open for writing where
/// the system tells that. States are compared for being equal and nothing else, and all time is what the caller's
/// stopwatch says, so neither the wall clock nor what stands in a file's times matters.
///
/// - The quiet time grows to twice the longest pause that was seen between two changes, up to half a minute: a pause
///   in a slow copy is not its end. Where the system does not tell who writes, it is also longer for large files.
/// - While somebody has the file open it is looked at every few seconds; the quiet time begins when it is let go of.
/// - A settled file leaves the table. One that then turns out not to be whole comes back by ``postpone(_:_:reason:at:)``.
struct SettleTable {
  /// No quiet time grows beyond this, unless it began so.
  private static let longestQuiet = Duration.seconds(30)
  /// A file that is open for writing is looked at this often at least.
  private static let longestHeldPause = Duration.seconds(5)
  /// A file that was not whole is looked at this often at least.
  private static let longestPostponedPause = Duration.seconds(300)
  /// Between two looks at a file there is this much, however short the quiet time is.
  private static let shortestPause = Duration.milliseconds(50)
  /// Where nobody tells who writes, a file is to be quiet for a second for each of these bytes.
  private static let bytesASecond: UInt64 = 64 << 20

  private struct Entry {
    /// The state that it was in when it was last seen, and since when it was seen in no other.
    var stamp: FileStamp
    var since: Duration
    /// How long it has to stay so.
    var quiet: Duration
    /// When it is looked at next, and which item in the queue says so.
    var due: Duration = .zero
    var serial: UInt64 = 0
    /// Whether a look is being taken; then no item in the queue is its.
    var isOut = false
  }

  /// Why a file that has not changed is not settled all the same.
  private struct Wait {
    let reason: String
    /// Somebody has it open; else it was not whole.
    let isHeld: Bool
    let since: Duration
    var pause: Duration
  }

  private let quiet: Duration
  private let patience: Duration
  private var entries: [FilePath: Entry] = [:]
  private var waits: [FilePath: Wait] = [:]
  private var queue = DueQueue()
  private var serial: UInt64 = 0

  /// An empty table.
  ///
  /// - Parameters:
  ///   - quiet: How long a file has to stay as it is, at least.
  ///   - patience: How long one that is not whole may stay so before it is given up.
  init(quiet: Duration = .seconds(2), patience: Duration = .seconds(86_400)) {
    self.quiet = quiet
    self.patience = patience
  }

  /// How many files are waited for.
  var count: Int { entries.count }

  /// When the next look is due; `nil` where none is. A time that has passed means at once.
  var next: Duration? { queue.first?.due }

  /// The files that do not just need their quiet time, with the reason, by path.
  var postponed: [(path: FilePath, reason: String)] {
    waits.map { ($0.key, $0.value.reason) }.sorted { $0.path.string < $1.path.string }
  }

  /// Takes note of a file that was seen; one that is no longer there is forgotten.
  mutating func see(_ path: FilePath, _ stamp: FileStamp?, at now: Duration) {
    guard let stamp else { return forget(path) }
    guard var entry = entries[path] else {
      return schedule(Entry(stamp: stamp, since: now, quiet: quiet), path, at: now + quiet)
    }
    if waits[path]?.isHeld == true {
      // Who had it open may be done: that is found out soon, but not at each of a thousand writes.
      (entry.stamp, entry.since) = (stamp, entry.stamp == stamp ? entry.since : now)
      return schedule(entry, path, at: min(entry.due, now + max(quiet / 8, Self.shortestPause)))
    }
    guard entry.stamp != stamp else { return }
    change(&entry, path, to: stamp, at: now)
    schedule(entry, path, at: now + entry.quiet)
  }

  /// The files that are to be looked at now, those first that have been due for longest, at most `limit`. Each is
  /// taken out until ``look(_:_:hasWriter:at:)`` says what was seen.
  mutating func due(at now: Duration, limit: Int) -> [FilePath] {
    var paths: [FilePath] = []
    while paths.count < limit, let first = queue.first, first.due <= now {
      _ = queue.pop()
      entries[first.path]?.isOut = true
      paths.append(first.path)
      trim()
    }
    return paths
  }

  /// Takes note of a look at a file that was due.
  ///
  /// - Parameters:
  ///   - stamp: Its state; `nil` where it is no longer there.
  ///   - hasWriter: Whether somebody has it open for writing; `nil` where the system does not tell.
  /// - Returns: What is to be done; `gone` also for a file that was forgotten while the look was taken.
  mutating func look(
    _ path: FilePath, _ stamp: FileStamp?, hasWriter: Bool?, at now: Duration
  ) -> SettleVerdict {
    guard var entry = entries[path], let stamp else {
      forget(path)
      return .gone
    }
    entry.isOut = false
    if hasWriter == true {
      hold(&entry, path, stamp, at: now)
      return .wait
    }
    if waits[path]?.isHeld == true {
      waits[path] = nil
      (entry.stamp, entry.since) = (stamp, now)
      schedule(entry, path, at: now + entry.quiet)
      return .wait
    }
    if entry.stamp != stamp {
      change(&entry, path, to: stamp, at: now)
      schedule(entry, path, at: now + entry.quiet)
      return .wait
    }
    if let wait = waits[path] { return ask(again: wait, entry, path, at: now) }
    let needed = hasWriter == false ? entry.quiet : longer(entry.quiet, stamp.size)
    guard now - entry.since >= needed else {
      schedule(entry, path, at: entry.since + needed)
      return .wait
    }
    forget(path)
    return .settled(stamp)
  }

  /// Takes back a settled file that turned out not to be whole: cut off, empty, or changed while it was read.
  ///
  /// It is looked at ever less often. Once it has changed it is a file like any other; if it does not for as long
  /// as patience lasts, it is given up as `incomplete`.
  ///
  /// - Parameters:
  ///   - stamp: The state that it was settled in, though it may be in another by now.
  ///   - reason: What is wrong with it, for people.
  mutating func postpone(_ path: FilePath, _ stamp: FileStamp, reason: String, at now: Duration) {
    // Seen in another state since: what was found out is out of date.
    if let entry = entries[path], entry.stamp != stamp { return }
    let pause = max(quiet, Self.shortestPause)
    waits[path] = Wait(reason: reason, isHeld: false, since: now, pause: pause)
    let entry = entries[path] ?? Entry(stamp: stamp, since: now, quiet: quiet)
    schedule(entry, path, at: now + min(pause, patience))
  }

  // MARK: What becomes of a file

  /// The quiet time of a file that was seen in another state than before: whoever did that may do more.
  private func grown(_ entry: Entry, at now: Duration) -> Duration {
    min(max(entry.quiet, (now - entry.since) * 2), max(quiet, Self.longestQuiet))
  }

  private mutating func change(_ entry: inout Entry, _ path: FilePath, to stamp: FileStamp, at now: Duration)
  {
    let isAnother = (entry.stamp.device, entry.stamp.inode) != (stamp.device, stamp.inode)
    // Of a file that took the place of another, or that nothing was done to for long, nothing is known yet.
    entry.quiet = isAnother || waits[path] != nil ? quiet : grown(entry, at: now)
    waits[path] = nil
    (entry.stamp, entry.since) = (stamp, now)
  }

  private mutating func hold(_ entry: inout Entry, _ path: FilePath, _ stamp: FileStamp, at now: Duration) {
    let longest = max(quiet, Self.longestHeldPause)
    let before = waits[path].flatMap { $0.isHeld ? $0 : nil }
    let pause = before.map { min($0.pause * 2, longest) } ?? max(quiet, Self.shortestPause)
    waits[path] = Wait(
      reason: "is still open for writing", isHeld: true, since: before?.since ?? now, pause: pause)
    (entry.stamp, entry.since) = (stamp, now)
    schedule(entry, path, at: now + pause)
  }

  /// A file that was not whole and is as it was.
  private mutating func ask(
    again wait: Wait, _ entry: Entry, _ path: FilePath, at now: Duration
  ) -> SettleVerdict {
    guard now - wait.since < patience else {
      forget(path)
      return .incomplete(entry.stamp, wait.reason)
    }
    let pause = min(wait.pause * 2, max(quiet, Self.longestPostponedPause))
    waits[path]?.pause = pause
    schedule(entry, path, at: min(now + pause, wait.since + patience))
    return .wait
  }

  /// The quiet time of a file of that size whose writers nobody tells of.
  private func longer(_ quiet: Duration, _ size: UInt64) -> Duration {
    let seconds = min(size / Self.bytesASecond, UInt64(Self.longestQuiet.components.seconds))
    return max(quiet, .seconds(Int64(seconds)))
  }

  // MARK: The queue

  private mutating func forget(_ path: FilePath) {
    entries[path] = nil
    waits[path] = nil
    trim()
  }

  /// Puts a file into the table, and unless a look at it is being taken, into the queue.
  private mutating func schedule(_ changed: Entry, _ path: FilePath, at due: Duration) {
    var entry = changed
    entry.due = due
    guard !entry.isOut else {
      entries[path] = entry
      return
    }
    serial += 1
    entry.serial = serial
    entries[path] = entry
    queue.push(DueQueue.Item(due: due, serial: serial, path: path))
    if queue.count > 2 * entries.count + 64 {
      let entries = entries
      queue.keep { Self.isCurrent($0, entries) }
    }
    trim()
  }

  /// Drops what is out of date from the front of the queue, so that its first item is true.
  private mutating func trim() {
    while let first = queue.first, !Self.isCurrent(first, entries) { _ = queue.pop() }
  }

  private static func isCurrent(_ item: DueQueue.Item, _ entries: [FilePath: Entry]) -> Bool {
    guard let entry = entries[item.path] else { return false }
    return !entry.isOut && entry.serial == item.serial
  }
}
