internal import KeepModel

/// A piece of HTML. Text and attribute values are escaped on the way in, so what somebody else named can
/// never become markup.
package struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// The markup.
  package private(set) var source: String

  /// A literal is text, not markup; so is what is interpolated into it.
  package init(stringLiteral value: String) { self = .text(value) }

  private init(source: String) { self.source = source }

  /// Nothing.
  package static let empty = HTML(source: "")

  /// Text that shows as it is.
  package static func text(_ text: String) -> HTML { HTML(source: escaped(text)) }

  /// An element.
  package static func element(_ name: StaticString, _ children: HTML...) -> HTML {
    element(name, [:], joined(children))
  }

  /// An element with attributes in the order written, those without a value left out.
  package static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>, _ children: HTML...
  ) -> HTML {
    HTML(source: "\(opening(name, attributes))\(joined(children).source)</\(name)>")
  }

  /// An element that has no content, such as `img`.
  package static func void(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>) -> HTML {
    HTML(source: opening(name, attributes))
  }

  /// The page's one style sheet, which is ours and not escaped.
  package static func style(_ sheet: StaticString) -> HTML {
    HTML(source: "<style>\(sheet)</style>")
  }

  /// A page's script, which is ours and not escaped. It must not hold `</`.
  package static func script(_ script: StaticString) -> HTML {
    HTML(source: "<script>\(script)</script>")
  }

  /// How a page's security policy names a style sheet or script of ours: `'sha256-…'`.
  package static func policySource(of text: StaticString) -> String {
    let digits = Checksum(of: Array("\(text)".utf8)).hexadecimal.utf8.compactMap(Hexadecimal.value)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    return "'sha256-\(Base64.encode(bytes))'"
  }

  /// Pieces after another.
  package static func joined(_ pieces: [HTML]) -> HTML {
    HTML(source: pieces.map(\.source).joined())
  }

  /// Pieces on lines of their own.
  package static func lines(_ pieces: [HTML]) -> HTML {
    HTML(source: pieces.filter { !$0.source.isEmpty }.map(\.source).joined(separator: "\n"))
  }

  private static func opening(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>
  ) -> String {
    var tag = "<\(name)"
    for (key, value) in attributes {
      if let value { tag += " \(key)=\"\(escaped(value))\"" }
    }
    return tag + ">"
  }

  /// Markup characters become references; control characters, and those that turn the direction of a line,
  /// become visible signs.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;".unicodeScalars
      case "<": result += "&lt;".unicodeScalars
      case ">": result += "&gt;".unicodeScalars
      case "\"": result += "&quot;".unicodeScalars
      case "'": result += "&#39;".unicodeScalars
      case "\r": result += "&#13;".unicodeScalars
      case "\n", "\t": result.append(scalar)
      case "\u{0}"..."\u{1F}":
        result.append(Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value)).control)
      case "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}",
        "\u{200E}"..."\u{200F}", "\u{FFFE}"..."\u{FFFF}":
        result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  /// The picture of a control character, such as `␀`.
  fileprivate var control: Unicode.Scalar { Unicode.Scalar(0x2400 + value) ?? "\u{FFFD}" }
}
