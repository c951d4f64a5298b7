public import KeepModel

/// A line of a table that spreadsheets read.
public enum CSVLine {
  /// The line of an object, with its end: RFC 4180.
  public static func line(_ object: JSONObject) -> String {
    line(LedgerExport.columns.map { cell(object[$0]) })
  }

  /// The names of the columns.
  public static var header: String { line(LedgerExport.columns) }

  private static func line(_ cells: [String]) -> String {
    cells.map(quoted).joined(separator: ",") + "\r\n"
  }

  private static func cell(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null?: ""
    case .string(let text)?: harmless(text)
    case .bool(let bool)?: bool ? "true" : "false"
    case .some(let other): String(decoding: CanonicalJSON.compact(other), as: UTF8.self)
    }
  }

  /// A text that no spreadsheet takes for a formula: a quotation mark in front, where it would be.
  private static func harmless(_ text: String) -> String {
    guard let first = text.unicodeScalars.first, "=+-@\t\r\n".unicodeScalars.contains(first) else {
      return text
    }
    return "'" + text
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
