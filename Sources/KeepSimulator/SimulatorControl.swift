internal import KeepModel

/// `/simulator/…` on the API's origin: what tests in another process need, for callers on this machine alone.
struct SimulatorControl {
  let store: SimulatorStore

  func reply(to call: Call) throws(Refusal) -> Reply {
    guard call.isFromLoopback else { return .json(403, ["detail": "only from this machine"]) }
    switch (call.method, call.path.last) {
    case ("POST", "clock"): return try moveClock(call)
    case ("POST", "faults"): return try setFaults(call)
    case ("POST", "balance"): return try setBalance(call)
    case ("GET", "state"): return .json(state)
    default: return .json(404, ["detail": "Not Found"])
    }
  }

  private func moveClock(_ call: Call) throws(Refusal) -> Reply {
    guard let seconds = Self.body(call)["advance_seconds"]?.number?.double, (0...1e10).contains(seconds)
    else {
      throw .invalid([Refusal.entry(["body", "advance_seconds"], "a number from 0 up", "value_error")])
    }
    store.configuration.clock.advance(by: .milliseconds(Int64(seconds * 1000)))
    return .json(state)
  }

  private func setFaults(_ call: Call) throws(Refusal) -> Reply {
    let body = Self.body(call)
    var faults: [ArmedFault] = []
    for text in body["arm"]?.array ?? [] {
      do throws(KeepError) {
        faults.append(try ArmedFault(parsing: text.string ?? ""))
      } catch {
        throw .invalid([Refusal.entry(["body", "arm"], error.description, "value_error")])
      }
    }
    let (isCleared, armed) = (body["clear"]?.bool == true, faults)
    store.withState { state in
      if isCleared { state.faults.clear() }
      state.faults.arm(armed)
    }
    return .json(state)
  }

  /// `{"usd": "12.50"}`.
  private func setBalance(_ call: Call) throws(Refusal) -> Reply {
    guard let balance = Self.body(call)["usd"]?.string.flatMap({ Balance(dollars: $0) }) else {
      throw .invalid([Refusal.entry(["body", "usd"], "a text such as 12.50", "value_error")])
    }
    store.withState { $0.balance = balance }
    return .json(state)
  }

  private var state: JSONValue {
    let now = store.now
    return store.withState { state in
      [
        "now": .string(now.description), "faults": .array(state.faults.description.map(JSONValue.string)),
        "balance_usd": .string(state.balance.dollars),
        "violations": .array(state.violations.map(JSONValue.string)),
        "submissions": .array(
          state.submissions.map { submission in
            .object(JSONObject(submission.logMembers.map { JSONObject.Member(key: $0.0, value: $0.1) }))
          }),
      ]
    }
  }

  private static func body(_ call: Call) -> JSONValue {
    // A body that is not JSON has none of the members that are asked for.
    (try? JSONDocument(parsing: call.body).value) ?? .null
  }
}
