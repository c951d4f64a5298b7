/// Reads JSON by recursive descent over bytes, bounded in depth and in the number of values.
struct JSONParser {
  private let bytes: [UInt8]
  private let options: JSONDocument.Options
  private var offset = 0
  private var depth = 0
  private var values = 0
  private(set) var irregularities: Set<JSONDocument.Irregularity> = []

  init(bytes: [UInt8], options: JSONDocument.Options) {
    self.bytes = bytes
    self.options = options
  }

  mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      try tolerate(.byteOrderMark, "byte order mark")
      offset = 3
    }
    let value = try value()
    skipSpace()
    guard offset == bytes.count else { throw error("unexpected text after the value") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    values += 1
    guard values <= options.maximumValues else { throw error("too many values") }
    guard let byte = peek else { throw error("unexpected end") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t") where take("true"): return .bool(true)
    case UInt8(ascii: "f") where take("false"): return .bool(false)
    case UInt8(ascii: "n") where take("null"): return .null
    default: return try number()
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    depth += 1
    guard depth <= options.maximumDepth else { throw error("nested too deep") }
    offset += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    var items: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      items.append(try value())
      skipSpace()
      if take("]") { return .array(items) }
      guard take(",") else { throw error("expected ',' or ']'") }
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    var members: [JSONObject.Member] = []
    var places: [Identifier<JSONObject>: Int] = [:]
    skipSpace()
    if take("}") { return .object(JSONObject()) }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw error("expected a key") }
      let start = offset
      let key = try string()
      skipSpace()
      guard take(":") else { throw error("expected ':'") }
      let member = JSONObject.Member(key: key, value: try value())
      if let place = places.updateValue(members.count, forKey: Identifier(key)) {
        try tolerate(.duplicateKey, "duplicate key", at: start)
        places[Identifier(key)] = place
        members[place] = member
      } else {
        members.append(member)
      }
      skipSpace()
      if take("}") { return .object(JSONObject(members, places: places)) }
      guard take(",") else { throw error("expected ',' or '}'") }
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = offset
    for word in ["NaN", "Infinity", "-Infinity"] where take(word) {
      try tolerate(.notANumber, "\(word) is not a JSON number", at: start)
      return .number(JSONNumber(unchecked: word))
    }
    _ = take("-")
    if !take("0") {
      guard digits() > 0 else {
        offset = start
        throw error("expected a value")
      }
    }
    if take("."), digits() == 0 { throw error("expected a digit") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw error("expected a digit") }
    }
    return .number(JSONNumber(unchecked: String(decoding: bytes[start..<offset], as: UTF8.self)))
  }

  private mutating func digits() -> Int {
    let start = offset
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    return offset - start
  }

  private mutating func string() throws(JSONError) -> String {
    offset += 1
    var text: [UInt8] = []
    var start = offset
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        text += bytes[start..<offset]
        offset += 1
        return try decoded(text)
      case UInt8(ascii: "\\"):
        text += bytes[start..<offset]
        offset += 1
        try escape(into: &text)
        start = offset
      case 0..<0x20: throw error("control character in a string")
      default: skipPlainText()
      }
    }
    throw error("unterminated string")
  }

  /// Goes to the next byte that ends or escapes a string or may not stand in one: a data URI is many megabytes of
  /// plain text, which is passed in one go.
  private mutating func skipPlainText() {
    offset = bytes.withUnsafeBufferPointer { bytes in
      var place = offset
      while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\"),
        bytes[place] >= 0x20
      {
        place += 1
      }
      return place
    }
  }

  private mutating func decoded(_ text: [UInt8]) throws(JSONError) -> String {
    if let valid = String(validating: text, as: UTF8.self) { return valid }
    try tolerate(.invalidUTF8, "invalid UTF-8")
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = peek else { throw error("unterminated string") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += Array(String(try unicodeEscape()).utf8)
    default:
      offset -= 1
      throw error("unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let start = offset
    let unit = try hexUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    if UTF16.isLeadSurrogate(unit), bytes[offset...].starts(with: "\\u".utf8) {
      let rewind = offset
      offset += 2
      let trail = try hexUnit()
      if UTF16.isTrailSurrogate(trail) { return UTF16.decode(UTF16.EncodedScalar([unit, trail])) }
      offset = rewind
    }
    try tolerate(.loneSurrogate, "lone surrogate", at: start)
    return "\u{FFFD}"
  }

  private mutating func hexUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Hexadecimal.value(of: byte) else {
        throw error("expected four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ word: String) -> Bool {
    guard bytes[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private mutating func tolerate(
    _ irregularity: JSONDocument.Irregularity, _ reason: String, at place: Int? = nil
  ) throws(JSONError) {
    guard options.isLenient else { throw JSONError(reason: reason, offset: place ?? offset) }
    irregularities.insert(irregularity)
  }

  private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: offset) }
}
