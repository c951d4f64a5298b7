package import KeepModel

/// Brings the errors of a failed run, which have no fixed shape, into one.
package enum RunFailureReader {
  /// The errors in a value: a text, an object, or a list of either; at most 100.
  package static func failures(in error: JSONValue?) -> [RunFailure] {
    switch error {
    case nil, .null?, .bool(false)?: []
    case .string(let text)?: text.isEmpty ? [] : [RunFailure(message: text)]
    case .array(let items)?: Array(items.prefix(100).flatMap { failures(in: $0) }.prefix(100))
    case .object(let object)?: object.isEmpty ? [] : failures(of: object)
    case let other?: [RunFailure(message: compact(other))]
    }
  }

  private static func failures(of object: JSONObject) -> [RunFailure] {
    let nodes = nodeFailures(object["node_errors"])
    if let inner = object["error"], inner.object != nil || inner.array != nil {
      return failures(in: inner) + nodes
    }
    guard let message = first(object, messageKeys) else {
      return nodes.isEmpty ? [RunFailure(message: compact(.object(object)))] : nodes
    }
    let details = detailKeys.compactMap { key in
      message.key == key ? nil : object[key].flatMap(text)
    }
    let failure = RunFailure(
      code: first(object, codeKeys)?.text, message: message.text,
      details: details.isEmpty ? nil : details.joined(separator: "\n"))
    return [failure] + nodes
  }

  private static let messageKeys = [
    "error", "error_message", "errorMessage", "message", "exception_message", "msg", "detail",
    "details",
  ]
  private static let codeKeys = ["errorCode", "error_code", "code", "type", "exception_type"]
  private static let detailKeys = [
    "details", "detail", "debugInfo", "debug_info", "node_id", "node_type", "traceback",
  ]

  /// ComfyUI's validation errors: node id → `errors`, `class_type`.
  private static func nodeFailures(_ value: JSONValue?) -> [RunFailure] {
    (value?.object?.members ?? []).prefix(100).flatMap { member -> [RunFailure] in
      let place = "node \(member.key)\(member.value["class_type"]?.string.map { " (\($0))" } ?? "")"
      return failures(in: member.value["errors"]).map {
        RunFailure(code: $0.code, message: "\(place): \($0.message)", details: $0.details)
      }
    }
  }

  private static func first(_ object: JSONObject, _ keys: [String]) -> (key: String, text: String)? {
    for key in keys {
      if let text = object[key].flatMap(text) { return (key, text) }
    }
    return nil
  }

  /// The text of a value, lists by line; `nil` where there is nothing to say.
  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .null: nil
    case .string(let text): text.isEmpty ? nil : text
    case .number(let number): number.text
    case .array(let items):
      items.isEmpty ? nil : items.map { text($0) ?? "" }.joined(separator: "\n")
    case .bool, .object: compact(value)
    }
  }

  private static func compact(_ value: JSONValue) -> String {
    Excerpt.of(String(decoding: CanonicalJSON.compact(value), as: UTF8.self), limit: 4000)
  }
}
