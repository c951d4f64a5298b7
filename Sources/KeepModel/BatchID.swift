/// The name that all submissions of one command have in common, such as `20261126-034722-4f2a`.
public struct BatchID: Sendable, Hashable, CustomStringConvertible {
  /// Its text.
  public let rawValue: String

  /// A batch by its name.
  public init(_ rawValue: String) { self.rawValue = rawValue }

  /// A new name: the time in UTC to the second, and four random hexadecimal digits.
  public init(at time: Timestamp) {
    let digits = time.description.prefix(19).filter(\.isNumber)
    let number = String(UInt16.random(in: 0...UInt16.max), radix: 16)
    let padding = String(repeating: "0", count: 4 - number.count)
    self.init("\(digits.prefix(8))-\(digits.suffix(6))-\(padding)\(number)")
  }

  /// Its text.
  public var description: String { rawValue }
}
