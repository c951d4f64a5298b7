import Glibc
import KeepModel

/// Requests on standard input, one a line: ids, or status or result URLs. Blank lines, and lines that begin with `#`,
/// are passed over.
enum RequestList {
  /// No more bytes than this are read: some 400,000 ids.
  static let limit = 16 << 20

  /// - Throws: ``KeepError`` with `usage` where there are none or too many, `local_io`.
  static func standardInput() throws(KeepError) -> [String] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(STDIN_FILENO, &piece, piece.count)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw KeepError(
          .localIO, .option("-"), "standard input cannot be read: \(String(cString: strerror(errno)))")
      }
      bytes += piece.prefix(count)
      guard bytes.count <= limit else {
        throw KeepError(.usage, .option("-"), "has more than \(limit >> 20) MiB", hint: "give fewer at once")
      }
    }
    let requests = lines(of: String(decoding: bytes, as: UTF8.self))
    guard !requests.isEmpty else {
      throw KeepError(.usage, .option("-"), "names no request", hint: "write one request id a line")
    }
    return requests
  }

  /// The requests that a text names.
  static func lines(of text: String) -> [String] {
    text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { line in
      let isSpace: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" }
      let rest = line.drop(while: isSpace)
      let end = rest.lastIndex { !isSpace($0) }.map(rest.index(after:)) ?? rest.startIndex
      return String(rest[..<end])
    }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }
}
