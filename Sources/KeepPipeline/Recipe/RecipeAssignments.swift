import KeepModel
import SystemPackage

extension RecipeForm where Value == [Recipe.Assignment] {
  /// `NODE.INPUT` → `each`, a file, a folder whose files pair by stem, or an https URL.
  static var assets: Self {
    Self(schema: ["type": "object", "additionalProperties": ["type": "string"]]) { node, reading in
      assignments(node, &reading, of: "each, a file, a folder or an https URL") { value, reading in
        guard let text = value.text, !text.isEmpty else {
          return reading.refuse(value, "each, a file, a folder or an https URL")
        }
        guard text != "each" else { return .some(nil) }
        return .some(text.contains("://") ? text : reading.path(text).string)
      }
    }
  }

  /// `NODE.INPUT` → a value. A text stays as it is written; `{file: PATH}` reads one; lists and mappings become
  /// JSON.
  static var settings: Self {
    Self(schema: ["type": "object"]) { node, reading in
      assignments(node, &reading, of: "a value") { value, reading in
        switch value.content {
        case .scalar("", isPlain: true):
          return reading.refuse(value, "a value", hint: "write '' for an empty text, null for null")
        case .scalar(let text, _): return .some(text.hasPrefix("@") ? "@" + text : text)
        case .mapping(let entries) where entries.count == 1 && entries[0].key == "file":
          guard let text = entries[0].value.text, !text.isEmpty else {
            return reading.refuse(entries[0].value, "the path of a text file")
          }
          return .some("@" + reading.path(text).string)
        case .list, .mapping: return .some(compact(value.json))
        }
      }
    }
  }

  /// `NODE.INPUT` → a list of values, a text such as `1..4` or `random:3`, or `{file: PATH}` with one on each line.
  static var sweeps: Self {
    Self(
      schema: [
        "type": "object",
        "additionalProperties": ["type": ["string", "number", "array", "object"], "minItems": 1],
      ]
    ) { node, reading in
      assignments(node, &reading, of: "a list, or a text such as 1..4 or random:3") { value, reading in
        switch value.content {
        case .scalar(let text, _) where !text.isEmpty: return .some(text.hasPrefix("@") ? "@" + text : text)
        case .mapping(let entries) where entries.count == 1 && entries[0].key == "file":
          guard let text = entries[0].value.text, !text.isEmpty else {
            return reading.refuse(entries[0].value, "the path of a text file")
          }
          return .some("@" + reading.path(text).string)
        case .list(let items) where !items.isEmpty: return .some(compact(value.json))
        default: return reading.refuse(value, "a list of values, or a text such as 1..4 or random:3")
        }
      }
    }
  }

  private static func assignments(
    _ node: RecipeNode, _ reading: inout RecipeReading, of values: String,
    _ read: (RecipeNode, inout RecipeReading) -> String??
  ) -> [Recipe.Assignment]? {
    guard case .mapping(let entries) = node.content else {
      return reading.refuse(node, "a mapping of NODE.INPUT to \(values)")
    }
    var assignments: [Recipe.Assignment] = []
    for entry in entries {
      guard NodeInput(parsing: entry.key) != nil else {
        let _: Void? = reading.refuse(
          entry.place, "\(RecipeFinding.quoted(entry.key)) names no node input",
          hint: "write NODE.INPUT, such as 189.image or \"Load Image.image\"")
        continue
      }
      guard !entry.key.utf8.contains(UInt8(ascii: "=")) else {
        let _: Void? = reading.refuse(
          entry.place, "\(RecipeFinding.quoted(entry.key)) holds \"=\"", hint: "name the node by its id")
        continue
      }
      reading.key = entry.key
      guard let value = read(entry.value, &reading) else { continue }
      assignments.append(Recipe.Assignment(name: entry.key, value: value, place: entry.place))
    }
    return assignments.isEmpty ? nil : assignments
  }

  private static func compact(_ value: JSONValue) -> String {
    String(decoding: CanonicalJSON.compact(value), as: UTF8.self)
  }
}
