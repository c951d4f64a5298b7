/// What is left in the account, in US dollars; may be zero or negative.
///
/// It is counted in whole millionths of a dollar, as the service does: no amount of money ever goes through a
/// floating-point number.
public struct Balance: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Millionths of a US dollar.
  public let microdollars: Int64

  /// An amount in millionths of a US dollar.
  public init(microdollars: Int64) {
    self.microdollars = microdollars
  }

  /// Reads what a person writes, such as `5`, `12.50` or `0.000001`: digits with at most six behind the point.
  public init?(dollars text: String) {
    guard let first = text.utf8.first, Self.isDigit(first), text.utf8.allSatisfy({ $0 | 0x20 != 0x65 }),
      let amount = Self.microdollars(text), amount.isExact
    else { return nil }
    self.init(microdollars: amount.value)
  }

  /// Reads a number of dollars that a service gave. What is finer than a millionth is rounded down, so that never
  /// more is there than the service said.
  public init?(roundingDown number: JSONNumber) {
    guard let amount = Self.microdollars(number.text) else { return nil }
    self.init(microdollars: amount.value)
  }

  /// By amount.
  public static func < (left: Balance, right: Balance) -> Bool { left.microdollars < right.microdollars }

  /// The dollars with at least two digits behind the point, such as `12.34`, `-0.10` or `0.000001`.
  public var dollars: String {
    let digits = String(microdollars.magnitude)
    let padded = String(repeating: "0", count: max(0, 7 - digits.utf8.count)) + digits
    var cents = padded.suffix(6)
    while cents.utf8.count > 2, cents.utf8.last == UInt8(ascii: "0") { cents.removeLast() }
    return "\(microdollars < 0 ? "-" : "")\(padded.dropLast(6)).\(cents)"
  }

  /// `12.34 USD`.
  public var description: String { "\(dollars) USD" }

  /// Moves the point of a decimal text six places, digit by digit; `nil` for no number, and beyond what fits.
  private static func microdollars(_ text: String) -> (value: Int64, isExact: Bool)? {
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    let parts = text.utf8.dropFirst(isNegative ? 1 : 0).split(
      maxSplits: 1, omittingEmptySubsequences: false
    ) { $0 | 0x20 == 0x65 }
    let mantissa = parts[0].split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let exponent = parts.count == 1 ? 0 : Int(String(decoding: parts[1], as: UTF8.self))
    guard let exponent, (-64...64).contains(exponent),
      mantissa.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) })
    else { return nil }
    let digits = mantissa.joined()
    let end = mantissa[0].count + exponent + 6
    let zeros = String(repeating: "0", count: max(0, end - digits.count))
    let kept = "0" + String(decoding: Array(digits.prefix(max(0, end))), as: UTF8.self) + zeros
    let isExact = digits.dropFirst(max(0, end)).allSatisfy { $0 == UInt8(ascii: "0") }
    guard let whole = Int64(kept) else { return nil }
    return (isNegative ? -whole - (isExact ? 0 : 1) : whole, isExact)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
