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
    let path: FilePath
    /// The state that it was in when it was last seen, and since when it was seen in no other.
    var stamp: FileStamp
    var since: Duration
    /// How long it has to stay so.
    var quiet: Duration
    /// When it is looked at next.
    var due: Duration = .zero
    /// The item in the queue that says so; none's while a look is being taken.
    var serial: UInt64 = 0
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
  /// Each path is looked up once, since there may be 100,000 of them at a start; the rest goes by its place here.
  private var places: [FilePath: Int] = [:]
  private var entries: [Entry] = []
  private var freePlaces: [Int] = []
  private var waits: [Int: Wait] = [:]
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
  var count: Int { places.count }

  /// When the next look is due; `nil` where none is. A time that has passed means at once.
  var next: Duration? { queue.first?.due }

  /// The files that do not just need their quiet time, with the reason, by path.
  var postponed: [(path: FilePath, reason: String)] {
    waits.map { (entries[$0.key].path, $0.value.reason) }.sorted { $0.path.string < $1.path.string }
  }

  /// Takes note of a file that was seen; one that is no longer there is forgotten.
  mutating func see(_ path: FilePath, _ stamp: FileStamp?, at now: Duration) {
    guard let place = places[path] else {
      if let stamp { schedule(add(path, stamp, at: now), at: now + quiet) }
      return
    }
    guard let stamp else { return forget(place) }
    if waits[place]?.isHeld == true {
      // Who had it open may be done: that is found out soon, but not at each of a thousand writes.
      entries[place].stamp = stamp
      return schedule(place, at: min(entries[place].due, now + max(quiet / 8, Self.shortestPause)))
    }
    if entries[place].stamp != stamp { change(place, to: stamp, at: now) }
  }

  /// The files that are to be looked at now, those first that have been due for longest, at most `limit`. Each is
  /// taken out until ``look(_:_:hasWriter:at:)`` says what was seen.
  mutating func due(at now: Duration, limit: Int) -> [FilePath] {
    var paths: [FilePath] = []
    while paths.count < limit, let first = queue.first, first.due <= now {
      entries[first.place].isOut = true
      entries[first.place].serial = 0
      paths.append(entries[first.place].path)
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
    guard let place = places[path] else { return .gone }
    guard let stamp else {
      forget(place)
      return .gone
    }
    entries[place].isOut = false
    if hasWriter == true {
      hold(place, stamp, at: now)
    } else if waits[place]?.isHeld == true {
      waits[place] = nil
      entries[place].stamp = stamp
      entries[place].since = now
      schedule(place, at: now + entries[place].quiet)
    } else if entries[place].stamp != stamp {
      change(place, to: stamp, at: now)
    } else if let wait = waits[place] {
      return ask(again: wait, place, at: now)
    } else {
      return settle(place, isTold: hasWriter == false, at: now)
    }
    return .wait
  }

  /// Takes note that a file that was due could not be looked at, and may be there all the same.
  mutating func lookLater(_ path: FilePath, at now: Duration) {
    guard let place = places[path] else { return }
    entries[place].isOut = false
    schedule(place, at: now + max(entries[place].quiet, Self.longestHeldPause))
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
    let place = places[path] ?? add(path, stamp, at: now)
    // Seen in another state since: what was found out is out of date.
    guard entries[place].stamp == stamp else { return }
    let pause = max(quiet, Self.shortestPause)
    waits[place] = Wait(reason: reason, isHeld: false, since: now, pause: pause)
    schedule(place, at: now + min(pause, patience))
  }

  // MARK: What becomes of a file

  /// It is in another state than it was seen in before, and whoever did that may do more.
  private mutating func change(_ place: Int, to stamp: FileStamp, at now: Duration) {
    let before = entries[place]
    let isAnother = (before.stamp.device, before.stamp.inode) != (stamp.device, stamp.inode)
    // Of a file that took the place of another, or that nothing was done to for long, nothing is known yet.
    let isNew = waits.removeValue(forKey: place) != nil || isAnother
    let grown = min(max(before.quiet, (now - before.since) * 2), max(quiet, Self.longestQuiet))
    entries[place].quiet = isNew ? quiet : grown
    entries[place].stamp = stamp
    entries[place].since = now
    schedule(place, at: now + entries[place].quiet)
  }

  /// Somebody has it open.
  private mutating func hold(_ place: Int, _ stamp: FileStamp, at now: Duration) {
    let before = waits[place].flatMap { $0.isHeld ? $0 : nil }
    let longest = max(quiet, Self.longestHeldPause)
    let pause = before.map { min($0.pause * 2, longest) } ?? max(quiet, Self.shortestPause)
    waits[place] = Wait(reason: "is still open for writing", isHeld: true, since: now, pause: pause)
    entries[place].stamp = stamp
    schedule(place, at: now + pause)
  }

  /// It was not whole, and is as it was.
  private mutating func ask(again wait: Wait, _ place: Int, at now: Duration) -> SettleVerdict {
    guard now - wait.since < patience else {
      defer { forget(place) }
      return .incomplete(entries[place].stamp, wait.reason)
    }
    let pause = min(wait.pause * 2, max(quiet, Self.longestPostponedPause))
    waits[place]?.pause = pause
    schedule(place, at: min(now + pause, wait.since + patience))
    return .wait
  }

  /// It is as it was, and nobody is known to have it open.
  private mutating func settle(_ place: Int, isTold: Bool, at now: Duration) -> SettleVerdict {
    let entry = entries[place]
    let needed = isTold ? entry.quiet : longer(entry.quiet, entry.stamp.size)
    guard now - entry.since >= needed else {
      schedule(place, at: entry.since + needed)
      return .wait
    }
    forget(place)
    return .settled(entry.stamp)
  }

  /// The quiet time of a file of that size whose writers nobody tells of.
  private func longer(_ quiet: Duration, _ size: UInt64) -> Duration {
    let seconds = min(size / Self.bytesASecond, UInt64(Self.longestQuiet.components.seconds))
    return max(quiet, .seconds(Int64(seconds)))
  }

  // MARK: Places and the queue

  private mutating func add(_ path: FilePath, _ stamp: FileStamp, at now: Duration) -> Int {
    let entry = Entry(path: path, stamp: stamp, since: now, quiet: quiet)
    let place = freePlaces.popLast() ?? entries.count
    if place < entries.count { entries[place] = entry } else { entries.append(entry) }
    places[path] = place
    return place
  }

  private mutating func forget(_ place: Int) {
    places[entries[place].path] = nil
    waits[place] = nil
    // What a crowd has taken up is given back once it has gone.
    if places.isEmpty {
      (entries, freePlaces, queue) = ([], [], DueQueue())
    } else {
      entries[place].serial = 0
      freePlaces.append(place)
      trim()
    }
  }

  /// Puts a file into the queue, unless a look at it is being taken.
  private mutating func schedule(_ place: Int, at due: Duration) {
    entries[place].due = due
    guard !entries[place].isOut else { return }
    serial += 1
    entries[place].serial = serial
    queue.push(DueQueue.Item(due: due, serial: serial, place: place))
    if queue.count > 2 * places.count + 64 { queue.keep { entries[$0.place].serial == $0.serial } }
    trim()
  }

  /// Drops what is out of date from the front of the queue, so that its first item is true.
  private mutating func trim() {
    while let first = queue.first, entries[first.place].serial != first.serial { _ = queue.pop() }
  }
}
