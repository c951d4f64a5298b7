import KeepModel
import SystemPackage

/// How the value of a key is written: what an editor checks, and how it is read.
struct RecipeForm<Value: Sendable>: Sendable {
  /// The JSON Schema of the value.
  let schema: JSONValue
  /// Reads a value; `nil` where something is wrong, which is recorded.
  let read: @Sendable (RecipeNode, inout RecipeReading) -> Value?

  /// A form that reads a text, plain or quoted.
  fileprivate init(
    text wanted: String, schema: JSONValue = ["type": "string"],
    _ parse: @escaping @Sendable (String, RecipeReading) -> Value?
  ) {
    self.init(schema: schema) { node, reading in
      guard let text = node.text, !text.isEmpty, let value = parse(text, reading) else {
        return reading.refuse(node, wanted)
      }
      return value
    }
  }

  init(
    schema: JSONValue, read: @escaping @Sendable (RecipeNode, inout RecipeReading) -> Value?
  ) {
    self.schema = schema
    self.read = read
  }
}

extension RecipeForm where Value == String {
  /// Any text but an empty one.
  static var text: Self { Self(text: "a text") { text, _ in text } }

  /// A text that may hold a secret by mistake, and is never shown.
  static var secretive: Self {
    Self(schema: ["type": "string"]) { node, reading in
      guard let text = node.text, !text.isEmpty else {
        return reading.refuse(node.place, "\(reading.key) takes a text, found \(node.kind)")
      }
      return text
    }
  }

  /// The name of an environment variable. What is found instead may be the secret itself, and is never shown.
  static var variable: Self {
    Self(schema: ["type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"]) { node, reading in
      guard let text = node.text, RecipeForm.isVariable(text) else {
        return reading.refuse(
          node.place, "\(reading.key) takes the name of an environment variable, found something else",
          hint: "export the secret in a variable and write the variable's name here")
      }
      return text
    }
  }

  fileprivate static func isVariable(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.first.map { !(0x30...0x39).contains($0) } == true
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
      }
  }
}

extension RecipeForm where Value == Bool {
  /// `true` or `false`, and nothing else.
  static var flag: Self {
    Self(schema: ["type": "boolean"]) { node, reading in
      switch node.content {
      case .scalar("true", isPlain: true): true
      case .scalar("false", isPlain: true): false
      default: reading.refuse(node, "true or false")
      }
    }
  }

  /// `include` or `omit`.
  static var inclusion: Self {
    Self(text: "include or omit", schema: ["enum": ["include", "omit"]]) { text, _ in
      ["include": true, "omit": false][text]
    }
  }
}

extension RecipeForm where Value == Int {
  /// A whole number in a range.
  static func count(_ range: ClosedRange<Int>) -> Self {
    let end = range.upperBound == .max ? "" : " to \(range.upperBound)"
    let wanted =
      range.lowerBound == range.upperBound
      ? "\(range.lowerBound)" : "a whole number from \(range.lowerBound)\(end)"
    let upper: [(String, JSONValue)] =
      range.upperBound == .max ? [] : [("maximum", .integer(range.upperBound))]
    let members: [(String, JSONValue)] =
      [("type", "integer"), ("minimum", .integer(range.lowerBound))] + upper
    let schema = JSONValue.object(JSONObject(members.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    return Self(text: wanted, schema: schema) { text, _ in
      JSONNumber(text)?.signed.map(Int.init).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension RecipeForm where Value == ByteCount {
  /// `10MB`, `64MiB` or a number of bytes.
  static var size: Self {
    Self(
      text: "a size such as 10MB, 64MiB or a number of bytes",
      schema: [
        "type": ["string", "integer"], "minimum": 0,
        "pattern": "^[0-9]+(\\.[0-9]+)? ?([kKmMgG][iI]?)?[bB]?$",
      ]
    ) { text, _ in ByteCount(sizeText: text) }
  }
}

extension RecipeForm where Value == Balance {
  /// `5`, `12.50` or `0.000001`, in US dollars.
  static var dollars: Self {
    Self(
      text: "an amount of US dollars such as 5 or 12.50",
      schema: ["type": ["string", "number"], "minimum": 0, "pattern": "^[0-9]+(\\.[0-9]{1,6})?$"]
    ) { text, _ in Balance(dollars: text) }
  }
}

extension RecipeForm where Value == Duration {
  /// `500ms`, `90s`, `30m`, `2h` or `7d`.
  static var time: Self {
    Self(
      text: "a length of time such as 500ms, 90s, 30m, 2h or 7d",
      schema: ["type": ["string", "number"], "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)?$"]
    ) { text, _ in Duration(timeText: text).flatMap { $0 > .zero ? $0 : nil } }
  }
}

extension RecipeForm where Value == HTTPURL {
  /// An http or https URL. It may hold a secret, and is never shown.
  static var url: Self {
    Self(schema: ["type": "string", "format": "uri"]) { node, reading in
      guard let text = node.text, let url = HTTPURL(text) else {
        return reading.refuse(node.place, "\(reading.key) takes an http or https URL without a login in it")
      }
      return url
    }
  }
}

extension RecipeForm where Value == FilePath {
  /// A path, relative to the recipe's folder; `~/` is the user's own.
  static var path: Self { Self(text: "a path") { text, reading in reading.path(text) } }

  /// A path that is no URL.
  static var folder: Self {
    Self(schema: ["type": "string"]) { node, reading in
      guard node.text?.contains("://") != true else {
        return reading.refuse(
          node.place, "\(reading.key) takes a folder, found a URL",
          hint: "a store of objects is named by archive_store: {to: s3://BUCKET/PREFIX}")
      }
      return path.read(node, &reading)
    }
  }
}

extension RecipeForm where Value == [FilePath] {
  /// One path or a list of them.
  static var paths: Self {
    Self(schema: ["type": ["string", "array"], "items": ["type": "string"], "minItems": 1]) { node, reading in
      RecipeForm<[String]>.texts.read(node, &reading)?.map { reading.path($0) }
    }
  }
}

extension RecipeForm where Value == [String] {
  /// One text or a list of them.
  static var texts: Self {
    Self(schema: ["type": ["string", "array"], "items": ["type": "string"], "minItems": 1]) { node, reading in
      guard case .list(let items) = node.content else {
        guard let text = node.text, !text.isEmpty else {
          return reading.refuse(node, "a text or a list of texts")
        }
        return [text]
      }
      // Nothing in a list could let a run without files pass for one that was meant.
      guard !items.isEmpty else { return reading.refuse(node.place, "\(reading.key) is an empty list") }
      var texts: [String] = []
      for item in items {
        guard let text = item.text, !text.isEmpty else { return reading.refuse(item, "a text") }
        texts.append(text)
      }
      return texts
    }
  }

  /// A program and its arguments: a list, or a text whose words are parted by spaces.
  static var words: Self {
    Self(schema: ["type": ["string", "array"], "items": ["type": "string"], "minItems": 1]) { node, reading in
      if let text = node.text { return text.split(separator: " ").map(String.init) }
      return texts.read(node, &reading)
    }
  }
}

extension RecipeForm where Value == [HostPattern] {
  /// One host or a list of them.
  static var hosts: Self {
    Self(schema: RecipeForm<[String]>.texts.schema) { node, reading in
      guard let texts = RecipeForm<[String]>.texts.read(node, &reading) else { return nil }
      let hosts = texts.compactMap(HostPattern.init)
      guard hosts.count == texts.count else {
        return reading.refuse(
          node, "hosts such as cdn.example.com or '*.example.com', without scheme and port")
      }
      return hosts
    }
  }
}

extension RecipeForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of a few words.
  static var choice: Self {
    let words = Value.allCases.map(\.rawValue)
    let wanted = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    return Self(text: wanted, schema: ["enum": .array(words.map(JSONValue.string))]) { text, _ in
      Value(rawValue: text)
    }
  }
}

extension RecipeForm where Value == [MediaKind: ByteCount] {
  /// Kinds of media with a size each.
  static var sizesByKind: Self {
    let kinds = MediaKind.allCases.filter { ![.text, .other].contains($0) }
    let members = kinds.map { JSONObject.Member(key: $0.rawValue, value: RecipeForm<ByteCount>.size.schema) }
    return Self(
      schema: ["type": "object", "properties": .object(JSONObject(members)), "additionalProperties": false]
    ) { node, reading in
      guard case .mapping(let entries) = node.content else {
        return reading.refuse(node, "a mapping such as {image: 50MB}")
      }
      var sizes: [MediaKind: ByteCount] = [:]
      for entry in entries {
        guard let kind = kinds.first(where: { $0.rawValue == entry.key }) else {
          let known = kinds.map(\.rawValue).joined(separator: ", ")
          let _: Void? = reading.refuse(
            entry.place, "\(RecipeFinding.quoted(entry.key)) is no kind of media; there are \(known)")
          continue
        }
        sizes[kind] = RecipeForm<ByteCount>.size.read(entry.value, &reading)
      }
      return sizes
    }
  }
}

extension RecipeForm where Value == [RecipeUpload.Header] {
  /// Names of headers, each with `{env: NAME}`.
  static var headers: Self {
    Self(
      schema: [
        "type": "object",
        "additionalProperties": [
          "type": "object", "properties": ["env": RecipeForm<String>.variable.schema], "required": ["env"],
          "additionalProperties": false,
        ],
      ]
    ) { node, reading in
      guard case .mapping(let entries) = node.content else {
        return reading.refuse(
          node.place, "\(reading.key) takes a mapping such as {X-Key: {env: NAME}}, found \(node.kind)")
      }
      var headers: [RecipeUpload.Header] = []
      for entry in entries {
        guard case .mapping(let members) = entry.value.content, members.count == 1, members[0].key == "env"
        else {
          let _: Void? = reading.refuse(
            entry.value.place, "a header's value may be a secret, which does not stand in a recipe",
            hint: "export it in an environment variable and write {env: NAME}")
          continue
        }
        guard let name = RecipeForm<String>.variable.read(members[0].value, &reading) else { continue }
        headers.append(RecipeUpload.Header(name: entry.key, variable: name))
      }
      return headers
    }
  }
}
