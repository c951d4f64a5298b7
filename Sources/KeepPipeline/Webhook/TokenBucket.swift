/// A limit on how often something may happen: so many at once, then so many a second.
struct TokenBucket: Sendable {
  private let rate: Double
  private let burst: Double
  private var tokens: Double
  private var filledAt: Duration = .zero

  /// A full bucket.
  init(rate: Int, burst: Int) {
    self.rate = Double(rate)
    self.burst = Double(burst)
    self.tokens = Double(burst)
  }

  /// Whether it may happen at this moment, given as the time since some fixed one; counted if so.
  mutating func take(at moment: Duration) -> Bool {
    let passed = max(0, (moment - filledAt) / .seconds(1))
    filledAt = max(filledAt, moment)
    tokens = min(burst, tokens + passed * rate)
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}
