import ArgumentParser

/// A length of time on the command line: `500ms`, `90s`, `30m`, `2h` or `7d`; a plain number is seconds.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let units: [String: Double] = ["ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let number = Double(digits), let unit = units[String(argument[digits.endIndex...])],
      number * unit <= 1e10
    else { return nil }
    self.duration = .milliseconds(Int64(number * unit * 1000))
  }

  /// Reads an option's value; one that is no length of time is told what one looks like.
  static func reading(_ text: String) throws -> TimeSpan {
    guard let span = TimeSpan(argument: text) else { throw ValidationError(refusal(of: text)) }
    return span
  }

  /// Why a text is no length of time.
  static func refusal(of text: String) -> String {
    "'\(text)' is no length of time: write 500ms, 90s, 30m, 2h or 7d"
  }

  /// The largest unit that gives a whole number.
  var description: String {
    let milliseconds = Int64(duration / .milliseconds(1))
    let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")]
    let unit = units.first { milliseconds > 0 && milliseconds % $0.0 == 0 }
    return unit.map { "\(milliseconds / $0.0)\($0.1)" } ?? "\(milliseconds)ms"
  }

  var defaultValueDescription: String { description }
}
