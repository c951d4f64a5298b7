import Glibc
import KeepModel

/// What is written where: results to standard output, everything else to standard error.
///
/// - On standard error each line starts with `comfykeep: `, without capital and full stop, then a hint.
/// - Text from outside is made harmless: control characters, bidirectional overrides and escapes are shown
///   as `\u{…}`.
enum Terminal {
  /// Writes a line to standard output.
  static func print(_ line: String) { write(line + "\n", STDOUT_FILENO) }

  /// Writes a line to standard error, with the program's name.
  static func note(_ line: String) { write("comfykeep: \(line)\n", STDERR_FILENO) }

  /// Writes an error with its hint to standard error.
  static func complain(_ error: KeepError) {
    note(safe(error.description))
    if let hint = error.hint { note("hint: \(safe(hint))") }
  }

  /// Writes text as it is.
  static func write(_ text: String, _ file: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Whether standard error is a terminal that understands cursor movement.
  static var isInteractive: Bool {
    isatty(STDERR_FILENO) == 1 && Environment["TERM"] != "dumb"
  }

  /// The width of the terminal, 80 where it is not known.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
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
