import KeepModel

/// A range of decimal numbers with its end, such as `1..4` or `0.2..1:0.2`, counted exactly.
struct NumberRange {
  /// The numbers as they are written, with as many decimals as the bounds and the step have at most.
  let words: [String]

  /// Reads `FIRST..LAST` or `FIRST..LAST:STEP`; `nil` for a text that is no range of numbers.
  ///
  /// - Throws: ``KeepError`` with `usage` for a step that leads nowhere, and more numbers than a sweep takes.
  init?(_ text: String) throws(KeepError) {
    guard let dots = text.firstRange(of: "..") else { return nil }
    let rest = text[dots.upperBound...]
    let colon = rest.firstIndex(of: ":")
    guard let first = Decimal(text[..<dots.lowerBound]),
      let last = Decimal(rest[..<(colon ?? rest.endIndex)]),
      let given = colon.map({ Decimal(rest[rest.index(after: $0)...]) }) ?? Decimal("1")
    else { return nil }
    let decimals = max(first.decimals, last.decimals, given.decimals)
    let (start, end, size) = (
      first.scaled(to: decimals), last.scaled(to: decimals), given.scaled(to: decimals)
    )
    // Downwards without a step of its own, 4..1 is 4, 3, 2, 1.
    let step = colon == nil && end < start ? -size : size
    guard step != 0, start == end || (step > 0) == (end > start) else {
      throw KeepError(.usage, .option("--sweep"), "the range \(text) never reaches its end")
    }
    let count = (end - start) / step + 1
    guard count <= Int128(Sweep.mostValues) else {
      throw KeepError(
        .usage, .option("--sweep"),
        "the range \(text) has \(count) numbers; at most \(Sweep.mostValues) are taken")
    }
    self.words = (0..<count).map { Self.word(start + $0 * step, decimals) }
  }

  private static func word(_ number: Int128, _ decimals: Int) -> String {
    guard decimals > 0 else { return "\(number)" }
    let digits = "\(number.magnitude)"
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(number < 0 ? "-" : "")\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }

  /// A number of at most 20 digits and 9 decimals, without an exponent: enough for a seed, and safe to be counted with.
  private struct Decimal {
    let digits: Int128
    let decimals: Int

    init?(_ text: Substring) {
      let isNegative = text.first == "-"
      let parts = (isNegative ? text.dropFirst() : text).split(
        separator: ".", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count),
        parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isDigit) }),
        parts[0].count <= 20, parts.count == 1 || parts[1].count <= 9,
        let digits = Int128(parts.joined())
      else { return nil }
      self.digits = isNegative ? -digits : digits
      self.decimals = parts.count == 2 ? parts[1].count : 0
    }

    /// The number times 10 to the power of `decimals`.
    func scaled(to decimals: Int) -> Int128 {
      (self.decimals..<decimals).reduce(digits) { number, _ in number * 10 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  }
}
