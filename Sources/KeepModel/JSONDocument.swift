/// A JSON text that was read: its value, and what about the text was not clean JSON.
public struct JSONDocument: Sendable {
  /// What a lenient reading put up with.
  public enum Irregularity: String, Sendable, Hashable, CaseIterable {
    /// A byte order mark stood in front.
    case byteOrderMark
    /// `NaN`, `Infinity` or `-Infinity` stood for a number, as Python's `json` writes them.
    case notANumber
    /// A key came twice in one object; the last one stands.
    case duplicateKey
    /// A `\ud800`-style escape had no partner; U+FFFD stands for it.
    case loneSurrogate
    /// Bytes were not UTF-8; U+FFFD stands for them.
    case invalidUTF8
  }

  /// How much a reading puts up with, and what it bounds.
  public struct Options: Sendable {
    /// Whether irregularities are noted instead of thrown.
    public var isLenient: Bool
    /// How deep arrays and objects may nest.
    public var maximumDepth: Int
    /// How many values a document may hold in all.
    public var maximumValues: Int

    /// RFC 8259 to the letter: nesting up to 512, up to 4,000,000 values.
    public static let strict = Options(
      isLenient: false, maximumDepth: 512, maximumValues: 4_000_000)
    /// What services and Python programs really write.
    public static let lenient = Options(
      isLenient: true, maximumDepth: 512, maximumValues: 4_000_000)
  }

  /// What was read.
  public let value: JSONValue
  /// What was put up with; empty for clean JSON.
  public let irregularities: Set<Irregularity>

  /// Reads one JSON text.
  ///
  /// - Throws: ``JSONError`` with the byte offset when the text is not JSON, nests too deep or is too large.
  public init(parsing bytes: [UInt8], options: Options = .strict) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, options: options)
    self.value = try parser.document()
    self.irregularities = parser.irregularities
  }
}

/// Why a text is not JSON.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was wrong.
  public let reason: String
  /// Where, in bytes from the start.
  public let offset: Int

  /// The reason and the place.
  public var description: String { "\(reason) at byte \(offset)" }
}
