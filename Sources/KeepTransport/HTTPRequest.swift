public import KeepModel

/// An HTTP request.
public struct HTTPRequest: Sendable {
  /// The method.
  public enum Method: String, Sendable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    /// Makes a folder (RFC 4918, 9.3).
    case mkcol = "MKCOL"
    /// Renames within a server (RFC 4918, 9.9).
    case move = "MOVE"
  }

  /// The method.
  public var method: Method
  /// Where it goes.
  public var url: HTTPURL
  /// Headers beside those that the transport sets itself (`Host`, `Content-Length`, `User-Agent`).
  public var headers: HTTPHeaders
  /// The body, streamed with a known length; `nil` for none.
  public var body: RequestBody?
  /// The token, sent as `Authorization: Bearer …`. Set only for the API's own origin.
  public var bearer: Secret?
  /// How it is signed; `nil` for not at all.
  public var signing: RequestSigning?
  /// Which resolved addresses may be connected to.
  public var reach: Reach
  /// The longest that the whole exchange may take; `nil` for as long as it moves.
  public var timeLimit: Duration?

  /// Which resolved addresses may be connected to.
  public enum Reach: Sendable, Hashable {
    /// Any address.
    case anywhere
    /// Public addresses only; loopback, private and link-local ones are refused after name resolution,
    /// before a packet is sent.
    case publicOnly
  }

  /// An HTTP request.
  public init(
    _ method: Method, _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(),
    body: RequestBody? = nil, bearer: Secret? = nil, signing: RequestSigning? = nil, reach: Reach = .anywhere,
    timeLimit: Duration? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.bearer = bearer
    self.signing = signing
    self.reach = reach
    self.timeLimit = timeLimit
  }
}

/// Header fields in order, names compared without case.
public struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// A name and its value.
  public struct Field: Sendable, Hashable {
    /// The name as given.
    public let name: String
    /// The value.
    public let value: String
  }

  /// The fields in order.
  public private(set) var fields: [Field]

  /// No fields.
  public init() { self.fields = [] }
  /// Fields in the order written.
  public init(dictionaryLiteral elements: (String, String)...) {
    self.fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// Appends a field.
  public mutating func add(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// The first field of a name.
  public subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
