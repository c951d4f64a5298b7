/// A bounded piece of someone else's text.
package enum Excerpt {
  /// The first `limit` characters, with `…` where more followed.
  package static func of(_ text: String, limit: Int) -> String {
    let head = text.prefix(limit)
    return head.endIndex == text.endIndex ? text : head + "…"
  }
}
