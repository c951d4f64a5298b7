import Glibc
import KeepModel
import SystemPackage

/// What a watch tells on standard error, a line each.
///
/// - Plain: `comfykeep: photo.png: submitted as …`. Where standard error is the journal, which names the program
///   and the time itself, a level stands in front in their place: `<6>photo.png: …`, `<4>` for a warning and `<3>`
///   for an error (`sd-daemon(3)`).
/// - JSON: an object a line with `"type":"log"` and `"version":1`, its keys in their order, as in all reports.
struct WatchLog: Sendable {
  /// How lines are written.
  enum Form: String, Sendable, CaseIterable {
    case plain
    case json
  }

  /// How much a line matters.
  enum Level: String, Sendable {
    case info
    case warning
    case error

    /// The number of `syslog(3)`.
    var priority: Int {
      switch self {
      case .info: 6
      case .warning: 4
      case .error: 3
      }
    }
  }

  /// What a line is about: a watched folder, and a file by its path below it.
  struct Subject: Sendable {
    var folder: FilePath?
    var path: FilePath?

    /// The file where there is one, else the folder.
    var name: String? { (path ?? folder)?.string }
  }

  private let form: Form
  private let isJournal: Bool
  private let now: @Sendable () -> Timestamp
  private let write: @Sendable (String) -> Void

  /// A log in a form.
  ///
  /// - Parameters:
  ///   - isJournal: Whether the lines go to the journal.
  ///   - now: The time that they are stamped with.
  ///   - write: Takes each line with its end.
  init(
    _ form: Form, isJournal: Bool = Self.isJournal(Environment["JOURNAL_STREAM"], STDERR_FILENO),
    now: @escaping @Sendable () -> Timestamp = SystemTime.now,
    write: @escaping @Sendable (String) -> Void = { Terminal.write($0, STDERR_FILENO) }
  ) {
    self.form = form
    self.isJournal = isJournal
    self.now = now
    self.write = write
  }

  /// Writes a line.
  func tell(_ level: Level = .info, _ subject: Subject = Subject(), _ message: String) {
    write(line(level, subject, message) + "\n")
  }

  /// Writes an error, with what can be done.
  func tell(_ error: KeepError, _ subject: Subject = Subject(), level: Level = .error) {
    var words = error.description
    if case .path = error.subject, subject.path != nil { words = error.reason }
    tell(level, subject, error.hint.map { "\(words) (\($0))" } ?? words)
  }

  private func line(_ level: Level, _ subject: Subject, _ message: String) -> String {
    switch form {
    case .plain:
      let start = isJournal ? "<\(level.priority)>" : "comfykeep: "
      return start + Terminal.safe([subject.name, message].compactMap { $0 }.joined(separator: ": "))
    case .json:
      return Terminal.safeJSON(
        JSONReport.line(
          "log",
          [
            ("at", .string(now().description)), ("level", .string(level.rawValue)),
            ("folder", .optional(subject.folder?.string)), ("path", .optional(subject.path?.string)),
            ("message", .string(message)),
          ]))
    }
  }

  /// Whether a descriptor is the stream to the journal that `JOURNAL_STREAM` names as `device:inode`
  /// (`systemd.exec(5)`).
  static func isJournal(_ variable: String?, _ descriptor: Int32) -> Bool {
    let numbers = variable?.split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) } ?? []
    var status = stat()
    guard numbers.count == 2, fstat(descriptor, &status) == 0 else { return false }
    return numbers[0] == UInt64(status.st_dev) && numbers[1] == UInt64(status.st_ino)
  }
}
