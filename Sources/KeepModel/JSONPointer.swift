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
      .dropFirst().map {
        (String($0) ?? "").replacing("~1", with: "/").replacing("~0", with: "~")
      }
  }

  /// One step further, by key.
  public func appending(_ key: String) -> JSONPointer { JSONPointer(tokens + [key]) }
  /// One step further, by position.
  public func appending(_ index: Int) -> JSONPointer { JSONPointer(tokens + [String(index)]) }

  /// The escaped form.
  public var description: String {
    tokens.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
  }

  /// What stands there in a document, else `nil`.
  public func value(in document: JSONValue) -> JSONValue? {
    tokens.reduce(Optional(document)) { place, token in
      switch place {
      case .object(let object): object[token]
      case .array(let items): Int(token).flatMap { items.indices.contains($0) ? items[$0] : nil }
      default: nil
      }
    }
  }
}
