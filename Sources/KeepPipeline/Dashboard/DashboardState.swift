public import KeepModel

/// What a watch is doing, as the dashboard shows it. The watch makes one whenever it is asked.
public struct DashboardState: Sendable, Equatable {
  /// When this was found.
  public var now: Timestamp
  /// When the watch's own work last went round. The dashboard calls itself unhealthy when this is older than a minute.
  public var heartbeat: Timestamp
  /// When the watch began.
  public var startedAt: Timestamp
  /// The program's version.
  public var version: String
  /// Set while a person has paused the watch.
  public var paused: DashboardPause?
  /// Set while nothing is submitted for a reason that no person chose.
  public var held: DashboardHold?
  /// The watched folders.
  public var folders: [DashboardFolder] = []
  /// How many files were seen and are not settled yet.
  public var settling: Int = 0
  /// How many files are in each state.
  public var counts = DashboardCounts()
  /// What was used since midnight UTC.
  public var today = DashboardToday()
  /// What was done since the archive began.
  public var totals = DashboardTotals()
  /// Files whose runs are going on.
  public var running: [DashboardItem] = []
  /// Files that wait, the next one first; a page does not need more than fifty.
  public var waiting: [DashboardItem] = []
  /// Files whose runs are kept, the newest first; sixty or so.
  public var finished: [DashboardItem] = []
  /// Files that failed and are parked, and those in doubt, the newest first; two hundred or so.
  public var failures: [DashboardItem] = []
  /// What the service deletes next and is not kept yet, the nearest first.
  public var deadlines: [DashboardDeadline] = []
  /// Spans of ten minutes over the last day, in order of time; those in which nothing ended may be left out.
  public var throughput: [DashboardBin] = []

  /// A watch that has just begun and has seen nothing.
  public init(now: Timestamp, heartbeat: Timestamp, startedAt: Timestamp, version: String) {
    self.now = now
    self.heartbeat = heartbeat
    self.startedAt = startedAt
    self.version = version
  }
}

/// A pause that a person asked for.
public struct DashboardPause: Sendable, Equatable {
  /// When it was asked for.
  public var since: Timestamp
  /// What the person said of it.
  public var reason: String?

  /// A pause.
  public init(since: Timestamp, reason: String? = nil) {
    self.since = since
    self.reason = reason
  }
}

/// Why nothing is submitted just now.
public struct DashboardHold: Sendable, Equatable {
  /// In lower case without full stop: `the service is down`, `the daily limit of 200 runs is reached`.
  public var reason: String
  /// What to do, if there is something.
  public var hint: String?
  /// When it began, if that is known.
  public var since: Timestamp?
  /// Whether it stays so until a person does something, as with a token that is refused; then the dashboard calls itself
  /// unhealthy. Not so where it passes by itself, as a service that is down or a daily limit does.
  public var needsPerson: Bool
  /// Whether others than the files that it is about go on, so that the watch as a whole is well.
  public var isPartial: Bool

  /// A reason to hold.
  public init(
    reason: String, hint: String? = nil, since: Timestamp? = nil, needsPerson: Bool = false,
    isPartial: Bool = false
  ) {
    self.reason = reason
    self.hint = hint
    self.since = since
    self.needsPerson = needsPerson
    self.isPartial = isPartial
  }
}

/// A watched folder.
public struct DashboardFolder: Sendable, Equatable {
  /// How what is new in a folder is found out.
  public enum Mode: String, Sendable {
    /// The system tells.
    case inotify
    /// It is looked at again and again.
    case polling
  }

  /// Its path, for people.
  public var path: String
  /// How what is new is found out.
  public var mode: Mode
  /// Whether it is gone or cannot be read.
  public var isLost: Bool
  /// Why it is lost, or polled, in lower case without full stop.
  public var note: String?

  /// A folder.
  public init(path: String, mode: Mode, isLost: Bool = false, note: String? = nil) {
    self.path = path
    self.mode = mode
    self.isLost = isLost
    self.note = note
  }
}

/// How many files are in each state.
public struct DashboardCounts: Sendable, Equatable {
  /// Waiting for their turn.
  public var waiting = 0
  /// Being uploaded, in the service's queue, run, or kept.
  public var running = 0
  /// Done: their runs are kept.
  public var kept = 0
  /// Parked with a reason.
  public var failed = 0
  /// Not run: their content was there before, or it is nothing that a recipe takes.
  public var skipped = 0
  /// Submitted, and nobody knows whether the service took it.
  public var inDoubt = 0

  /// None.
  public init() {}
}

/// What was used since midnight UTC, against the user's limits.
public struct DashboardToday: Sendable, Equatable {
  /// Runs that were submitted.
  public var runs: UInt64 = 0
  /// How many may be; `nil` for no limit.
  public var runLimit: UInt64?
  /// Bytes that were sent.
  public var sent: ByteCount = 0
  /// How many may be; `nil` for no limit.
  public var sentLimit: ByteCount?

  /// Nothing, without limits.
  public init() {}
}

/// What was done since the archive began. These numbers never get less.
public struct DashboardTotals: Sendable, Equatable {
  /// Files that were taken.
  public var files: UInt64 = 0
  /// Runs that were submitted.
  public var runs: UInt64 = 0
  /// Bytes that were sent.
  public var sent: ByteCount = 0
  /// Outputs that are kept.
  public var outputs: UInt64 = 0
  /// Bytes that are kept.
  public var kept: ByteCount = 0

  /// Nothing.
  public init() {}
}

/// A run whose outputs are not kept, and when the service deletes them.
public struct DashboardDeadline: Sendable, Equatable {
  /// The file, as in ``DashboardItem/name``.
  public var name: String
  /// The run.
  public var request: RequestID
  /// When the service deletes its outputs.
  public var at: Timestamp

  /// A deadline.
  public init(name: String, request: RequestID, at: Timestamp) {
    self.name = name
    self.request = request
    self.at = at
  }
}

/// What ended in a span of ten minutes.
public struct DashboardBin: Sendable, Equatable {
  /// When the span begins.
  public var start: Timestamp
  /// Runs that were kept.
  public var kept: Int
  /// Files that failed.
  public var failed: Int

  /// A span.
  public init(start: Timestamp, kept: Int, failed: Int) {
    self.start = start
    self.kept = kept
    self.failed = failed
  }
}
