import KeepModel
import SystemPackage

/// What a file beside an asset gives for its run: the `set` and `assets` of a recipe, in the recipe's language.
struct Sidecar {
  /// `NODE.INPUT=VALUE`.
  let settings: [String]
  /// `NODE.INPUT=FILE` or `=URL`, files relative to the sidecar.
  let assets: [String]

  /// The files that may be a file's sidecar, be they there or not: `cat.yaml`, `cat.yml` and `cat.json` of `cat.jpg`.
  static func places(of file: FilePath) -> [FilePath] {
    [".yaml", ".yml", ".json"].map { ending in file.replacingName { stem, _ in stem + ending.utf8 } }
  }

  /// Reads a sidecar.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` and everything that is wrong in it, each with line and column.
  init(at path: FilePath) throws(KeepError) {
    var recipe: Recipe
    do throws(RecipeRefusal) {
      recipe = try RecipeFile.read(path, home: nil)
    } catch {
      throw KeepError(
        .inputRejected, error.errors.first?.subject ?? .path(path),
        ([error.errors.first?.reason ?? "cannot be read"] + error.errors.dropFirst().map(\.description))
          .joined(separator: "; "),
        hint: error.errors.first?.hint ?? "a sidecar holds set: and assets: as a recipe does")
    }
    self.settings = (recipe.settings ?? []).map(\.text)
    self.assets = (recipe.assets ?? []).map(\.text)
    recipe.settings = nil
    recipe.assets = nil
    guard recipe == Recipe() else {
      throw KeepError(
        .inputRejected, .path(path), "says more than a sidecar can",
        hint: "a sidecar holds set: and assets: alone")
    }
  }
}
