package import KeepModel

extension ByteCount {
  private static let units: [(name: String, bytes: UInt64)] = [
    ("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10),
    ("kB", 1000), ("B", 1),
  ]

  /// Reads `10MB`, `64MiB`, `1.5 GB` or a plain number of bytes: kB, MB and GB are powers of 1,000, KiB, MiB and
  /// GiB of 1,024.
  package init?(sizeText text: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let name = text[digits.endIndex...].drop { $0 == " " }.lowercased()
    let unit = name.isEmpty ? 1 : Self.units.first { $0.name.lowercased() == name }?.bytes
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard let unit, (1...2).contains(parts.count), let whole = UInt64(parts[0]) else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    guard parts.count == 2 else {
      self.init(product)
      return
    }
    guard (1...6).contains(parts[1].count), let fraction = UInt64(parts[1]), unit > 1 else { return nil }
    let divisor = parts[1].reduce(UInt64(1)) { power, _ in power * 10 }
    let (sum, isTooLarge) = product.addingReportingOverflow(fraction * unit / divisor)
    guard !isTooLarge else { return nil }
    self.init(sum)
  }

  /// Why a text is no size.
  package static func sizeRefusal(of text: String) -> String {
    "'\(text)' is no size: write 10MB, 64MiB or a number of bytes"
  }

  /// The shortest text that ``init(sizeText:)`` reads as this number.
  package var sizeText: String {
    let unit = Self.units.first { bytes > 0 && bytes.isMultiple(of: $0.bytes) }
    return unit.map { $0.bytes == 1 ? "\(bytes)" : "\(bytes / $0.bytes)\($0.name)" } ?? "\(bytes)"
  }
}

extension Balance {
  /// Why a text is no amount of money.
  package static func dollarsRefusal(of text: String) -> String {
    "'\(text)' is no amount of US dollars: write 5 or 12.50, with at most six digits behind the point"
  }
}

extension Duration {
  /// Reads `500ms`, `90s`, `30m`, `2h` or `7d`; a plain number is seconds.
  package init?(timeText text: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let units: [String: Double] = ["ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let number = Double(digits), let unit = units[String(text[digits.endIndex...])],
      number * unit <= 1e10
    else { return nil }
    self = .milliseconds(Int64(number * unit * 1000))
  }

  /// Why a text is no length of time.
  package static func timeRefusal(of text: String) -> String {
    "'\(text)' is no length of time: write 500ms, 90s, 30m, 2h or 7d"
  }

  /// The largest unit that gives a whole number.
  package var timeText: String {
    let milliseconds = Int64(self / .milliseconds(1))
    let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")]
    let unit = units.first { milliseconds > 0 && milliseconds % $0.0 == 0 }
    return unit.map { "\(milliseconds / $0.0)\($0.1)" } ?? "\(milliseconds)ms"
  }
}
