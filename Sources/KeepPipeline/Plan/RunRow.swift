import KeepModel
import SystemPackage

/// One run before its files are read: which files and values go where.
struct RunRow: Sendable {
  /// The name that a person knows it by.
  var label: String
  /// The file that goes where a PATH goes; found its input by its type where none is named.
  var file: FilePath?
  /// The file that leads: the one that stands for a PATH, that of the first folder, or the only one of a table's row.
  /// Partners and sidecars are its.
  var leading: FilePath?
  /// The leading file's path below the folder that was named, or its name: what a partner has to share.
  var relative: FilePath?
  /// Files and addresses for named inputs.
  var references: [NodeInput: Reference] = [:]
  /// Values for named inputs, which come before those of `--set`.
  var values: [NodeInput: OverrideValue] = [:]
  /// Why it cannot be run.
  var failure: KeepError?

  /// What goes into a media input.
  enum Reference: Sendable, Equatable {
    case file(FilePath)
    case url(HTTPURL)
  }

  /// Its local files: the leading one first, the others by node and input.
  var inputs: [FilePath] {
    let named = references.sorted { $0.key < $1.key }.compactMap { entry in
      if case .file(let path) = entry.value { path } else { nil }
    }
    let first = leading.map { [$0] } ?? []
    return first + (file == leading ? [] : file.map { [$0] } ?? []) + named.filter { $0 != leading }
  }

  /// A row for a file that stands for a PATH.
  init(file: FilePath, relative: FilePath) {
    self.label = relative.string
    self.file = file
    self.leading = file
    self.relative = relative
  }

  /// A row by its name alone.
  init(label: String) { self.label = label }

  /// A row that cannot be run.
  init(refused path: FilePath, _ error: KeepError) {
    self.label = path.lastComponent?.string ?? "run"
    self.file = path
    self.leading = path
    self.failure = error
  }
}
