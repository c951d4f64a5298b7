/// Standard Base64 with padding (RFC 4648, section 4), encoded through a table of 12-bit pairs.
///
/// Whole pieces whose length is a multiple of three join without padding, which is what the streaming
/// request body relies on.
package enum Base64 {
  /// Two characters for each of the 4,096 values of 12 bits, the first in the low byte.
  private static let pairs: [UInt16] = (0..<4096).map { value in
    UInt16(alphabet[value >> 6]) | UInt16(alphabet[value & 63]) << 8
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// How many characters `count` bytes take, padding included.
  package static func encodedCount(of count: UInt64) -> UInt64 { (count + 2) / 3 * 4 }

  /// Encodes `source` into the front of `target`, padding the end; returns the characters written.
  ///
  /// `target` must have room for ``encodedCount(of:)`` characters.
  package static func encode(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    precondition(UInt64(target.count) >= encodedCount(of: UInt64(source.count)))
    return pairs.withUnsafeBufferPointer { pairs in
      var read = 0
      var written = 0
      let whole = source.count - source.count % 3
      while read < whole {
        let bits =
          Int(source[read]) << 16 | Int(source[read + 1]) << 8 | Int(source[read + 2])
        target.storeBytes(of: pairs[bits >> 12].littleEndian, toByteOffset: written, as: UInt16.self)
        target.storeBytes(
          of: pairs[bits & 4095].littleEndian, toByteOffset: written + 2, as: UInt16.self)
        read += 3
        written += 4
      }
      guard read < source.count else { return written }
      let second = read + 1 < source.count ? Int(source[read + 1]) : nil
      let bits = Int(source[read]) << 16 | (second ?? 0) << 8
      target[written] = alphabet[bits >> 18]
      target[written + 1] = alphabet[bits >> 12 & 63]
      target[written + 2] = second == nil ? UInt8(ascii: "=") : alphabet[bits >> 6 & 63]
      target[written + 3] = UInt8(ascii: "=")
      return written + 4
    }
  }

  /// The Base64 text of bytes held in memory.
  package static func encode(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: Int(encodedCount(of: UInt64(bytes.count)))) { target in
      bytes.withUnsafeBytes { encode($0, into: UnsafeMutableRawBufferPointer(target)) }
    }
  }

  /// The bytes of canonical Base64: right length, right padding, no spaces, unused bits zero; else `nil`.
  package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var held = 0
    for character in text.dropLast(padding) {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    let unused = bits & (1 << UInt32(held) - 1)
    return unused == 0 ? bytes : nil
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
