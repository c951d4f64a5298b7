public import KeepModel

/// A line of a table that spreadsheets read.
public enum CSVLine {
  /// The line of an object, with its end: RFC 4180.
  public static func line(_ object: JSONObject) -> String {
    line(LedgerExport.columns.map { cell(object[$0]) })
  }

  /// The names of the columns.
  public static var header: String { line(LedgerExport.columns) }

  private static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }

  private static func cell(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null?: ""
    case .string(let text)?: CSVCell.text(text)
    case .bool(let bool)?: bool ? "true" : "false"
    case .number(let number)?: number.text
    case .some(let other): CSVCell.text(String(decoding: CanonicalJSON.compact(other), as: UTF8.self))
    }
  }
}
