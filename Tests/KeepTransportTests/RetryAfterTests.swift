import KeepModel
import KeepTransport
import Testing

@Suite struct RetryAfterTests {
  /// 1994-11-06 08:49:07 UTC, half a minute before the dates below.
  private let now = Timestamp(milliseconds: 784_111_747_000)

  @Test(arguments: [
    ("1", Duration.seconds(1)),
    ("0", .zero),
    (" 120\t", .seconds(120)),
    ("1000000000", .seconds(1_000_000_000)),
    ("99999999999999999999999999", .seconds(3_155_760_000)),
    ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(30)),
    ("Sun Nov  6 08:49:37 1994", .seconds(30)),
    ("Sun, 06 Nov 1994 08:49:00 GMT", .zero),
    ("Sun, 06 Nov 1994 09:49:37 GMT", .seconds(3630)),
  ])
  func readsSecondsAndDates(text: String, wait: Duration) {
    #expect(RetryAfter.wait(text, now: now) == wait)
  }

  @Test(arguments: [
    "", " ", "-5", "+5", "1e9", "1.5", "soon", "١", "0x10", "12 minutes", "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT GMT", "1 2 3 4 5",
  ])
  func ignoresWhatIsNeither(text: String) {
    #expect(RetryAfter.wait(text, now: now) == nil)
  }

  @Test func readsTheOldDateOfThisCentury() throws {
    let date = try #require(HTTPDate("Friday, 06-Nov-26 08:49:37 GMT"))
    #expect(date.moment == Timestamp(parsing: "2026-11-06T08:49:37Z"))
  }
}

@Suite struct RetryPolicyTests {
  private let policy = RetryPolicy(
    attempts: 5, firstWait: .seconds(1), longestWait: .seconds(5), totalWait: .seconds(60))

  @Test(arguments: [(1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0)])
  func doublesUpToTheLongestWait(attempt: Int, seconds: Double) {
    let wait = policy.wait(after: attempt, named: nil, waited: .zero, random: 1)
    #expect(wait == .seconds(seconds))
  }

  @Test func spreadsOverTheUpperHalf() {
    #expect(policy.wait(after: 2, named: nil, waited: .zero, random: 0) == .seconds(1))
    #expect(policy.wait(after: 2, named: nil, waited: .zero, random: 0.5) == .seconds(1.5))
  }

  @Test func takesTheNamedWaitFirstButCapped() {
    #expect(policy.wait(after: 1, named: .seconds(3), waited: .zero, random: 1) == .seconds(3))
    #expect(policy.wait(after: 1, named: .seconds(1_000_000_000), waited: .zero, random: 1) == .seconds(5))
  }

  @Test func neverMakesABusyLoopOfZero() throws {
    let wait = try #require(policy.wait(after: 1, named: .zero, waited: .zero, random: 1))
    #expect(wait > .zero)
  }

  @Test func endsAfterItsAttemptsAndItsTotal() {
    #expect(policy.wait(after: 5, named: nil, waited: .zero, random: 1) == nil)
    #expect(policy.wait(after: 1, named: nil, waited: .seconds(59.5), random: 1) == nil)
    #expect(RetryPolicy.never.wait(after: 1, named: nil, waited: .zero, random: 1) == nil)
  }

  @Test func doesNotOverflowAfterManyAttempts() {
    let patient = RetryPolicy(attempts: .max, totalWait: .seconds(1_000_000))
    #expect(patient.wait(after: 1_000_000, named: nil, waited: .zero, random: 1) == .seconds(60))
  }
}
