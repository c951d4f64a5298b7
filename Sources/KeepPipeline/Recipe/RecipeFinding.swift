/// A place in a recipe's text. Both numbers count from 1, columns in Unicode scalars.
public struct RecipePlace: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The line.
  public let line: Int
  /// The column.
  public let column: Int

  /// A place in a recipe's text.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// `12:5`.
  public var description: String { "\(line):\(column)" }

  /// By line, then by column.
  public static func < (left: Self, right: Self) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// What is wrong in a recipe, and where.
public struct RecipeFinding: Error, Sendable, Hashable {
  /// Where; `nil` where it is about the whole file.
  public let place: RecipePlace?
  /// What was found and what was allowed. Never a value that may be a secret.
  public let reason: String
  /// What to do next, if there is something.
  public let hint: String?

  /// What is wrong in a recipe, and where.
  public init(_ place: RecipePlace?, _ reason: String, hint: String? = nil) {
    self.place = place
    self.reason = reason
    self.hint = hint
  }

  /// A text in quotes, cut short.
  static func quoted(_ text: String) -> String {
    let head = text.prefix(60)
    return "\"\(head)\(head.endIndex == text.endIndex ? "" : "…")\""
  }
}
