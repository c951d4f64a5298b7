/// A place in a JSON document (RFC 6901), such as `/outputs/136/images/0`.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  /// The unescaped steps from the root.
  public let tokens: [String]

  /// A place by its unescaped steps.
  public init(_ tokens: [String] = []) { self.tokens = tokens }

  /// Reads `/a/b`, with `~1` for `/` and `~0` for `~`; `nil` if it is neither empty nor starts with `/`.
  public init?(parsing text: String) {
    guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
    self.tokens = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .dropFirst().map { Self.unescaped($0) }
  }

  /// One step further, by key.
  public func appending(_ key: String) -> JSONPointer { JSONPointer(tokens + [key]) }
  /// One step further, by position.
  public func appending(_ index: Int) -> JSONPointer { JSONPointer(tokens + [String(index)]) }

  /// The escaped form.
  public var description: String {
    tokens.map { "/" + Self.escaped($0) }.joined()
  }

  // Both by bytes: to a String, a slash with an accent behind it is not a slash.

  private static func escaped(_ token: String) -> String {
    var bytes: [UInt8] = []
    for byte in token.utf8 {
      switch byte {
      case UInt8(ascii: "~"): bytes += "~0".utf8
      case UInt8(ascii: "/"): bytes += "~1".utf8
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func unescaped(_ token: Substring.UTF8View) -> String {
    var bytes: [UInt8] = []
    var isEscape = false
    for byte in token {
      switch byte {
      case UInt8(ascii: "0") where isEscape: bytes[bytes.count - 1] = UInt8(ascii: "~")
      case UInt8(ascii: "1") where isEscape: bytes[bytes.count - 1] = UInt8(ascii: "/")
      default: bytes.append(byte)
      }
      isEscape = byte == UInt8(ascii: "~")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Digits without sign or leading zeros, as RFC 6901 asks.
  private static func position(_ token: String) -> Int? {
    let isPlain = token.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return isPlain && (token.utf8.count == 1 || token.utf8.first != 0x30) ? Int(token) : nil
  }

  /// What stands there in a document, else `nil`.
  public func value(in document: JSONValue) -> JSONValue? {
    tokens.reduce(Optional(document)) { place, token in
      switch place {
      case .object(let object): object[token]
      case .array(let items):
        // Spelled out, since a bare `nil` would be the JSON value `null`.
        Self.position(token).flatMap { items.indices.contains($0) ? .some(items[$0]) : .none }
      default: nil
      }
    }
  }
}
