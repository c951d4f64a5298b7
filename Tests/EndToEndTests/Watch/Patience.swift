import Glibc
import Testing

/// Waits for what has to come.
enum Patience {
  /// Looks again and again; fails after so long that the busiest machine would have come to it.
  static func wait(
    for what: @autoclosure () -> String, within limit: Duration = .seconds(90),
    every: Duration = .milliseconds(20),
    _ isThere: () throws -> Bool
  ) throws {
    let end = ContinuousClock.now + limit
    while try !isThere() {
      try #require(ContinuousClock.now < end, "waited in vain for \(what())")
      usleep(UInt32(every / .microseconds(1)))
    }
  }
}
