/// A JSON value that loses nothing: numbers keep their digits, objects their order.
///
/// Seeds of ComfyUI run to 2⁶⁴−1, beyond `Double` and `Int64`; a number is therefore its own text.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// The digits as they stood in the text, such as `18446744073709551615` or `1e-07`.
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// Equal if kind and bytes are: texts that Swift calls equivalent are different values here.
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}

/// A JSON number as its text.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
  /// The digits as given. `NaN` and infinities appear only in documents parsed leniently.
  public let text: String

  package init(unchecked text: String) { self.text = text }

  /// Reads a number spelled as RFC 8259 asks, else `nil`.
  public init?(_ text: String) {
    guard case .number(let number)? = try? JSONDocument(parsing: Array(text.utf8)).value,
      number.text == text
    else { return nil }
    self = number
  }

  /// The digits.
  public var description: String { text }
  /// The value where it is a whole number without fraction or exponent from 0 to 2⁶⁴−1.
  public var unsigned: UInt64? { UInt64(text) }
  /// The value where it is a whole number without fraction or exponent that fits.
  public var signed: Int64? { Int64(text) }
  /// The nearest double.
  public var double: Double? { Double(text) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object, members in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }

  /// A whole number.
  public static func integer(_ value: some BinaryInteger & Sendable) -> JSONValue {
    .number(JSONNumber(unchecked: String(value)))
  }

  /// The string's value, or `null`.
  public static func optional(_ value: String?) -> JSONValue {
    value.map(JSONValue.string) ?? .null
  }

  /// The text of a string, else `nil`.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }
  /// The items of an array, else `nil`.
  public var array: [JSONValue]? {
    if case .array(let items) = self { items } else { nil }
  }
  /// The members of an object, else `nil`.
  public var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }
  /// The number, else `nil`.
  public var number: JSONNumber? {
    if case .number(let number) = self { number } else { nil }
  }
  /// True or false, else `nil`.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }
  /// Whether it is `null`.
  public var isNull: Bool { self == .null }

  /// The member of an object by exact key, else `nil`.
  public subscript(key: String) -> JSONValue? { object?[key] }
  /// The item of an array, `nil` where there is none.
  public subscript(index: Int) -> JSONValue? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }
}
