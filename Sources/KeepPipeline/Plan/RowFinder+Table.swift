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
        .usage, .option("--table"), "cannot be combined with PATHs",
        hint: "name the files in a column of the table, called path or NODE.INPUT")
    }
    guard !wish.usesSidecars else {
      throw KeepError(
        .usage, .option("--sidecars"), "cannot be combined with --table",
        hint: "give the values in columns of the table")
    }
    let table = try RunTable(at: path)
    var columns: [String: Column] = [:]
    for cell in table.rows.lazy.flatMap(\.cells) where columns[cell.column] == nil {
      let column = try column(cell.column, path)
      if let other = columns.first(where: { $0.value == column }) {
        throw KeepError(
          .inputRejected, .path(path),
          "the columns \"\(other.key)\" and \"\(cell.column)\" are for the same input")
      }
      columns[cell.column] = column
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
      let folder = try PairFolder(
        entry.input, entry.folder, isRecursive: wish.isRecursive, excluding: wish.excluded)
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
    if name.lowercased() == "path" { return .path }
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
      guard !row.cells.isEmpty else { throw KeepError(.inputRejected, .none, "sets nothing") }
      for cell in row.cells {
        switch columns[cell.column] {
        case .path?:
          let file = try Self.file(cell, table)
          result.file = file
        case .asset(let input)?: result.references[input] = try reference(cell, table)
        case .value(let input)?: result.values[input] = try template.value(cell, for: input)
        case nil: continue
        }
      }
      if let missing = template.freeInputs.first(where: { free in
        result.file == nil && result.references[free] == nil && columns.values.contains(.asset(free))
      }) {
        throw KeepError(.inputRejected, .nodeInput(missing), "gets no file")
      }
      let hasFile = result.file != nil || template.freeInputs.contains { result.references[$0] != nil }
      guard hasFile || !columns.values.contains(.path) else {
        throw KeepError(.inputRejected, .none, "names no file in its column path")
      }
    } catch {
      result.failure = KeepError(
        error.code, .path(table),
        "line \(row.line): \(error.subject == .none ? "" : "\(error.subject): ")\(error.reason)",
        hint: error.hint)
    }
    // A partner is for the one file of the row.
    result.leading = result.file ?? (result.inputs.count == 1 ? result.inputs.first : nil)
    result.relative = result.leading.map { FilePath(root: nil, $0.lastComponent.map { [$0] } ?? []) }
    if let name = result.inputs.first?.lastComponent?.string { result.label = "\(name) (line \(row.line))" }
    return result
  }

  private static func file(_ cell: RunTable.Cell, _ table: FilePath) throws(KeepError) -> FilePath {
    let spaced = cell.value.string ?? ""
    // Typed by hand, a cell often has spaces around it; a file whose name has some is named in JSON lines.
    let text = cell.isTyped ? spaced : spaced.trimmed
    guard !text.isEmpty, !text.utf8.contains(0) else {
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
