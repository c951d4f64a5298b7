internal import KeepModel

/// Finds the API's token in a call, in every form in which a client may have let it slip: as it is, in other
/// letter case, percent-encoded, or within Base64.
struct TokenTrace {
  private let plain: [UInt8]
  private let encoded: [[UInt8]]

  init(_ token: Secret) {
    let bytes = Array(token.reveal().utf8)
    plain = Self.lowercased(bytes)
    encoded = (0..<3).map { Self.base64Core(of: bytes, after: $0) }
  }

  /// Whether the token stands in the path, the query, or a header's name or value.
  func isIn(_ call: Call) -> Bool {
    // A few letters stand in many a text by chance; as a header's value they are no chance.
    guard plain.count >= 8 else {
      return call.headers.contains {
        ["", "bearer "].map { Array($0.utf8) + plain }.contains(Self.lowercased(Array($0.value.utf8)))
      }
    }
    let texts = [call.rawPath, call.query] + call.headers.flatMap { [$0.name, $0.value] }
    return texts.contains { isIn(Array($0.utf8)) }
  }

  private func isIn(_ text: [UInt8]) -> Bool {
    // Twice, for an address may stand percent-encoded within another.
    let once = Array(PercentText.decoded(text).utf8)
    let twice = Array(PercentText.decoded(once).utf8)
    return [text, once, twice].contains { form in
      let standard = Self.replacing("_", by: "/", in: Self.replacing("-", by: "+", in: form))
      return Self.lowercased(form).contains(plain) || encoded.contains { standard.contains($0) }
    }
  }

  private static func replacing(_ old: Unicode.Scalar, by new: Unicode.Scalar, in text: [UInt8]) -> [UInt8] {
    text.map { $0 == UInt8(ascii: old) ? UInt8(ascii: new) : $0 }
  }

  private static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }

  /// The Base64 characters that stand for these bytes alone, whatever comes before and after them, when `offset`
  /// bytes of a group of three come before.
  private static func base64Core(of bytes: [UInt8], after offset: Int) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let first = (offset * 8 + 5) / 6
    let last = (offset + bytes.count) * 8 / 6
    return (first..<last).map { place in
      let value = (0..<6).reduce(0) { value, bit in
        let index = place * 6 + bit - offset * 8
        return value << 1 | Int(bytes[index / 8] >> (7 - UInt8(index % 8)) & 1)
      }
      return alphabet[value]
    }
  }
}
