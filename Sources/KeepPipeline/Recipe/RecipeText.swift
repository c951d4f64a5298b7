import KeepModel

/// The text of a recipe, checked so far that its reader sees the lines and columns that an editor shows.
struct RecipeText {
  /// The text, without a byte order mark.
  let text: String

  /// A recipe is written by hand: a larger file is something else.
  static let maximumSize = ByteCount.mebibytes(1)
  /// More aliases than this are not even read: their values could multiply.
  private static let maximumAliases = 16

  /// Checks a file's bytes.
  ///
  /// - Throws: ``RecipeFinding`` for a size above ``maximumSize``, an encoding other than UTF-8, control
  ///   characters, and characters that YAML alone takes for the end of a line.
  init(_ bytes: [UInt8]) throws(RecipeFinding) {
    guard bytes.count <= Self.maximumSize.bytes else {
      throw RecipeFinding(
        nil, "has \(ByteCount(UInt64(bytes.count))); a recipe has at most \(Self.maximumSize.bytes) bytes")
    }
    guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
      throw RecipeFinding(nil, "is UTF-16 text", hint: "save it as UTF-8")
    }
    let plain = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    try Self.checkCharacters(plain)
    try Self.checkAliases(Array(plain))
    self.text = String(decoding: plain, as: UTF8.self)
  }

  private static func checkCharacters(_ bytes: ArraySlice<UInt8>) throws(RecipeFinding) {
    var cursor = RecipeCursor()
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.decode(&iterator) {
      case .emptyInput: return
      case .error:
        throw RecipeFinding(cursor.place, "is not UTF-8 from here on", hint: "save it as UTF-8")
      case .scalarValue(let scalar):
        if let reason = objection(to: scalar) { throw RecipeFinding(cursor.place, reason) }
        cursor.advance(over: scalar)
      }
    }
  }

  private static func objection(to scalar: Unicode.Scalar) -> String? {
    let name =
      "U+" + Hexadecimal.encode([UInt8(scalar.value >> 8 & 0xFF), UInt8(scalar.value & 0xFF)]).uppercased()
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: return nil
    case 0x85, 0x2028, 0x2029:
      return "\(name) is the end of a line in YAML; write it as an escape in double quotes"
    case 0x00..<0x20, 0x7F..<0xA0, 0xFEFF, 0xFFFE, 0xFFFF:
      return "\(name) is a control character; write it as an escape in double quotes"
    default: return nil
    }
  }

  /// Counts what may be an alias of an anchor, without knowing what stands in quotes.
  private static func checkAliases(_ bytes: [UInt8]) throws(RecipeFinding) {
    let anchors = Set(marks(UInt8(ascii: "&"), in: bytes).map { $0.name })
    guard !anchors.isEmpty else { return }
    let aliases = marks(UInt8(ascii: "*"), in: bytes).filter { anchors.contains($0.name) }
    guard aliases.count > maximumAliases else { return }
    var cursor = RecipeCursor()
    for scalar in String(decoding: bytes[..<aliases[maximumAliases].index], as: UTF8.self).unicodeScalars {
      cursor.advance(over: scalar)
    }
    throw RecipeFinding(
      cursor.place, "anchors and aliases are not read in a recipe", hint: "write the value out")
  }

  private static func marks(_ mark: UInt8, in bytes: [UInt8]) -> [(index: Int, name: ArraySlice<UInt8>)] {
    bytes.indices.filter { bytes[$0] == mark }.compactMap { index in
      let name = bytes[(index + 1)...].prefix { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
          || byte == UInt8(ascii: "-")
      }
      return name.isEmpty ? nil : (index, name)
    }
  }
}

/// Counts lines and columns as YAML does: `\n`, `\r` and both together end a line.
struct RecipeCursor {
  private var line = 1
  private var column = 1
  private var isAfterReturn = false

  /// Where the next scalar stands.
  var place: RecipePlace { RecipePlace(line: line, column: column) }

  /// Goes over a scalar.
  mutating func advance(over scalar: Unicode.Scalar) {
    switch scalar {
    case "\n" where isAfterReturn: break
    case "\n", "\r": (line, column) = (line + 1, 1)
    default: column += 1
    }
    isAfterReturn = scalar == "\r"
  }
}
