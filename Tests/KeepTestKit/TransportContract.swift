public import KeepModel
public import KeepTransport
import Synchronization

/// What every `Transport` must do, whatever is behind it.
///
/// Each function performs one exchange or a few and throws a ``Violation`` when a promise is broken. The
/// caller sets the other side up; what it has to answer stands with each function.
public struct TransportContract: Sendable {
  /// A broken promise.
  public struct Violation: Error, CustomStringConvertible {
    /// Which one, and how.
    public let description: String
  }

  private let transport: any Transport

  /// The promises of a transport.
  public init(_ transport: any Transport) {
    self.transport = transport
  }

  private func check(_ isKept: Bool, _ description: @autoclosure () -> String) throws {
    if !isKept { throw Violation(description: description()) }
  }

  /// Status, headers and body arrive as they were sent. The other side answers 201, `X-Kept: yes`, `hello`.
  public func deliversTheAnswer(of url: HTTPURL) async throws {
    let answer = try await transport.response(to: HTTPRequest(.get, url), limit: 100)
    try check(answer.status == 201, "status \(answer.status)")
    try check(answer.headers["x-kept"] == "yes", "headers \(answer.headers)")
    try check(answer.body == Array("hello".utf8), "body \(answer.body)")
  }

  /// Pieces are neither empty nor larger than 256 KiB, and make up `body`, which the other side answers.
  public func deliversInPieces(_ body: [UInt8], from url: HTTPURL) async throws {
    let gathered = try await transport.withResponse(to: HTTPRequest(.get, url)) { response in
      var gathered: [UInt8] = []
      while let piece = try await response.body.next() {
        try check((1...262_144).contains(piece.count), "a piece of \(piece.count) bytes")
        gathered += piece
      }
      let after = try await response.body.next()
      try check(after == nil, "more after the end")
      return gathered
    }
    try check(gathered == body, "\(gathered.count) bytes for \(body.count), or others")
  }

  /// A redirect is an answer like any other. The other side answers 302 with a `Location`.
  public func handsRedirectsOver(from url: HTTPURL) async throws {
    let answer = try await transport.response(to: HTTPRequest(.get, url), limit: 100)
    try check(answer.status == 302, "status \(answer.status)")
    try check(answer.headers["Location"] != nil, "no Location")
  }

  /// A body that breaks off throws, after what had come. The other side sends `part` of a longer body.
  public func throwsForBrokenBody(after part: [UInt8], from url: HTTPURL) async throws {
    let gathered = Mutex<[UInt8]>([])
    do {
      _ = try await transport.withResponse(to: HTTPRequest(.get, url)) { response in
        while let piece = try await response.body.next() { gathered.withLock { $0 += piece } }
      }
    } catch let error as KeepError {
      try check(error.code == .unavailable, "code \(error.code)")
      try check(gathered.withLock { $0 } == part, "other bytes before the break")
      return
    }
    throw Violation(description: "a broken body ended as if it were whole")
  }

  /// A failure before any answer says whether the request may have been acted on, and never shows a query
  /// or a token. The other side cannot be reached.
  public func tellsDelivery(of url: HTTPURL, expected: KeepError.Delivery) async throws {
    try await tellsDelivery(of: HTTPRequest(.get, url), expected: expected)
  }

  /// As ``tellsDelivery(of:expected:)`` for any request; a query and a token are added to it.
  public func tellsDelivery(of request: HTTPRequest, expected: KeepError.Delivery) async throws {
    let secret = "cGFzc3dvcmQ"
    var request = request
    request.url = request.url.adding(query: [("signature", secret)])
    request.bearer = Secret(secret)
    do {
      _ = try await transport.response(to: request, limit: 100)
    } catch let error as KeepError {
      try check(error.code == .unavailable, "code \(error.code)")
      try check(error.delivery == expected, "delivery \(String(describing: error.delivery))")
      try check(!"\(error) \(error.hint ?? "")".contains(secret), "shows a secret: \(error)")
      return
    }
    throw Violation(description: "an answer came")
  }

  /// What `consume` throws is what the caller gets. The other side answers anything.
  public func passesTheConsumersErrorOn(from url: HTTPURL) async throws {
    struct Mine: Error {}
    do {
      try await transport.withResponse(to: HTTPRequest(.get, url)) { _ in throw Mine() }
    } catch is Mine {
      return
    }
    throw Violation(description: "the error was lost")
  }

  /// A request's body arrives whole with its length. The other side answers with the body it got.
  public func sendsTheBody(to url: HTTPURL, _ method: HTTPRequest.Method, _ body: [UInt8]) async throws {
    let request = HTTPRequest(
      method, url, body: RequestBody(bytes: body, contentType: "application/octet-stream"))
    let answer = try await transport.response(to: request, limit: .mebibytes(64))
    try check(answer.body == body, "\(answer.body.count) bytes for \(body.count), or others")
  }
}
