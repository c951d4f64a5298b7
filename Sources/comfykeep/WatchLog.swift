import Glibc
import KeepModel
import KeepPipeline
import SystemPackage

/// What a watch tells on standard error, a line each.
///
/// - Plain: `comfykeep: photo.png: submitted as …`. Where standard error is the journal, which names the program
///   and the time itself, a level stands in front in their place: `<6>photo.png: …`, `<4>` for a warning and `<3>`
///   for an error (`sd-daemon(3)`).
/// - JSON: an object a line with `"type":"log"` and `"version":1`, its keys in their order, as in all reports. In the
///   journal a level stands in front of it too, which the journal takes away.
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
  /// Whether files of different folders are to be told apart.
  private let namesFolders: Bool
  private let isJournal: Bool
  private let now: @Sendable () -> Timestamp
  private let write: @Sendable (String) -> Void

  /// A log in a form.
  ///
  /// - Parameters:
  ///   - namesFolders: Whether a plain line names the watched folder of a file by its last name.
  ///   - isJournal: Whether the lines go to the journal.
  ///   - now: The time that they are stamped with.
  ///   - write: Takes each line with its end.
  init(
    _ form: Form, namesFolders: Bool = false,
    isJournal: Bool = Self.isJournal(Environment["JOURNAL_STREAM"], STDERR_FILENO),
    now: @escaping @Sendable () -> Timestamp = SystemTime.now,
    write: @escaping @Sendable (String) -> Void = { Terminal.write($0, STDERR_FILENO) }
  ) {
    self.form = form
    self.namesFolders = namesFolders
    self.isJournal = isJournal
    self.now = now
    self.write = write
  }

  /// Whether a failure that ends the program is told here, and not as a command tells it.
  var tellsFailures: Bool { form == .json || isJournal }

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

  /// Writes all that is wrong in a recipe.
  func tell(_ refusal: RecipeRefusal) {
    for error in refusal.errors { tell(error) }
  }

  private func line(_ level: Level, _ subject: Subject, _ message: String) -> String {
    let priority = isJournal ? "<\(level.priority)>" : ""
    switch form {
    case .plain:
      let start = isJournal ? priority : "comfykeep: "
      return start + Terminal.safe([name(of: subject), message].compactMap { $0 }.joined(separator: ": "))
    case .json:
      return priority
        + Terminal.safeJSON(
          JSONReport.line(
            "log",
            [
              ("at", .string(now().description)), ("level", .string(level.rawValue)),
              ("folder", .optional(subject.folder?.string)), ("path", .optional(subject.path?.string)),
              ("message", .string(message)),
            ]))
    }
  }

  private func name(of subject: Subject) -> String? {
    guard namesFolders, let path = subject.path, let folder = subject.folder?.lastComponent else {
      return subject.name
    }
    return FilePath(root: nil, [folder]).pushing(path).string
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
