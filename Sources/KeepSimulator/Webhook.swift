internal import KeepModel

/// Where a submission wants to be called back.
struct Webhook: Sendable {
  let url: HTTPURL
  /// Whether `in_queue` and `in_progress` are told as well.
  let isIntermediate: Bool

  /// Reads the query, else the body (the legacy place); `nil` if there is none.
  ///
  /// - Throws: ``Refusal`` with code 422001 for an address that is none.
  init?(_ call: Call, _ body: JSONValue) throws(Refusal) {
    guard let address = call.values("webhook").first ?? body["webhook"]?.string else { return nil }
    guard let url = HTTPURL(address) else {
      throw .invalid([Refusal.entry(["query", "webhook"], "invalid or missing URL", "value_error.url")])
    }
    self.url = url
    let flag = call.values("webhook_intermediate_status").first
    self.isIntermediate =
      flag.map { $0 == "true" || $0 == "1" } ?? (body["webhook_intermediate_status"]?.bool == true)
  }
}

/// Calls back for one run: each status in its time, retried a few times until the answer is 2xx.
struct WebhookDelivery: Sendable {
  let store: SimulatorStore
  let run: String
  let webhook: Webhook

  private static let maximumAttempts = 6

  /// Delivers all that is to be told, in order, until the run has ended.
  func deliver() async throws {
    let clock = store.configuration.clock
    guard let first = store.withState({ $0.runs[run] }) else { return }
    if webhook.isIntermediate {
      try await send(first, .queued)
      try await clock.wait(until: first.schedule.startsAt)
      if let run = store.withState({ $0.runs[run] }), run.canceledAt == nil { try await send(run, .running) }
    }
    while true {
      guard let run = store.withState({ $0.runs[run] }) else { return }
      let phase = run.phase(at: store.now)
      if phase == .finished || phase == .canceled { return try await send(run, phase) }
      try await clock.wait(until: store.now.advanced(by: .milliseconds(10)))
    }
  }

  private func send(_ run: SimulatedRun, _ phase: SimulatedRun.Phase) async throws {
    let body = WireJSON.encode(document(run, phase))
    for attempt in 1...Self.maximumAttempts {
      let status = await LoopbackPost(url: webhook.url, body: body).send()
      store.record(
        "webhook",
        [
          ("request_id", .string(run.id)), ("url", .string(webhook.url.description)),
          ("attempt", .integer(attempt)), ("answer", status.map { .integer($0) } ?? .null),
        ])
      if let status, (200...299).contains(status) { return }
      try await store.configuration.clock.pause(for: .milliseconds(100 << (attempt - 1)))
    }
  }

  private func document(_ run: SimulatedRun, _ phase: SimulatedRun.Phase) -> JSONValue {
    var run = run
    run.variation.resultLag = 0
    var object = RunAnswers(store: store).resultBody(of: run, phase)
    object["deployment_id"] = .string(run.deployment.rawValue)
    return .object(object)
  }
}
