public import KeepModel

/// The form of a recipe as a JSON Schema (draft 7), for editors that complete and check; made from the one list of
/// keys. A comment names the flag that sets the same.
public enum RecipeSchema {
  /// The schema.
  public static var json: JSONValue {
    object(
      members(under: ""),
      [
        ("$schema", "http://json-schema.org/draft-07/schema#"),
        ("title", "comfykeep recipe"),
        ("description", "How assets become submissions. Paths are relative to the recipe's file."),
      ])
  }

  private static func members(under prefix: String) -> JSONObject {
    var members = JSONObject()
    for key in RecipeKey.all where key.path.hasPrefix(prefix) {
      let parts = key.path.dropFirst(prefix.count).split(separator: ".")
      let name = String(parts[0])
      guard members[name] == nil else { continue }
      members[name] = parts.count == 1 ? property(key) : mapping(prefix + name)
    }
    return members
  }

  private static func mapping(_ path: String) -> JSONValue {
    let whole = object(members(under: path + "."), [])
    return path == "upload" ? ["anyOf": [["type": "string"], whole]] : whole
  }

  private static func property(_ key: RecipeKey) -> JSONValue {
    var property = key.schema.object ?? JSONObject()
    property["description"] = .string(key.summary)
    if let standard = key.standard { property["default"] = standard }
    if let flag = key.flag { property["$comment"] = .string(flag) }
    return .object(property)
  }

  private static func object(_ members: JSONObject, _ head: [(String, JSONValue)]) -> JSONValue {
    var object = JSONObject()
    for (key, value) in head { object[key] = value }
    object["type"] = "object"
    object["properties"] = .object(members)
    object["additionalProperties"] = false
    return .object(object)
  }
}
