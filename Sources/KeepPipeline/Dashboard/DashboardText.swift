/// How the dashboard shows names and reasons that somebody else chose.
enum DashboardText {
  /// The text on one line, with everything visible in it that could break a line, turn its direction or hide.
  ///
  /// Control characters become their pictures (`␊`), other invisible ones `�`. What joins letters and emoji stays. The
  /// page's script does the same.
  static func visible(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(shown(scalar)) }
    return String(result)
  }

  private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "\u{0}"..."\u{1F}": Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case "\u{7F}": "\u{2421}"
    case "\u{200C}", "\u{200D}": scalar
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
      default: scalar
      }
    }
  }
}
