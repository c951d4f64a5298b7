import Glibc
import KeepModel
import Synchronization
import SystemPackage

/// What is written where: results to standard output, everything else to standard error.
///
/// - On standard error each line starts with `comfykeep: `, without capital and full stop, then a hint.
/// - Text from outside is made harmless: control characters, bidirectional overrides and escapes are shown
///   as `\u{…}`.
enum Terminal {
  /// Why standard output took no more; 0 while it does, and where its reader just went away.
  private static let loss = Mutex<Int32>(0)

  /// Writes a line to standard output. What is lost there is told when the program ends.
  static func print(_ line: String) { write(raw: line + "\n") }

  /// Writes text that has its own line ends to standard output.
  static func write(raw text: String) {
    let failure = write(text, STDOUT_FILENO)
    if failure != 0, failure != EPIPE { loss.withLock { $0 = $0 == 0 ? failure : $0 } }
  }

  /// The exit status, given the command's own: results that were lost are a failure, and told.
  static func ending(_ status: Int32) -> Int32 {
    let failure = loss.withLock { $0 }
    guard failure != 0 else { return status }
    let reason = Errno(rawValue: failure).description.lowercased()
    note("standard output cannot be written, so results are missing there: \(reason)")
    return status == 0 ? KeepError.Code.localIO.exitStatus : status
  }

  /// Takes the place of standard streams that were closed, so that no file of ours gets their number.
  static func holdStreams() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
      // The lowest free number is taken. Standard output stays unwritable, since results would be lost.
      _ = open("/dev/null", number == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes a line to standard error, with the program's name.
  static func note(_ line: String) { write("comfykeep: \(line)\n", STDERR_FILENO) }

  /// Writes an error with its hint to standard error.
  static func complain(_ error: KeepError) {
    note(safe(error.description))
    if let hint = error.hint { note("hint: \(safe(hint))") }
  }

  /// Writes text as it is; returns 0, or `errno` where it could not be written.
  @discardableResult
  static func write(_ text: String, _ file: Int32) -> Int32 {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return count < 0 ? errno : EIO }
      bytes = bytes.dropFirst(count)
    }
    return 0
  }

  /// Whether standard error is a terminal that understands cursor movement.
  static var isInteractive: Bool {
    isatty(STDERR_FILENO) == 1 && Environment["TERM"] != "dumb"
  }

  /// Whether the process belongs to a terminal, whose end it is then told of; not so as a service.
  static var isControlling: Bool {
    let file = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return false }
    close(file)
    return true
  }

  /// The width of the terminal, 80 where it is not known.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }

  /// JSON text with everything that could steer a terminal spelled as JSON's own escapes, but for line ends.
  static func safeJSON(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      let isSafe = scalar == "\n" || safe(String(scalar)) == String(scalar)
      let digits = String(scalar.value, radix: 16)
      result +=
        isSafe ? String(scalar) : "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
  }

  /// Text from outside with everything that could steer a terminal made visible.
  static func safe(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar.value {
      case 0x00..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
