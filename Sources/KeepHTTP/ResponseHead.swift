import KeepModel
import KeepTransport

/// Status and headers of an answer.
struct ResponseHead: Sendable, Equatable {
  let status: Int
  let headers: HTTPHeaders
}

/// Builds a ``ResponseHead`` from the header lines that libcurl hands over.
///
/// The lines of interim answers (1xx) come first and are forgotten; those after the head are trailers and
/// are dropped. Everything counts towards the limit.
struct ResponseHeadParser {
  /// The most bytes of header lines that one exchange may bring.
  static let limit = 256 * 1024

  private(set) var size = 0
  private(set) var head: ResponseHead?
  private var status = 0
  private var fields: [(name: String, value: String)] = []

  /// What a line did.
  enum Step: Equatable {
    /// The head goes on, or the line does not matter.
    case more
    /// This line ended the head.
    case complete(ResponseHead)
    /// There are too many lines, or too long ones.
    case tooLarge
  }

  /// Takes the next line with its line end.
  mutating func take(_ line: UnsafeRawBufferPointer) -> Step {
    size += line.count
    guard size <= Self.limit else { return .tooLarge }
    guard head == nil else { return .more }
    var text = line[...]
    while let last = text.last, last == 0x0D || last == 0x0A { text = text.dropLast() }
    if text.isEmpty { return finishHead() }
    if text.starts(with: "HTTP/".utf8) {
      startHead(text)
    } else {
      addField(text)
    }
    return .more
  }

  private mutating func finishHead() -> Step {
    guard status >= 200 else { return .more }
    var headers = HTTPHeaders()
    for field in fields { headers.add(field.name, field.value) }
    let head = ResponseHead(status: status, headers: headers)
    self.head = head
    fields = []
    return .complete(head)
  }

  private mutating func startHead(_ line: Slice<UnsafeRawBufferPointer>) {
    fields = []
    let words = line.split(separator: 0x20, maxSplits: 2)
    status = words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) ?? 0 : 0
  }

  private mutating func addField(_ line: Slice<UnsafeRawBufferPointer>) {
    // RFC 9112, 5.2: a line that starts with white space goes on with the value before.
    if line.first == 0x20 || line.first == 0x09 {
      guard let last = fields.indices.last else { return }
      fields[last].value += " " + Self.trimmed(line)
      return
    }
    guard let colon = line.firstIndex(of: 0x3A) else { return }
    let name = String(decoding: line[..<colon], as: UTF8.self)
    fields.append((name, Self.trimmed(line[line.index(after: colon)...])))
  }

  private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    var rest = bytes.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return String(decoding: rest, as: UTF8.self)
  }
}
