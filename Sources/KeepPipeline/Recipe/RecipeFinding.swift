public import KeepModel
public import SystemPackage

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

  /// `recipe.yaml:12:5: …` as an error with code `usage`.
  public func error(in file: FilePath) -> KeepError {
    KeepError(.usage, place.map { $0.subject(in: file) } ?? .path(file), reason, hint: hint)
  }
}

extension RecipePlace {
  /// `recipe.yaml:12:5`, which editors open at the place.
  func subject(in file: FilePath) -> KeepError.Subject {
    var named = file
    guard let name = named.removeLastComponentText() else { return .path(file) }
    return .path(named.appending("\(name):\(self)"))
  }
}

extension FilePath {
  /// Takes the last component off and returns its text.
  fileprivate mutating func removeLastComponentText() -> String? {
    guard let last = lastComponent?.string else { return nil }
    removeLastComponent()
    return last
  }
}

/// A recipe that cannot be used, with everything that is wrong in it.
public struct RecipeRefusal: Error, Sendable {
  /// At least one, in the order of the text.
  public let errors: [KeepError]

  /// A recipe that cannot be used.
  public init(_ errors: [KeepError]) { self.errors = errors }
}
