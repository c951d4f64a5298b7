internal import KeepModel

/// A run's error records as a person reads them, in whichever shape the service gave them.
struct RunErrorText: Sendable, Equatable {
  /// One error.
  struct Entry: Sendable, Equatable {
    /// What the service said.
    var message: String
    /// Its code or type.
    var code: String?
    /// Debug text or a traceback.
    var details: String?
  }

  let entries: [Entry]

  init(_ run: Manifest.Run) { entries = run.errors.map(Self.entry) }

  /// The messages, one a line.
  var text: String { entries.map(\.message).joined(separator: "\n") }

  private static func entry(_ json: JSONValue) -> Entry {
    let inner = json["error"]?.object.map(JSONValue.object) ?? json
    let known = ["error_message", "message", "error", "exception_message", "detail", "details"]
    let message = known.lazy.compactMap { text(inner[$0]) }.first
    let details = ["debugInfo", "details", "traceback"].lazy.compactMap { text(inner[$0]) }
      .first { !$0.utf8.elementsEqual((message ?? "").utf8) }
    return Entry(
      message: message ?? text(json) ?? String(decoding: CanonicalJSON.compact(json), as: UTF8.self),
      code: ["errorCode", "error_code", "code", "type", "exception_type"].lazy
        .compactMap { text(inner[$0]) }.first,
      details: details)
  }

  /// A text, a number's digits, or the lines of a list of texts.
  private static func text(_ json: JSONValue?) -> String? {
    switch json {
    case .string(let text): text.isEmpty ? nil : text
    case .number(let number): number.text
    case .array(let items):
      items.isEmpty || items.contains { $0.string == nil }
        ? nil : items.compactMap(\.string).joined()
    default: nil
    }
  }
}
