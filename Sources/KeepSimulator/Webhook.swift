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

/// Calls back for one run: each status in its time, the first time in order; what fails is tried again beside that.
struct WebhookDelivery: Sendable {
  let store: SimulatorStore
  let run: String
  let webhook: Webhook

  /// Delivers all that is to be told, until it was taken or a day has passed.
  func deliver() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      let isReordered = store.strikes(.webhookReordered)
      var held: [(run: SimulatedRun, phase: SimulatedRun.Phase)] = []
      let awaited: [SimulatedRun.Phase] =
        webhook.isIntermediate ? [.queued, .running, .finished] : [.finished]
      for awaited in awaited {
        guard let (run, phase) = try await reached(awaited) else { return }
        if isReordered, phase == .queued || phase == .running {
          held.append((run, phase))
        } else {
          try await send(run, phase, in: &group)
        }
        if phase == .canceled { break }
      }
      for (run, phase) in held.reversed() { try await send(run, phase, in: &group) }
    }
  }

  /// The run once it is as far as this, or canceled, with the phase to be told.
  private func reached(
    _ awaited: SimulatedRun.Phase
  ) async throws -> (run: SimulatedRun, phase: SimulatedRun.Phase)? {
    while let run = store.withState({ $0.runs[run] }) {
      let phase = run.phase(at: store.now)
      switch (awaited, phase) {
      case (_, .canceled): return (run, .canceled)
      case (.queued, _), (.running, .running), (.running, .finished), (.finished, .finished):
        return (run, awaited)
      default: try await store.configuration.clock.wait(until: store.now.advanced(by: .milliseconds(10)))
      }
    }
    return nil
  }

  private func send(
    _ run: SimulatedRun, _ phase: SimulatedRun.Phase, in group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    if store.strikes(.webhookLost) {
      return store.record(
        "webhook-lost", [("request_id", .string(run.id)), ("url", .string(webhook.url.description))])
    }
    let copies = store.value(of: .webhookDuplicate).flatMap { Int($0) } ?? 1
    let message = WebhookMessage(
      store: store, run: run.id, url: webhook.url, body: WireJSON.encode(document(run, phase)))
    if let seconds = store.value(of: .webhookLate).flatMap({ Int($0) }) {
      let moment = store.now.advanced(by: .seconds(seconds))
      for _ in 0..<copies {
        group.addTask {
          try await store.configuration.clock.wait(until: moment)
          try await message.deliver()
        }
      }
      return
    }
    for _ in 1..<copies { group.addTask { try await message.deliver() } }
    if await !message.attempt(1) { group.addTask { try await message.deliver(after: 1) } }
  }

  private func document(_ run: SimulatedRun, _ phase: SimulatedRun.Phase) -> JSONValue {
    var object = RunAnswers(store: store).resultBody(of: run, phase, mayLag: false)
    object["deployment_id"] = .string(run.deployment.rawValue)
    switch store.value(of: .webhookShape) {
    case "output":
      object["output"] = object["outputs"]
      object["outputs"] = nil
    case "outcome":
      object["outcome"] = object["status"]
      object["status"] = phase == .queued || phase == .running ? object["status"] : "completed"
    default: break
    }
    return .object(object)
  }
}
