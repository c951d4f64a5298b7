import KeepFiles
import KeepInput
import KeepModel
import KeepSubmit
import SystemPackage

extension RowFinder {
  /// One run for each row of a table. Files are relative to the table.
  func tableRows(_ path: FilePath) throws(KeepError) -> (rows: [RunRow], skipped: [RunPlan.Skipped]) {
    guard wish.paths.isEmpty else {
      throw KeepError(
        .usage, .option("--table"), "and PATHs cannot be combined",
        hint: "name the files in a column of the table, called path or NODE.INPUT")
    }
    let table = try RunTable(at: path)
    var columns: [String: Column] = [:]
    for cell in table.rows.lazy.flatMap(\.cells) where columns[cell.column] == nil {
      columns[cell.column] = try column(cell.column, path)
    }
    let open = template.freeInputs.filter { free in !columns.values.contains(.asset(free)) }
    guard open.count <= 1, open.isEmpty || columns.values.contains(.path) else {
      throw KeepError(
        .usage, .option("--asset"),
        "\(open[0]) is to take files, and no column of \(path) is called path or \(open[0])")
    }
    var rows = table.rows.map { row($0, columns, path) }
    var skipped: [RunPlan.Skipped] = []
    for entry in template.folders {
      let folder = try PairFolder(entry.input, entry.folder, isRecursive: wish.isRecursive, excluding: wish.excluded)
      skipped += rows.pair(with: folder)
    }
    return (rows, skipped)
  }

  /// What a column of a table is for.
  enum Column: Equatable {
    /// The file that stands for a PATH.
    case path
    /// A file or address for an input.
    case asset(NodeInput)
    /// A value for an input.
    case value(NodeInput)
  }

  private func column(_ name: String, _ table: FilePath) throws(KeepError) -> Column {
    if name == "path" { return .path }
    do {
      let input = try AssetArgument.input(name, in: template.workflow)
      return template.takesMedia(input) ? .asset(input) : .value(input)
    } catch {
      throw KeepError(
        .inputRejected, .path(table), "the column \"\(name)\" \(error.reason)",
        hint: error.hint ?? "columns are called NODE.INPUT, or path")
    }
  }

  private func row(_ row: RunTable.Row, _ columns: [String: Column], _ table: FilePath) -> RunRow {
    var result = RunRow(label: "line \(row.line)")
    do throws(KeepError) {
      for cell in row.cells {
        switch columns[cell.column] {
        case .path?:
          let file = try Self.file(cell, table)
          result.file = file
          result.relative = FilePath(root: nil, file.lastComponent.map { [$0] } ?? [])
        case .asset(let input)?: result.references[input] = try reference(cell, table)
        case .value(let input)?: result.values[input] = try template.value(cell, for: input)
        case nil: continue
        }
      }
      if let missing = template.freeInputs.first(where: { free in
        result.references[free] == nil && columns.values.contains(.asset(free))
      }) {
        throw KeepError(.inputRejected, .nodeInput(missing), "gets no file")
      }
    } catch {
      result.failure = KeepError(
        error.code, .path(table),
        "line \(row.line): \(error.subject == .none ? "" : "\(error.subject): ")\(error.reason)",
        hint: error.hint)
    }
    if let name = result.inputs.first?.lastComponent?.string { result.label = "\(name) (line \(row.line))" }
    return result
  }

  private static func file(_ cell: RunTable.Cell, _ table: FilePath) throws(KeepError) -> FilePath {
    guard let text = cell.value.string, !text.isEmpty, !text.utf8.contains(0) else {
      throw KeepError(.inputRejected, .none, "\(cell.column) is no file name")
    }
    return table.removingLastComponent().pushing(FilePath(text))
  }

  private func reference(
    _ cell: RunTable.Cell, _ table: FilePath
  ) throws(KeepError) -> RunRow.Reference {
    guard let text = cell.value.string, text.contains("://") else { return .file(try Self.file(cell, table)) }
    let source = try AssetArgument.source(
      text, .option(cell.column), allowsLocalURLs: wish.allowsLocalURLs)
    guard case .url(let url) = source else { return .file(try Self.file(cell, table)) }
    return .url(url)
  }
}
