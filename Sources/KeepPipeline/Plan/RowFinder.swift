import KeepInput
import KeepModel
import SystemPackage

/// Finds the runs that paths, tables, pairs and sidecars stand for.
struct RowFinder {
  let wish: RunWish
  let template: RunTemplate

  /// The rows in order, and what was passed over on the way.
  ///
  /// - Throws: ``KeepError`` when nothing can be found at all: a missing folder or table, nothing to run.
  func rows() throws(KeepError) -> (rows: [RunRow], skipped: [RunPlan.Skipped]) {
    if let table = wish.table { return try tableRows(table) }
    var folders = try template.folders.map { entry throws(KeepError) in
      try PairFolder(entry.input, entry.folder, isRecursive: wish.isRecursive, excluding: wish.excluded)
    }
    var skipped: [RunPlan.Skipped] = []
    var rows: [RunRow]
    if !wish.paths.isEmpty {
      let list = try list(wish.paths)
      rows = fileRows(of: list)
      skipped = list.skipped.map { RunPlan.Skipped(path: $0.path, reason: $0.reason) }
    } else if let first = folders.first {
      if let free = template.freeInputs.first { throw waiting(free) }
      let list = try list([first.folder])
      rows = fileRows(of: list).map { row in
        var row = row
        // Refused rows keep their file, which they are told by.
        guard row.failure == nil, let file = row.file else { return row }
        row.references = [first.input: .file(file)]
        row.file = nil
        return row
      }
      skipped = list.skipped.map { RunPlan.Skipped(path: $0.path, reason: $0.reason) }
      folders.removeFirst()
    } else {
      try checkStandsAlone()
      return ([RunRow(label: "run")], [])
    }
    for folder in folders { skipped += rows.pair(with: folder) }
    if wish.usesSidecars { try addSidecars(to: &rows, &skipped) }
    return (rows, skipped)
  }

  private func list(_ paths: [FilePath]) throws(KeepError) -> AssetList {
    try AssetList(
      at: paths, isRecursive: wish.isRecursive, excluding: wish.excluded,
      filter: GlobFilter(includes: wish.includes, excludes: wish.excludes))
  }

  private func fileRows(of list: AssetList) -> [RunRow] {
    list.entries.map { entry in
      switch entry {
      case .file(let path): RunRow(file: path, relative: list.relative(path))
      case .refused(let path, let error): RunRow(refused: path, error)
      }
    }
  }

  /// Refuses a run without any file that nobody can have meant: a forgotten PATH must not cost money.
  private func checkStandsAlone() throws(KeepError) {
    if let free = template.freeInputs.first { throw waiting(free) }
    guard template.setsSomething else {
      throw KeepError(
        .usage, .option("PATH"), "no file is given, and nothing is set",
        hint: "name files or folders; for a run without files give --set NODE.INPUT=VALUE")
    }
  }

  private func waiting(_ free: NodeInput) -> KeepError {
    KeepError(.usage, .option("--asset"), "\(free) is to take files, and no PATH is given")
  }
}
