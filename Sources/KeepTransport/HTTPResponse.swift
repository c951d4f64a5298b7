/// An answer whose body is still coming.
public struct HTTPResponse: Sendable {
  /// The status code, 200 to 599.
  public let status: Int
  /// The header fields.
  public let headers: HTTPHeaders
  /// The body, which may be read once.
  public let body: ResponseBody

  /// An answer whose body is still coming.
  public init(status: Int, headers: HTTPHeaders, body: ResponseBody) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// `Content-Length`, where it is there and a number.
  public var contentLength: UInt64? { headers["Content-Length"].flatMap { UInt64($0) } }
}

/// The pieces of an answer's body, in order. Reading slowly slows the sender down.
public struct ResponseBody: Sendable {
  private let read: @Sendable () async throws -> [UInt8]?

  /// Pieces from a closure that gives `nil` at the end.
  public init(_ read: @escaping @Sendable () async throws -> [UInt8]?) {
    self.read = read
  }

  /// The next piece, up to 256 KiB and never empty; `nil` once the body is whole.
  ///
  /// - Throws: ``KeepError`` with code `unavailable` when the body broke off.
  public func next() async throws -> [UInt8]? { try await read() }
}

/// An answer with its whole body.
public struct BufferedResponse: Sendable {
  /// The status code.
  public let status: Int
  /// The header fields.
  public let headers: HTTPHeaders
  /// The body.
  public let body: [UInt8]

  /// An answer with its whole body.
  public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
