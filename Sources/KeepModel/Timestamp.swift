/// A moment in UTC, to the millisecond.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01 00:00 UTC.
  public let milliseconds: Int64

  /// A moment by its milliseconds since 1970-01-01 00:00 UTC.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Reads `2025-07-22T13:05:16.143086`, with a zone or without (then UTC), and any number of fraction digits.
  ///
  /// Both spellings are seen from the service. Returns `nil` for anything else; a bad date is never fatal.
  public init?(parsing text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2),
      scanner.take("-"), let day = scanner.digits(2), scanner.take("T") || scanner.take(" "),
      let hour = scanner.digits(2), scanner.take(":"), let minute = scanner.digits(2),
      scanner.take(":"), let second = scanner.digits(2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60,
      let fraction = scanner.fraction(), let zone = scanner.zoneMinutes(), scanner.isAtEnd
    else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    // 31 February rolls over into March and is no date.
    let next = month == 12 ? (year + 1, 1) : (year, month + 1)
    guard days < Self.days(year: next.0, month: next.1, day: 1) else { return nil }
    let minutes = Int64((days * 24 + hour) * 60 + minute - zone)
    self.milliseconds = (minutes * 60 + Int64(second)) * 1000 + Int64(fraction)
  }

  /// `2025-09-15T08:50:06.654+00:00`, the spelling that RO-Crate's validator takes.
  public var description: String {
    let time = Self.remainder(milliseconds, 86_400_000)
    return "\(day)T\(Self.padded(time / 3_600_000)):\(Self.padded(time / 60_000 % 60))"
      + ":\(Self.padded(time / 1000 % 60)).\(Self.padded(time % 1000, 3))+00:00"
  }

  /// `2025-09-15 08:50 UTC`.
  public var minute: String { "\(description.prefix(16).replacing("T", with: " ")) UTC" }

  /// `2025-09-15`, the day in UTC.
  public var day: String {
    // Days to civil date, after Howard Hinnant's public-domain "chrono-compatible date algorithms".
    let shifted = Self.quotient(milliseconds, 86_400_000) + 719_468
    let era = Self.quotient(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(Self.padded(year, 4))-\(Self.padded(month))-"
      + Self.padded(dayOfYear - (153 * monthIndex + 2) / 5 + 1)
  }

  /// Later by a duration, cut to milliseconds; the end of all time where it would go beyond.
  public func advanced(by duration: Duration) -> Timestamp {
    let (seconds, attoseconds) = duration.components
    let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
    let (sum, isTooLate) = milliseconds.addingReportingOverflow(whole)
    let (exact, isOver) = sum.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    guard !isTooLong, !isTooLate, !isOver else {
      return Timestamp(milliseconds: duration < .zero ? .min : .max)
    }
    return Timestamp(milliseconds: exact)
  }

  /// By time.
  public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func remainder(_ value: Int64, _ divisor: Int64) -> Int64 {
    let rest = value % divisor
    return rest < 0 ? rest + divisor : rest
  }

  private static func quotient(_ value: Int64, _ divisor: Int64) -> Int64 {
    value / divisor - (value % divisor < 0 ? 1 : 0)
  }

  private static func padded(_ value: Int64, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// Takes fixed-width fields off the front of a date.
private struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) { self.rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func digits(_ count: Int) -> Int? {
    let field = rest.prefix(count)
    guard field.count == count, field.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    rest = rest.dropFirst(count)
    return field.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Milliseconds of an optional `.123456`, cut.
  mutating func fraction() -> Int? {
    guard take(".") else { return 0 }
    let field = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...18).contains(field.count) else { return nil }
    rest = rest.dropFirst(field.count)
    return (Array(field.prefix(3)) + [0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Minutes east of UTC of an optional `Z`, `+02:00` or `+0200`.
  mutating func zoneMinutes() -> Int? {
    if isAtEnd || take("Z") || take("z") { return 0 }
    let sign = take("-") ? -1 : 1
    guard sign == -1 || take("+"), let hours = digits(2) else { return nil }
    _ = take(":")
    guard let minutes = isAtEnd ? 0 : digits(2), hours < 24, minutes < 60 else { return nil }
    return sign * (hours * 60 + minutes)
  }
}
