internal import KeepModel

/// What the service says of a run: status, result, cancel, and the body of a webhook.
struct RunAnswers {
  let store: SimulatorStore
  private var wording: ServiceWording { ServiceWording(store: store) }

  /// The addresses of a run's endpoints.
  func addresses(of run: SimulatedRun, version: String) -> [(String, JSONValue)] {
    let api = store.withState { $0.addresses.api }
    let base = "\(api)/prod/\(version)/deployments/\(run.deployment)/requests/\(run.id)"
    return [
      ("request_id", .string(run.id)), ("status_url", .string("\(base)/status")),
      ("result_url", .string("\(base)/result")), ("cancel_url", .string("\(base)/cancel")),
    ]
  }

  // MARK: - Status

  func status(of run: SimulatedRun, version: String) -> Reply {
    if let status = store.value(of: .errorStatus).flatMap({ Int($0) }) { return .gateway(status) }
    if store.isExpired(run) { return expired(run) }
    let phase = phaseToTell(run)
    var object = JSONObject()
    object["status"] = .string(
      store.value(of: .statusWord).map { $0.isEmpty ? "warming_up" : $0 } ?? word(phase))
    object["queue_position"] = phase == .queued ? .integer(store.queuePosition(of: run)) : .null
    for (key, value) in addresses(of: run, version: version) where key != "cancel_url" { object[key] = value }
    if phase != .queued, run.schedule.warmAt <= store.now { object["instance_id"] = .string(run.instanceID) }
    let body = wording.shaped(object, needed: ["status"])
    if let name = store.value(of: .garbageStatus) { return .garbage(name, instead: body) }
    if store.strikes(.duplicateKeys) {
      let text = Array(#"{"status":"failed","status":"\#(word(phase))"}"#.utf8)
      return Reply(status: 200, headers: [("Content-Type", "application/json")], body: .bytes(text))
    }
    return .json(body)
  }

  private func phaseToTell(_ run: SimulatedRun) -> SimulatedRun.Phase {
    let phase = run.phase(at: store.now)
    switch phase {
    case .finished where store.strikes(.statusStuck): return .running
    case .finished where store.strikes(.statusGoesBack): return .running
    case .running where store.strikes(.statusGoesBack): return .finished
    default: return phase
    }
  }

  private func word(_ phase: SimulatedRun.Phase) -> String {
    switch phase {
    case .queued: "in_queue"
    case .running: "in_progress"
    case .finished: "completed"
    case .canceled: wording.canceled
    }
  }

  private func expired(_ run: SimulatedRun) -> Reply {
    wording.refusal(Refusal(status: 404, code: 404001, message: "Request \(run.id) not found or expired"))
  }

  // MARK: - Result

  func result(of run: SimulatedRun) -> Reply {
    if let status = store.value(of: .errorResult).flatMap({ Int($0) }) { return .gateway(status) }
    let phase = run.phase(at: store.now)
    if store.isExpired(run) || phase == .finished && store.strikes(.expired) { return expired(run) }
    let body = wording.shaped(resultBody(of: run, phase), needed: ["status", "outputs", "output", "error"])
    return store.value(of: .garbageResult).map { .garbage($0, instead: body) } ?? .json(body)
  }

  /// What the result says; also the heart of a webhook's body, which never lags.
  func resultBody(of run: SimulatedRun, _ phase: SimulatedRun.Phase, mayLag: Bool = true) -> JSONObject {
    var object = JSONObject()
    object["request_id"] = .string(run.id)
    object["created_at"] = .string(wording.time(run.schedule.createdAt))
    guard phase == .finished, let ending = run.ending, !(mayLag && lags(run)) else {
      object["status"] = .string(phase == .finished ? "in_progress" : word(phase))
      if phase == .canceled { object["finished_at"] = .string(wording.time(run.endedAt)) }
      return object
    }
    object["finished_at"] = .string(wording.time(run.endedAt))
    object["instance_id"] = .string(run.instanceID)
    switch ending {
    case .failed(let failure):
      object["status"] = "failed"
      object["error"] = wording.failure(failure)
    case .succeeded(let products):
      object["status"] = "succeeded"
      object[store.strikes(.outputKey) ? "output" : "outputs"] = .object(
        JSONObject(
          products.map { product in
            .init(key: product.node, value: product.document(address: store.signedAddress))
          }))
    }
    return object
  }

  private func lags(_ run: SimulatedRun) -> Bool {
    store.withState { state in
      guard let left = state.runs[run.id]?.variation.resultLag, left > 0 else { return false }
      state.runs[run.id]?.variation.resultLag = left - 1
      return true
    }
  }

  // MARK: - Cancel

  func cancel(_ run: SimulatedRun) -> Reply {
    let now = store.now
    let isCanceled = store.withState { state in
      guard let run = state.runs[run.id], run.canceledAt == nil, run.phase(at: now) != .finished
      else { return false }
      state.runs[run.id]?.canceledAt = now
      state.runs[run.id]?.submission = nil
      return true
    }
    store.record("cancel", [("request_id", .string(run.id)), ("canceled", .bool(isCanceled))])
    var object = JSONObject()
    object["request_id"] = .string(run.id)
    if store.value(of: .cancelShape) == "B" {
      object["status"] = "completed"
      object["outcome"] = .string(isCanceled ? wording.canceled : "not_cancellable")
    } else {
      object["status"] = isCanceled ? "cancellation_requested" : "not_cancellable"
    }
    return .json(202, .object(object))
  }
}
