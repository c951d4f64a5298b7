public import KeepModel
public import SystemPackage

/// A recipe that cannot be used, with everything that is wrong in it.
public struct RecipeRefusal: Error, Sendable {
  /// At least one, in the order of the text.
  public let errors: [KeepError]

  /// A recipe that cannot be used.
  public init(_ errors: [KeepError]) { self.errors = errors }
}

extension RecipeFinding {
  /// `recipe.yaml:12:5: …` as an error with code `usage`.
  public func error(in file: FilePath) -> KeepError {
    KeepError(.usage, place.map { $0.subject(in: file) } ?? .path(file), reason, hint: hint)
  }
}

extension RecipePlace {
  /// `recipe.yaml:12:5`, which editors open at the place.
  func subject(in file: FilePath) -> KeepError.Subject {
    guard let name = file.lastComponent?.string else { return .path(file) }
    return .path(file.removingLastComponent().appending("\(name):\(self)"))
  }
}
