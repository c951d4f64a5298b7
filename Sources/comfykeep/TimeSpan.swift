import ArgumentParser
import KeepPipeline

/// A length of time on the command line: `500ms`, `90s`, `30m`, `2h` or `7d`; a plain number is seconds.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = Duration(timeText: argument) else { return nil }
    self.duration = duration
  }

  /// Reads an option's value; one that is no length of time is told what one looks like.
  static func reading(_ text: String) throws -> TimeSpan {
    guard let span = TimeSpan(argument: text) else { throw ValidationError(refusal(of: text)) }
    return span
  }

  /// Why a text is no length of time.
  static func refusal(of text: String) -> String { Duration.timeRefusal(of: text) }

  /// The largest unit that gives a whole number.
  var description: String { duration.timeText }

  var defaultValueDescription: String { description }
}
