import KeepModel

/// What a person asks the watch for.
public enum DashboardAction: Sendable, Equatable {
  /// Submit nothing more, whatever comes; what runs goes on. The reason is shown.
  case pause(reason: String?)
  /// Go on.
  case resume
  /// Take a parked file again.
  case retry(arrival: Int64)
  /// Take all parked files again.
  case retryAll
}

/// Why what was asked for is nothing that can be done.
struct DashboardRefusal: Error, Equatable {
  let reason: String
}

extension DashboardAction {
  /// How long a reason may be, in bytes of UTF-8.
  static let longestReason = 400

  /// The paths that take one.
  static let paths: Set<String> = ["/pause", "/resume", "/retry"]

  /// Reads what was sent to a path.
  ///
  /// - Parameter body: One JSON object; nothing at all stands for an empty one.
  init(path: String, body: [UInt8]) throws(DashboardRefusal) {
    let object = try Self.object(body)
    switch path {
    case "/pause":
      try Self.check(object, ["reason"])
      self = .pause(reason: try Self.reason(object["reason"]))
    case "/resume":
      try Self.check(object, [])
      self = .resume
    case "/retry":
      try Self.check(object, ["arrival", "all"])
      self = try Self.retry(object["arrival"], object["all"])
    default: throw DashboardRefusal(reason: "nothing can be asked for here")
    }
  }

  private static func object(_ body: [UInt8]) throws(DashboardRefusal) -> JSONObject {
    if body.isEmpty { return JSONObject() }
    var options = JSONDocument.Options.strict
    (options.maximumDepth, options.maximumValues) = (4, 16)
    guard let object = (try? JSONDocument(parsing: body, options: options))?.value.object else {
      throw DashboardRefusal(reason: "the body is no JSON object")
    }
    return object
  }

  private static func check(_ object: JSONObject, _ known: Set<String>) throws(DashboardRefusal) {
    guard object.sortedMembers.allSatisfy({ known.contains($0.key) }) else {
      throw DashboardRefusal(
        reason: known.isEmpty
          ? "nothing is to be said here" : "only \(known.sorted().joined(separator: ", ")) may be said here")
    }
  }

  private static func reason(_ value: JSONValue?) throws(DashboardRefusal) -> String? {
    guard let value, !value.isNull else { return nil }
    guard let text = value.string?.trimmed, text.utf8.count <= longestReason else {
      throw DashboardRefusal(reason: "the reason is no text of at most \(longestReason) bytes")
    }
    let shown = DashboardText.visible(text)
    return shown.isEmpty ? nil : shown
  }

  private static func retry(
    _ arrival: JSONValue?, _ all: JSONValue?
  ) throws(DashboardRefusal) -> DashboardAction {
    if all == .bool(true), arrival == nil { return .retryAll }
    guard all == nil, let id = arrival?.number?.signed, id > 0 else {
      throw DashboardRefusal(reason: "an arrival's number is needed, or all")
    }
    return .retry(arrival: id)
  }
}
