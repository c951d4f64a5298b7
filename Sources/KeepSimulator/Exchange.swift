internal import KeepModel

/// A call as it arrived.
struct Call: Sendable {
  let method: String
  /// The path with its percent-encoding.
  let rawPath: String
  let query: String
  /// All headers in order, names as sent.
  let headers: [(name: String, value: String)]
  let body: [UInt8]
  /// Whether the caller is on this machine.
  var isFromLoopback = true

  /// The decoded parts of the path.
  var path: [String] { rawPath.utf8.split(separator: UInt8(ascii: "/")).map { PercentText.decoded($0) } }

  /// The first value of a header.
  subscript(header name: String) -> String? {
    headers.first { $0.name.lowercased() == name }?.value
  }

  /// The decoded query, in order.
  var parameters: [(name: String, value: String)] {
    query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
      let equals = pair.firstIndex(of: UInt8(ascii: "="))
      let value = equals.map { pair[pair.index(after: $0)...] } ?? pair[pair.endIndex...]
      return (PercentText.decoded(pair[..<(equals ?? pair.endIndex)]), PercentText.decoded(value))
    }
  }

  /// The decoded values of one query parameter.
  func values(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }
}

/// An answer to a call.
struct Reply: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// A part of a file that is made as it is sent, no faster than so many MiB a second; `sent` is told in the end
    /// how much of it was begun to be sent.
    case made(SyntheticFile, Range<Int>, rate: Int?, sent: @Sendable (Int) -> Void)
    /// The length of a body that is not sent, for HEAD.
    case announced(Int)
    /// Only these bytes of a longer body, then the connection closes.
    case cut([UInt8], announced: Int)
    /// Only these bytes of a longer body, then nothing more comes.
    case stalled([UInt8], announced: Int)
    /// The connection closes without an answer.
    case dropped
  }

  var status: Int
  var headers: [(name: String, value: String)] = []
  var body: Body = .bytes([])

  static func json(_ value: JSONValue) -> Reply { json(200, value) }

  static func json(_ status: Int, _ value: JSONValue) -> Reply {
    Reply(
      status: status, headers: [("Content-Type", "application/json")],
      body: .bytes(WireJSON.encode(value)))
  }

  static func text(_ status: Int, _ text: String, type: String = "text/plain; charset=utf-8") -> Reply {
    Reply(status: status, headers: [("Content-Type", type)], body: .bytes(Array(text.utf8)))
  }

  /// Nonsense with HTTP 200.
  static func garbage(_ name: String, instead good: JSONValue) -> Reply {
    let type = name == "html" ? "text/html; charset=utf-8" : "application/json"
    return Reply(
      status: 200, headers: [("Content-Type", type)], body: .bytes(Garbage.body(name, instead: good)))
  }

  /// 429, with `Retry-After` exactly as given, if it is.
  static func throttled(_ retryAfter: String) -> Reply {
    var reply = Reply.json(429, ["message": "Too Many Requests"])
    if !retryAfter.isEmpty { reply.headers.append(("Retry-After", retryAfter)) }
    return reply
  }

  /// What a gateway says for a status.
  static func gateway(_ status: Int) -> Reply {
    status < 500
      ? .json(status, ["message": .string("status \(status) by the simulator")])
      : .text(status, "<html><body><h1>\(status)</h1></body></html>\n", type: "text/html; charset=utf-8")
  }

  static let dropped = Reply(status: 0, body: .dropped)
}
