internal import KeepModel

/// One thing to be told to a webhook, until the answer is 2xx (contract 4): the answer may take ten seconds, and what
/// fails is tried again with growing pauses, for up to 24 hours of the simulated time.
struct WebhookMessage: Sendable {
  let store: SimulatorStore
  let run: String
  let url: HTTPURL
  let body: [UInt8]

  private static let patience: Duration = .seconds(86_400)
  private static let longestPause: Duration = .seconds(3600)

  /// Tries once; whether it was taken.
  func attempt(_ number: Int) async -> Bool {
    let status = await LoopbackPost(url: url, body: body).send()
    store.record(
      "webhook",
      [
        ("request_id", .string(run)), ("url", .string(url.description)), ("attempt", .integer(number)),
        ("answer", status.map { .integer($0) } ?? .null),
      ])
    return status.map { (200...299).contains($0) } ?? false
  }

  /// Tries until it is taken, or the time is over; `count` attempts were made already.
  func deliver(after count: Int = 0) async throws {
    let clock = store.configuration.clock
    let end = store.now.advanced(by: Self.patience)
    var (count, pause) = (count, Duration.milliseconds(100))
    while true {
      if count > 0 {
        try await clock.wait(until: store.now.advanced(by: pause))
        pause = min(pause * 2, Self.longestPause)
        guard store.now < end else { return store.record("webhook-given-up", [("request_id", .string(run))]) }
      }
      count += 1
      if await attempt(count) { return }
    }
  }
}
