/// A bounded piece of someone else's text.
package enum Excerpt {
  /// The first `limit` characters, with `…` where more followed.
  package static func of(_ text: String, limit: Int) -> String {
    let head = text.prefix(limit)
    return head.endIndex == text.endIndex ? text : head + "…"
  }

  /// The same of bytes, with those that are not UTF-8 replaced and white space run together.
  package static func of(_ bytes: [UInt8], limit: Int) -> String {
    let text = String(decoding: bytes.prefix(limit * 8), as: UTF8.self)
    let words = text.unicodeScalars.split { $0.properties.isWhitespace }.map(String.init)
    return of(words.joined(separator: " "), limit: limit)
  }
}
