import KeepFiles
import KeepModel
import SystemPackage

/// What a file beside an asset gives for its run: the `set` and `assets` of a recipe, in the recipe's language.
struct Sidecar {
  /// `NODE.INPUT=VALUE`.
  let settings: [String]
  /// `NODE.INPUT=FILE` or `=URL`, files relative to the sidecar.
  let assets: [String]

  init(at path: FilePath) throws(KeepError) {
    throw KeepError(.inputRejected, .path(path), "sidecars are not there yet")
  }
}
