/// A Swift file, read as far as the contract tests need: by lines.
struct SourceFile: Sendable {
  let path: String
  let lines: [String]

  init(path: String, text: String) {
    self.path = path
    self.lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// `KeepModel` of `Sources/KeepModel/Asset.swift`.
  var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }
  /// `Asset.swift`.
  var name: String { String(path.split(separator: "/").last ?? "") }
  /// Lines without the empty one that the final line feed makes.
  var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }

  /// The modules that are imported, `import struct A.B` counted as `A`.
  var imports: [String] {
    lines.compactMap { line in
      var words = line.split(separator: " ")
      let before: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
      while let word = words.first, word.hasPrefix("@") || before.contains(word) { words.removeFirst() }
      guard words.first == "import" else { return nil }
      words.removeFirst()
      let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
      ]
      if let word = words.first, kinds.contains(word) { words.removeFirst() }
      return words.first?.split(separator: ".").first.map(String.init)
    }
  }

  /// A line's number from 1 and its code, comments and one-line literals taken out.
  var code: [(number: Int, text: String)] {
    var isInsideText = false
    return lines.enumerated().compactMap { index, line in
      defer { if line.components(of: "\"\"\"") % 2 == 1 { isInsideText.toggle() } }
      return isInsideText ? nil : (index + 1, Self.code(of: line))
    }
  }

  private static func code(of line: String) -> String {
    var code = ""
    var isInsideText = false
    var previous: Character = " "
    for character in line {
      if character == "\"" && previous != "\\" { isInsideText.toggle() }
      if !isInsideText {
        if character == "/" && previous == "/" { return String(code.dropLast()) }
        code.append(character)
      }
      previous = previous == "\\" && character == "\\" ? " " : character
    }
    return code
  }

  /// Functions and initialisers with a body of their own, by the layout that swift-format gives: the
  /// closing brace stands under the first letter of the declaration.
  var functions: [(line: Int, length: Int)] {
    lines.indices.compactMap { start in
      guard Self.declaresFunction(lines[start]) else { return nil }
      let indent = String(lines[start].prefix { $0 == " " })
      guard let open = lines[start...].firstIndex(where: { $0.hasSuffix("{") }),
        lines[start..<open].dropFirst().allSatisfy({ Self.continues($0, indent) }),
        let close = lines[open...].firstIndex(of: indent + "}")
      else { return nil }
      return (start + 1, close - start + 1)
    }
  }

  private static func declaresFunction(_ line: String) -> Bool {
    let words = line.split(separator: " ").prefix(8)
    guard let word = words.first, !word.hasPrefix("//") else { return false }
    return words.contains { word in
      word == "func" || word == "deinit" || word.hasPrefix("init(") || word.hasPrefix("init?(")
        || word.hasPrefix("init<") || word.hasPrefix("subscript(")
    }
  }

  /// Whether a line still belongs to the declaration's head.
  private static func continues(_ line: String, _ indent: String) -> Bool {
    line.hasPrefix(indent + " ") || line.hasPrefix(indent + ")") || line == indent + "{"
  }
}

extension String {
  fileprivate func components(of mark: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: mark) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
