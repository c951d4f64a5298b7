internal import Crypto

/// UUIDs made from names (RFC 9562, section 5.5): the same name gives the same UUID for ever.
package enum NamedUUID {
  /// A version 5 UUID in lower case; the namespace is given as the number that its digits spell.
  package static func version5(namespace: UInt128, name: String) -> String {
    let space = withUnsafeBytes(of: namespace.bigEndian) { Array($0) }
    var digest = Array(Insecure.SHA1.hash(data: space + Array(name.utf8)).prefix(16))
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return text(of: digest)
  }

  /// A UUID's text in lower case; `nil` for what is not spelled `8-4-4-4-12` in hexadecimal digits.
  package static func normalized(_ text: String) -> String? { bytes(of: text).map(Self.text) }

  private static func bytes(of text: String) -> [UInt8]? {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
    let digits = groups.joined().compactMap { Hexadecimal.value(of: $0) }
    guard digits.count == 32 else { return nil }
    return stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private static func text(of bytes: [UInt8]) -> String {
    let digits = Hexadecimal.encode(bytes)
    var rest = digits[...]
    return [8, 4, 4, 4, 12].map { count in
      defer { rest = rest.dropFirst(count) }
      return String(rest.prefix(count))
    }.joined(separator: "-")
  }
}
