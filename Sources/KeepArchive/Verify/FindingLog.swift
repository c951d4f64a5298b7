import KeepModel

/// Findings as they come, bounded: a hostile file cannot make a report without end.
struct FindingLog: Sendable {
  /// How many findings of one code are kept; the rest are counted.
  static let limit = 50

  private var findings: [Finding] = []
  private var counts: [FindingCode: Int] = [:]

  /// Notes a finding.
  mutating func note(_ code: FindingCode, path: String? = nil, _ message: String) {
    counts[code, default: 0] += 1
    guard counts[code, default: 0] <= Self.limit else { return }
    findings.append(
      Finding(
        code.rawValue, code.level, path: path.map(Self.printable), Self.printable(message),
        status: code.status))
  }

  /// Whether a code was noted.
  func has(_ code: FindingCode) -> Bool { counts[code] != nil }
  /// Whether anything was noted that asks for this exit status.
  func has(_ status: KeepError.Code) -> Bool { findings.contains { $0.status == status } }

  /// Whether bytes are not what container and bag say, so that what is read of them says little.
  var hasDamage: Bool {
    findings.contains { $0.status == .fixity && ($0.level == .container || $0.level == .bag) }
  }

  /// All findings in order of level, then path, with a last line for each code that had too many.
  func finished() -> [Finding] {
    let levels = Finding.Level.allCases
    let rest = counts.filter { $0.value > Self.limit }.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { code, count in
        Finding(
          code.rawValue, code.level, "and \(count - Self.limit) more of the same", status: code.status)
      }
    let sorted = findings.enumerated().sorted { left, right in
      let (first, second) = (left.element, right.element)
      let rank = (levels.firstIndex(of: first.level) ?? 0, levels.firstIndex(of: second.level) ?? 0)
      if rank.0 != rank.1 { return rank.0 < rank.1 }
      let (one, other) = (first.path ?? "", second.path ?? "")
      if one != other { return one.utf8.lexicographicallyPrecedes(other.utf8) }
      return left.offset < right.offset
    }
    return sorted.map(\.element) + rest
  }

  /// Text from a bundle for a terminal: control characters and what is not ASCII are escaped, and it is cut.
  static func printable(_ text: String) -> String {
    let limit = 300
    var result = ""
    for scalar in text.unicodeScalars.prefix(limit) {
      result += (0x20..<0x7F).contains(scalar.value) ? String(scalar) : scalar.escaped(asASCII: true)
    }
    return text.unicodeScalars.count > limit ? result + "…" : result
  }
}
