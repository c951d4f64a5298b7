internal import KeepModel

/// How the service spells what it says, faults of wording included.
struct ServiceWording {
  let store: SimulatorStore

  /// `2026-11-22T21:00:22.446702`, with `+00:00` where asked for.
  func time(_ moment: Timestamp) -> String {
    let micro = String(1000 + (moment.milliseconds &* 7919) % 1000).suffix(3)
    let naive = String(moment.description.dropLast(6)) + micro
    return store.strikes(.zonedTimestamps) ? naive + "+00:00" : naive
  }

  var canceled: String { store.strikes(.canceledWord) ? "canceled" : "cancelled" }

  /// A refusal as the service words it.
  func refusal(_ refusal: Refusal) -> Reply {
    var body = JSONObject()
    body["error_code"] = .integer(refusal.code)
    body["error_message"] = .string(refusal.message)
    if !refusal.detail.isEmpty { body["detail"] = .array(refusal.detail) }
    return .json(store.strikes(.errorsAs200) ? 200 : refusal.status, .object(body))
  }

  /// The `error` of a failed run, in the shape asked for.
  func failure(_ failure: RunFailureText) -> JSONValue {
    let place = failure.node.map { "node \($0) (\(failure.classType ?? "?"))" } ?? "the prompt"
    let trace = "Traceback (most recent call last):\n  \(place)\n\(failure.exception): \(failure.message)\n"
    switch store.value(of: .errorShape) {
    case "string": return .string("\(failure.exception): \(failure.message)")
    case "object":
      return [
        "error": .string(failure.message), "details": .string(place), "debugInfo": .string(trace),
        "errorCode": 50001,
      ]
    case "type": return ["type": .string(failure.exception), "message": .string(failure.message)]
    case "execution":
      return [
        "node_id": .optional(failure.node), "node_type": .optional(failure.classType),
        "exception_type": .string(failure.exception), "exception_message": .string(failure.message),
        "traceback": .array([.string(trace)]),
      ]
    default:
      return [["errorCode": 50001, "error": .string(failure.message), "debugInfo": .string(trace)]]
    }
  }

  /// An answer without what may be absent, or with more than was documented.
  func shaped(_ object: JSONObject, needed: [String]) -> JSONValue {
    var object = object
    if store.strikes(.missingFields) {
      for key in object.keys where !needed.contains(key) { object[key] = nil }
    }
    if store.strikes(.extraFields) {
      object["log_url"] = "https://cdn.example.invalid/logs/comfyui.txt"
      object["x_future"] = ["nested": [1, "two", .null]]
    }
    return .object(object)
  }
}
