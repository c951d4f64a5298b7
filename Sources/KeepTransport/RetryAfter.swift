package import KeepModel

/// The header `Retry-After` (RFC 9110, 10.2.3).
package enum RetryAfter {
  /// The wait that the header asks for; `nil` when it says nothing usable, negative numbers included.
  ///
  /// A number too large to mean anything is given as the longest wait, a date in the past as none.
  package static func wait(_ text: String, now: Timestamp) -> Duration? {
    let text = trimmed(text)
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return .seconds(min(UInt64(text) ?? .max, longestSeconds))
    }
    return HTTPDate(text).map { date in
      .milliseconds(max(0, date.moment.milliseconds - now.milliseconds))
    }
  }

  /// A hundred years: callers cap it anyway.
  private static let longestSeconds: UInt64 = 3_155_760_000

  private static func trimmed(_ text: String) -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    var rest = text.utf8.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return String(rest) ?? ""
  }
}

/// A date in one of HTTP's three spellings (RFC 9110, 5.6.7).
package struct HTTPDate: Sendable, Equatable {
  /// The moment that it names.
  package let moment: Timestamp

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
  package init?(_ text: String) {
    let words = text.split { $0 == " " || $0 == "-" || $0 == "," }.map(String.init)
    let parts: (day: String, month: String, year: String, time: String)
    switch words.count {
    case 6 where words[5] == "GMT": parts = (words[1], words[2], words[3], words[4])
    case 5: parts = (words[2], words[1], words[4], words[3])
    default: return nil
    }
    guard let month = Self.months.firstIndex(of: parts.month), let year = Self.fullYear(parts.year),
      let moment = Timestamp(
        parsing: "\(year)-\(Self.twoDigits("\(month + 1)"))-\(Self.twoDigits(parts.day))T\(parts.time)Z")
    else { return nil }
    self.moment = moment
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Two digits are of this century: no server names a moment to retry at in the last one.
  private static func fullYear(_ text: String) -> String? {
    switch text.utf8.count {
    case 4: text
    case 2: "20" + text
    default: nil
    }
  }

  private static func twoDigits(_ text: String) -> String {
    text.utf8.count == 1 ? "0" + text : text
  }
}
