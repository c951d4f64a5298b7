import KeepModel

/// One value of a recipe's text, with its place.
struct RecipeNode {
  /// What it is.
  enum Content {
    /// A text as it stands there; `isPlain` where it has no quotes and is no block.
    case scalar(String, isPlain: Bool)
    case list([RecipeNode])
    case mapping([Entry])
  }

  /// One key with its value.
  struct Entry {
    let key: String
    let place: RecipePlace
    let value: RecipeNode
  }

  let content: Content
  let place: RecipePlace

  /// More levels than this are refused.
  static let maximumDepth = 32

  /// The text of a scalar.
  var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

  /// Whether nothing at all is written there.
  var isMissing: Bool { if case .scalar("", isPlain: true) = content { true } else { false } }

  /// `a list`, for what is wrong with it.
  var kind: String {
    switch content {
    case .scalar("", isPlain: true): "nothing"
    case .scalar: "a text"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }

  /// The value as JSON: plain numbers keep their digits, plain `true`, `false` and `null` are themselves, and
  /// everything else stays the text that is written.
  var json: JSONValue {
    switch content {
    case .list(let items): return .array(items.map(\.json))
    case .mapping(let entries):
      return .object(JSONObject(entries.map { JSONObject.Member(key: $0.key, value: $0.value.json) }))
    case .scalar(let text, isPlain: false): return .string(text)
    case .scalar("true", _): return .bool(true)
    case .scalar("false", _): return .bool(false)
    case .scalar("null", _), .scalar("~", _), .scalar("", _): return .null
    case .scalar(let text, _): return JSONNumber(text).map(JSONValue.number) ?? .string(text)
    }
  }
}
