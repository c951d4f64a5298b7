/// An element of a small XML document, as S3 stores answer with: strict, bounded, and without a way to name anything
/// outside of itself.
///
/// Document types and entities other than the five of XML are refused, so nothing expands. Attributes and namespace
/// prefixes are read over; comments and processing instructions are skipped.
package struct XMLElement: Sendable, Equatable {
  /// The name without its prefix.
  package let name: String
  /// The text directly in it, without the blanks around it.
  package var text = ""
  /// The elements in it.
  package var children: [XMLElement] = []

  /// At most this much is read, nested this deep, with this many elements.
  package static let (sizeLimit, depthLimit, countLimit) = (4 << 20, 12, 60_000)

  /// Reads a document; `nil` for one that is broken, too large, or more than plain elements and text.
  package static func parse(_ bytes: [UInt8]) -> XMLElement? {
    guard bytes.count <= sizeLimit else { return nil }
    var scanner = XMLScanner(bytes)
    return scanner.document()
  }

  /// The first child of a name.
  subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

  /// All children of a name.
  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

private struct XMLScanner {
  private let bytes: [UInt8]
  private var place = 0
  private var count = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  mutating func document() -> XMLElement? {
    guard skipAside(), take("<"), let root = open() else { return nil }
    guard let whole = root.isEmpty ? root.element : content(of: root.element) else { return nil }
    return skipAside() && place == bytes.count ? whole : nil
  }

  /// Blanks, comments and processing instructions; `false` where one does not end.
  private mutating func skipAside() -> Bool {
    while true {
      skipBlanks()
      if starts("<?") {
        guard skip(past: "?>") else { return false }
      } else if starts("<!--") {
        guard skip(past: "-->") else { return false }
      } else {
        return true
      }
    }
  }

  /// What stands in an element, up to its end tag. Keeps its own stack: depth costs no stack of ours.
  private mutating func content(of root: XMLElement) -> XMLElement? {
    var stack = [(element: root, text: [UInt8]())]
    while var top = stack.popLast() {
      guard place < bytes.count else { return nil }
      if starts("</") {
        guard close(top.element.name), let text = String(validating: top.text, as: UTF8.self) else {
          return nil
        }
        top.element.text = Self.trimmed(text)
        guard var parent = stack.popLast() else { return top.element }
        parent.element.children.append(top.element)
        stack.append(parent)
      } else if starts("<![CDATA[") {
        place += 9
        let start = place
        guard skip(past: "]]>") else { return nil }
        top.text += bytes[start..<(place - 3)]
        stack.append(top)
      } else if starts("<!--") || starts("<?") {
        guard skip(past: starts("<?") ? "?>" : "-->") else { return nil }
        stack.append(top)
      } else if take("<") {
        guard stack.count + 1 < XMLElement.depthLimit, let child = open() else { return nil }
        if child.isEmpty { top.element.children.append(child.element) }
        stack.append(top)
        if !child.isEmpty { stack.append((child.element, [])) }
      } else {
        guard let character = character() else { return nil }
        top.text += character
        stack.append(top)
      }
    }
    return nil
  }

  /// The rest of a start tag.
  private mutating func open() -> (element: XMLElement, isEmpty: Bool)? {
    guard let name = name() else { return nil }
    count += 1
    guard count <= XMLElement.countLimit else { return nil }
    while true {
      let hadBlank = skipBlanks()
      if take(">") { return (XMLElement(name: name), false) }
      if starts("/>") {
        place += 2
        return (XMLElement(name: name), true)
      }
      guard hadBlank, attribute() else { return nil }
    }
  }

  private mutating func attribute() -> Bool {
    guard name() != nil else { return false }
    skipBlanks()
    guard take("=") else { return false }
    skipBlanks()
    guard let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return false }
    place += 1
    while let byte = current, byte != quote {
      guard byte != UInt8(ascii: "<") else { return false }
      place += 1
    }
    return take(String(Unicode.Scalar(quote)))
  }

  private mutating func close(_ expected: String) -> Bool {
    place += 2
    guard name() == expected else { return false }
    skipBlanks()
    return take(">")
  }

  /// A name without its prefix.
  private mutating func name() -> String? {
    let start = place
    while let byte = current, Self.isNameByte(byte) { place += 1 }
    let text = bytes[start..<place].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard let last = text.last, !text.contains(where: \.isEmpty), text.count <= 2, place - start <= 128 else {
      return nil
    }
    return String(decoding: last, as: UTF8.self)
  }

  /// One byte of text, or an entity's bytes.
  private mutating func character() -> [UInt8]? {
    guard let byte = current else { return nil }
    guard byte == UInt8(ascii: "&") else {
      place += 1
      let isText = byte >= 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
      return isText ? [byte] : nil
    }
    guard let end = bytes[place...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let entity = String(decoding: bytes[(place + 1)..<end], as: UTF8.self)
    place = end + 1
    return Self.meaning(of: entity).map { Array(String($0).utf8) }
  }

  private static func meaning(of entity: String) -> Unicode.Scalar? {
    switch entity {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard entity.hasPrefix("#") else { return nil }
      let digits = entity.dropFirst()
      let isHexadecimal = digits.hasPrefix("x")
      let plain = isHexadecimal ? digits.dropFirst() : digits
      guard plain.allSatisfy(\.isHexDigit), let value = UInt32(plain, radix: isHexadecimal ? 16 : 10) else {
        return nil
      }
      let isText = value >= 0x20 || value == 0x09 || value == 0x0A || value == 0x0D
      return isText ? Unicode.Scalar(value) : nil
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }

  private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

  private func starts(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

  private mutating func take(_ text: String) -> Bool {
    guard starts(text) else { return false }
    place += text.utf8.count
    return true
  }

  @discardableResult
  private mutating func skipBlanks() -> Bool {
    let start = place
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    return place > start
  }

  private mutating func skip(past text: String) -> Bool {
    let pattern = Array(text.utf8)
    while place + pattern.count <= bytes.count {
      if bytes[place] == pattern[0], starts(text) {
        place += pattern.count
        return true
      }
      place += 1
    }
    return false
  }

  private static func trimmed(_ text: String) -> String {
    let isBlank = { (scalar: Unicode.Scalar) in [" ", "\t", "\n", "\r"].contains(scalar) }
    var rest = text.unicodeScalars.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return String(rest)
  }
}
