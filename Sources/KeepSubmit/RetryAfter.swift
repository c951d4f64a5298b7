package import KeepModel
package import KeepTransport

/// Reads `Retry-After`.
package enum RetryAfter {
  /// The most that is ever waited because a service said so.
  package static let cap: Duration = .seconds(900)

  /// How long the service asks to wait, capped and never negative; `nil` where the header is missing or
  /// cannot be read.
  ///
  /// A date counts from the answer's own `Date`, so that a wrong clock here does not matter.
  package static func delay(_ headers: HTTPHeaders) -> Duration? {
    guard let text = headers["Retry-After"] else { return nil }
    if let seconds = seconds(text) { return seconds }
    guard let until = date(text), let now = headers["Date"].flatMap(date) else { return nil }
    return min(max(.milliseconds(until.milliseconds - now.milliseconds), .zero), cap)
  }

  /// What an error says of trying again.
  package static func retry(_ headers: HTTPHeaders) -> KeepError.Retry {
    delay(headers).map(KeepError.Retry.after) ?? .backOff
  }

  private static func seconds(_ text: String) -> Duration? {
    let bytes = text.utf8
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
      let value = Double(text)
    else { return nil }
    return value >= 900 ? cap : .milliseconds(Int64(value * 1000))
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form of date that is still sent (RFC 9110, 5.6.7).
  private static func date(_ text: String) -> Timestamp? {
    let parts = text.utf8.split(separator: 0x20).compactMap { String($0) }
    guard parts.count == 6, parts[5] == "GMT", parts[1].utf8.count == 2,
      let month = months.firstIndex(of: parts[2])
    else { return nil }
    let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp(parsing: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])")
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
