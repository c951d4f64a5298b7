import KeepModel
import KeepSubmit
public import SystemPackage

/// Reads a recipe's bytes: pure, and all that is wrong in them is told at once.
public enum RecipeReader {
  /// The recipe in a file's bytes, as far as it can be read, and everything that is wrong in it.
  ///
  /// - Parameters:
  ///   - folder: The recipe's folder, which paths in it are relative to.
  ///   - home: What `~/` stands for.
  public static func read(
    _ bytes: [UInt8], folder: FilePath, home: FilePath?
  ) -> (recipe: Recipe, findings: [RecipeFinding]) {
    var recipe = Recipe()
    let text: RecipeText
    do {
      text = try RecipeText(bytes)
    } catch {
      return (recipe, [error])
    }
    var parser = RecipeParser()
    let root = parser.root(of: text)
    var reading = RecipeReading(folder: folder, home: home)
    if let root, !root.isMissing {
      read(root, under: "", &reading, &recipe)
    } else if parser.findings.isEmpty {
      return (recipe, [RecipeFinding(nil, "is empty", hint: "comfykeep recipe init WORKFLOW writes one")])
    }
    let findings = (parser.findings + reading.findings).sorted { left, right in
      (left.place ?? RecipePlace(line: 0, column: 0)) < (right.place ?? RecipePlace(line: 0, column: 0))
    }
    return (recipe, findings)
  }

  /// Reads a mapping whose keys begin with `prefix`.
  private static func read(
    _ node: RecipeNode, under prefix: String, _ reading: inout RecipeReading, _ recipe: inout Recipe
  ) {
    guard case .mapping(let entries) = node.content else {
      let name = prefix.isEmpty ? "a recipe" : String(prefix.dropLast())
      let _: Void? = reading.refuse(node.place, "\(name) is a mapping of keys to values, found \(node.kind)")
      return
    }
    for entry in entries {
      let path = prefix + entry.key
      if let key = RecipeKey[path] {
        reading.key = entry.key
        key.read(entry.value, &reading, &recipe)
      } else if path == "upload", entry.value.text?.isEmpty == false {
        recipe.upload.target = entry.value.text
      } else if RecipeKey.all.contains(where: { $0.path.hasPrefix(path + ".") }) {
        read(entry.value, under: path + ".", &reading, &recipe)
      } else {
        let (reason, hint) = objection(to: entry.key, under: prefix)
        let _: Void? = reading.refuse(entry.place, reason, hint: hint)
      }
    }
  }

  /// What is wrong with a key that does not exist.
  private static func objection(to key: String, under prefix: String) -> (String, String?) {
    if let hint = hint(forSecret: key.lowercased(), under: prefix) {
      return ("\(RecipeFinding.quoted(key)) would hold a secret, which does not stand in a recipe", hint)
    }
    let depth = prefix.count(where: { $0 == "." })
    let names = RecipeKey.all.filter { $0.path.hasPrefix(prefix) }.compactMap { key in
      key.path.split(separator: ".").dropFirst(depth).first.map(String.init)
    }
    let elsewhere = RecipeKey.all.first { $0.name == key && $0.path != prefix + key }
    let near = NearMiss.question(near: key, among: Array(Set(names)).sorted())
    let hint = near.isEmpty ? elsewhere.map { "there is \($0.path)" } : nil
    let place = prefix.isEmpty ? "is no key of a recipe" : "is no key of \(prefix.dropLast())"
    return ("\(RecipeFinding.quoted(key)) \(place)\(near)", hint)
  }

  private static func hint(forSecret key: String, under prefix: String) -> String? {
    let words = [
      "secret", "password", "passwd", "token", "bearer", "credential", "access_key", "api_key", "apikey",
    ]
    let isLogin = prefix == "upload." && ["user", "username", "key", "authorization", "auth"].contains(key)
    guard !key.hasSuffix("_env"), isLogin || words.contains(where: key.contains) else { return nil }
    guard prefix == "upload." else {
      return "the service's token is read from RUNCOMFY_API_TOKEN or --token-file"
    }
    let named = RecipeKey[prefix + key + "_env"].map(\.name)
    return "export it in an environment variable and write \(named ?? "bearer_env or password_env"): NAME"
  }
}
