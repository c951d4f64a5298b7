/// A cell of a table that spreadsheets read (RFC 4180).
enum CSVCell {
  /// What spreadsheets take for the start of a formula, in full width too.
  private static let formulaStarts: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]

  /// A text in quotes, an apostrophe in front where a spreadsheet would take it for a formula; nothing for nothing.
  /// Scalar by scalar: to a String, a quote with an accent behind it is no quote.
  static func text(_ text: String) -> String {
    let scalars = text.unicodeScalars.filter { $0 != "\0" }
    guard let first = scalars.first else { return "" }
    var cell: String.UnicodeScalarView = "\"".unicodeScalars
    if formulaStarts.contains(first) { cell.append("'") }
    for scalar in scalars {
      if scalar == "\"" { cell.append(scalar) }
      cell.append(scalar)
    }
    cell.append("\"")
    return String(cell)
  }
}
