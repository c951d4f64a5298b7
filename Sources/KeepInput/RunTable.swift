internal import KeepFiles
package import KeepModel
package import SystemPackage

/// A table of which each row makes a run: CSV with a header line, or JSON lines.
///
/// A column, or a key, is named `NODE.INPUT` for a value or a file of that input, or `path` for the file that goes
/// where a PATH would. An empty cell, or a key that is left out or null, sets nothing.
package struct RunTable: Sendable, Hashable {
  /// A row.
  package struct Row: Sendable, Hashable {
    /// The line of the table that it stands on, from 1.
    package let line: Int
    /// The cells that are not empty, by column, in the order of the columns.
    package let cells: [Cell]
  }

  /// A value in its column.
  package struct Cell: Sendable, Hashable {
    /// The column's name.
    package let column: String
    /// Text of a CSV table, or a typed value of JSON lines.
    package let value: JSONValue
    /// Whether the table gives values types, as JSON lines do.
    package let isTyped: Bool
  }

  /// The rows in order.
  package let rows: [Row]

  /// Reads a table; a name that ends in `.csv` is CSV, one in `.jsonl`, `.ndjson` or `.json` JSON lines.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` and the line for a table that cannot be read, has no rows, has a
  ///   column twice or without a name, or a row with more cells than columns; `usage` for another kind of name.
  package init(at path: FilePath) throws(KeepError) {
    let bytes = try FileReader.bytes(of: path, limit: .mebibytes(64), code: .inputRejected)
    switch path.extension?.lowercased() {
    case "csv": self.rows = try Self.csv(bytes, path)
    case "jsonl", "ndjson", "json": self.rows = try Self.jsonLines(bytes, path)
    default:
      throw KeepError(
        .usage, .path(path), "is neither a .csv nor a .jsonl table by its name",
        hint: "save it as CSV with a header line, or as one JSON object a line")
    }
    guard !rows.isEmpty else { throw KeepError(.inputRejected, .path(path), "has no rows") }
  }

  private static func csv(_ bytes: [UInt8], _ path: FilePath) throws(KeepError) -> [Row] {
    let records: [CSVReader.Record]
    do {
      records = try CSVReader.records(of: bytes)
    } catch {
      throw defect(path, error.line, error.reason)
    }
    guard let header = records.first else { return [] }
    let columns = header.fields.map(\.trimmed)
    if columns.count == 1,
      let other = [";": "semicolons", "\t": "tabs"].first(where: { columns[0].contains($0.key) })
    {
      throw defect(
        path, header.line, "is parted by \(other.value), not by commas",
        hint: "save the table as CSV with commas, as UTF-8")
    }
    if let empty = columns.firstIndex(of: "") {
      throw defect(path, header.line, "column \(empty + 1) has no name")
    }
    if let twice = columns.indices.first(where: { columns[..<$0].contains(columns[$0]) }) {
      throw defect(path, header.line, "has the column \(columns[twice]) twice")
    }
    var rows: [Row] = []
    for record in records.dropFirst() {
      guard record.fields.count <= columns.count else {
        throw defect(
          path, record.line, "has \(record.fields.count) cells, and there are \(columns.count) columns",
          hint: "put text that holds a comma in quotes")
      }
      let cells = zip(columns, record.fields).filter { !$0.1.isEmpty }
        .map { Cell(column: $0.0, value: .string($0.1), isTyped: false) }
      rows.append(Row(line: record.line, cells: cells))
    }
    return rows
  }

  private static func jsonLines(_ bytes: [UInt8], _ path: FilePath) throws(KeepError) -> [Row] {
    var rows: [Row] = []
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 })
    {
      let value: JSONValue
      do {
        value = try JSONDocument(parsing: Array(line)).value
      } catch {
        throw defect(path, index + 1, "is not JSON: \(error)", hint: "each line holds one whole JSON object")
      }
      guard let object = value.object else { throw defect(path, index + 1, "is not a JSON object") }
      let cells = object.members.filter { !$0.value.isNull }
        .map { Cell(column: $0.key, value: $0.value, isTyped: true) }
      rows.append(Row(line: index + 1, cells: cells))
    }
    return rows
  }

  private static func defect(
    _ path: FilePath, _ line: Int, _ reason: String, hint: String? = nil
  ) -> KeepError {
    KeepError(.inputRejected, .path(path), "line \(line) \(reason)", hint: hint)
  }
}
