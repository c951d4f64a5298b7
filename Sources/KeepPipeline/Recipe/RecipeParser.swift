import KeepModel
internal import Yams

/// Reads YAML, of which JSON is a part, into nodes with their places.
///
/// What YAML 1.1 makes of plain texts (`no`, `012`, `1:30`, dates) is left alone: a text is what is written. Tags,
/// anchors and aliases are refused, and so are keys that are named twice and a second document.
struct RecipeParser {
  private(set) var findings: [RecipeFinding] = []
  /// Keys that were given another name so that the rest can be read, by their places.
  private var renamed: [RecipePlace: String] = [:]
  private static let maximumRenamed = 64

  /// The file's value; `nil` where it cannot be read, or nothing is there. ``findings`` says what is wrong.
  mutating func root(of text: RecipeText) -> RecipeNode? {
    var source = text.text
    while true {
      do {
        let parser = try Parser(yaml: source, resolver: .basic, constructor: .default, encoding: .utf8)
        // Anchors are known as long as their parser is.
        return try withExtendedLifetime(parser) {
          guard let root = try parser.singleRoot() else { return nil }
          return try node(root, depth: 1)
        }
      } catch let finding as RecipeFinding {
        findings.append(finding)
        return nil
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let place = RecipePlace(context.mark)
        let name = Unicode.Scalar(0xE000 + UInt32(renamed.count)) ?? "?"
        guard let key = keys.first, renamed.count < Self.maximumRenamed,
          let changed = RecipeRenaming(source).renaming(at: place, to: name)
        else {
          findings.append(RecipeFinding(place, "a key is named twice"))
          return nil
        }
        renamed[place] = key
        source = changed
      } catch {
        findings.append(Self.finding(error, in: source))
        return nil
      }
    }
  }

  private mutating func node(_ node: Node, depth: Int) throws(RecipeFinding) -> RecipeNode {
    let place = RecipePlace(node.mark)
    guard node.anchor == nil else {
      throw RecipeFinding(place, "anchors and aliases are not read in a recipe", hint: "write the value out")
    }
    guard depth <= RecipeNode.maximumDepth else {
      throw RecipeFinding(place, "is nested more than \(RecipeNode.maximumDepth) levels deep")
    }
    switch node {
    case .scalar(let scalar):
      try Self.check(scalar.tag, [.implicit, "tag:yaml.org,2002:str"], place)
      return RecipeNode(content: .scalar(scalar.string, isPlain: scalar.style == .plain), place: place)
    case .sequence(let sequence):
      try Self.check(sequence.tag, [.implicit], place)
      var items: [RecipeNode] = []
      for item in sequence { items.append(try self.node(item, depth: depth + 1)) }
      return RecipeNode(content: .list(items), place: place)
    case .mapping(let mapping):
      try Self.check(mapping.tag, [.implicit], place)
      return RecipeNode(content: .mapping(try entries(mapping, depth: depth)), place: place)
    case .alias:
      throw RecipeFinding(place, "anchors and aliases are not read in a recipe", hint: "write the value out")
    }
  }

  private mutating func entries(
    _ mapping: Node.Mapping, depth: Int
  ) throws(RecipeFinding) -> [RecipeNode.Entry] {
    var entries: [RecipeNode.Entry] = []
    var lines: [String: Int] = [:]
    for (key, value) in mapping {
      let place = RecipePlace(key.mark)
      guard case .scalar = key else {
        throw RecipeFinding(place, "a key is a text, not a list or a mapping")
      }
      let text = try node(key, depth: depth + 1).text ?? ""
      let name = renamed[place] ?? text
      let entry = RecipeNode.Entry(key: name, place: place, value: try node(value, depth: depth + 1))
      if let line = lines[name] {
        findings.append(
          RecipeFinding(place, "\(RecipeFinding.quoted(name)) is named twice, first in line \(line)"))
      } else {
        lines[name] = place.line
        entries.append(entry)
      }
    }
    return entries
  }

  private static func check(
    _ tag: Tag, _ allowed: [Tag], _ place: RecipePlace
  ) throws(RecipeFinding) {
    guard allowed.contains(tag) else {
      throw RecipeFinding(place, "tags such as !!str are not read in a recipe", hint: "put a text in quotes")
    }
  }
}

extension RecipePlace {
  fileprivate init(_ mark: Mark?) {
    self.init(line: max(mark?.line ?? 1, 1), column: max(mark?.column ?? 1, 1))
  }
}

extension RecipeParser {
  /// What libyaml said, in words for people.
  private static func finding(_ error: any Error, in source: String) -> RecipeFinding {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _)?, .parser(let context, let problem, let mark, _)?:
      // What never ends is told where it begins.
      let isOpen = problem.contains("unexpected end of stream") || problem.contains("document indicator")
      return finding(
        context?.text, problem, RecipePlace(isOpen ? context?.mark ?? mark : mark), in: source)
    case .composer(let context?, _, let mark, _)? where context.text.contains("single document"):
      return RecipeFinding(RecipePlace(mark), "a second document begins here; a recipe is one")
    case .composer(_, let problem, let mark, _)?:
      return RecipeFinding(RecipePlace(mark), "is not YAML: \(problem)")
    case .memory?: return RecipeFinding(nil, "is nested too deeply")
    default: return RecipeFinding(nil, "is not YAML")
    }
  }

  private static func finding(
    _ context: String?, _ problem: String, _ place: RecipePlace, in source: String
  ) -> RecipeFinding {
    if let mark = RecipeRenaming(source).scalar(at: place), problem.contains("cannot start any token") {
      guard mark != "\t" else {
        return RecipeFinding(place, "a tab stands where YAML takes spaces alone", hint: "indent with spaces")
      }
      return RecipeFinding(
        place, "is not YAML: a text cannot begin with \(mark)", hint: "put the text in quotes")
    }
    let hint =
      problem.contains("mapping values are not allowed")
      ? "put a text that holds \": \" in quotes, and give every key of a mapping the same indentation" : nil
    return RecipeFinding(
      place, "is not YAML: " + [context, problem].compactMap { $0 }.joined(separator: ", "), hint: hint)
  }
}

/// Gives a key another name of the same length, so that everything behind it keeps its place.
private struct RecipeRenaming {
  private let scalars: [Unicode.Scalar]

  init(_ source: String) { self.scalars = Array(source.unicodeScalars) }

  /// The scalar at a place.
  func scalar(at place: RecipePlace) -> Unicode.Scalar? {
    index(of: place).map { scalars[$0] }
  }

  /// The text with the key at a place renamed; `nil` for a key that is neither plain nor quoted.
  func renaming(at place: RecipePlace, to name: Unicode.Scalar) -> String? {
    guard let start = index(of: place) else { return nil }
    let quote = scalars[start]
    guard quote == "\"" || quote == "'" else {
      guard !"!&*[{|>?".unicodeScalars.contains(quote) else { return nil }
      // A plain key ends before its colon; the blanks before that are not part of it.
      let end = scalars[start...].indices.first { index in
        let isLast = index + 1 == scalars.count || " \t\r\n,[]{}".unicodeScalars.contains(scalars[index + 1])
        return scalars[index] == ":" && isLast
      }
      guard let end, let last = scalars[start..<end].lastIndex(where: { $0 != " " && $0 != "\t" }) else {
        return nil
      }
      return replacing(start...last, by: name)
    }
    var index = start + 1
    while index < scalars.count, scalars[index] != quote {
      index += quote == "\"" && scalars[index] == "\\" ? 2 : 1
    }
    return index <= scalars.count && index > start + 1 ? replacing(start + 1...index - 1, by: name) : nil
  }

  /// The text with other scalars there; `nil` where they would take the end of a line with them.
  private func replacing(_ range: ClosedRange<Int>, by name: Unicode.Scalar) -> String? {
    guard !scalars[range].contains(where: { $0 == "\n" || $0 == "\r" }) else { return nil }
    var view = String.UnicodeScalarView(scalars[..<range.lowerBound])
    view.append(contentsOf: repeatElement(name, count: range.count))
    view.append(contentsOf: scalars[(range.upperBound + 1)...])
    return String(view)
  }

  private func index(of place: RecipePlace) -> Int? {
    var cursor = RecipeCursor()
    for (index, scalar) in scalars.enumerated() {
      if cursor.place == place { return index }
      cursor.advance(over: scalar)
    }
    return nil
  }
}
