import KeepModel
import SystemPackage

/// What the values of a recipe are read with, and what was found wrong with them.
struct RecipeReading {
  /// The recipe's folder, which paths in it are relative to.
  let folder: FilePath
  /// What `~/` stands for.
  let home: FilePath?
  /// The key whose value is read.
  var key = ""
  private(set) var findings: [RecipeFinding] = []

  init(folder: FilePath, home: FilePath?) {
    self.folder = folder
    self.home = home
  }

  /// Records what is wrong and gives nothing.
  mutating func refuse<Value>(_ place: RecipePlace, _ reason: String, hint: String? = nil) -> Value? {
    findings.append(RecipeFinding(place, reason, hint: hint))
    return nil
  }

  /// Records that a value is of another kind than its key wants. What is written there is shown unless it may be
  /// a secret.
  mutating func refuse<Value>(_ node: RecipeNode, _ wanted: String, hint: String? = nil) -> Value? {
    let found = node.isMissing ? nil : node.text.map(RecipeFinding.quoted)
    return refuse(node.place, "\(key) takes \(wanted), found \(found ?? node.kind)", hint: hint)
  }

  /// A path as it is written in the recipe: relative to its folder, `~/` the user's own.
  func path(_ text: String) -> FilePath {
    if text == "~" || text.hasPrefix("~/"), let home {
      return home.pushing(FilePath(String(text.dropFirst(2))))
    }
    return folder.pushing(FilePath(text))
  }
}
