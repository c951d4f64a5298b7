/// A numeric network address, to tell public hosts from private ones.
public struct IPAddress: Sendable, Hashable {
  /// 4 or 16 bytes.
  public let bytes: [UInt8]

  package init?(bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = bytes
  }

  /// Reads four decimal parts without leading zeros, or an IPv6 address without zone.
  public init?(_ text: String) {
    guard let bytes = text.contains(":") ? Self.version6(text) : Self.version4(text) else { return nil }
    self.bytes = bytes
  }

  /// Whether it has 16 bytes.
  public var isVersion6: Bool { bytes.count == 16 }

  /// Whether it is this machine: 127.0.0.0/8 or ::1.
  public var isLoopback: Bool {
    let plain = unmapped
    return plain.count == 4 ? plain[0] == 127 : plain == Array(repeating: 0, count: 15) + [1]
  }

  /// Whether it may be a public host: not loopback, private, shared, link-local, unique-local, multicast,
  /// unspecified, documentation or reserved (RFC 6890).
  public var isPublic: Bool {
    let plain = translated
    guard plain.count == 4 else {
      let isGlobalUnicast = plain[0] & 0xE0 == 0x20
      let isDocumentation =
        plain.starts(with: [0x20, 0x01, 0x0D, 0xB8])
        || plain[0] == 0x3F && plain[1] == 0xFF && plain[2] < 0x10
      // 2001::/23: Teredo, benchmarking and other protocols, none of them a web server's.
      let isProtocol = plain[0] == 0x20 && plain[1] == 0x01 && plain[2] < 2
      return isGlobalUnicast && !isDocumentation && !isProtocol
    }
    switch (plain[0], plain[1], plain[2]) {
    case (0, _, _), (10, _, _), (127, _, _), (224..., _, _): return false
    case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _): return false
    case (192, 0, 0), (192, 0, 2), (198, 18...19, _), (198, 51, 100), (203, 0, 113): return false
    default: return true
    }
  }

  /// `::ffff:a.b.c.d` is the same host as `a.b.c.d`.
  private var unmapped: [UInt8] {
    let mapped = Array(repeating: UInt8(0), count: 10) + [0xFF, 0xFF]
    return isVersion6 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
  }

  /// Addresses that a gateway turns into IPv4 ones (NAT64 `64:ff9b::a.b.c.d`, 6to4) lead where those lead.
  private var translated: [UInt8] {
    guard isVersion6 else { return bytes }
    if bytes.starts(with: [0x20, 0x02]) { return Array(bytes[2..<6]) }
    let prefix: [UInt8] = [0, 0x64, 0xFF, 0x9B] + Array(repeating: 0, count: 8)
    return bytes.starts(with: prefix) ? Array(bytes[12...]) : unmapped
  }

  private static func version4(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part -> UInt8? in
      let isPlain = part.utf8.allSatisfy { (0x30...0x39).contains($0) }
      return isPlain && (part.utf8.count == 1 || part.utf8.first != 0x30) ? UInt8(part) : nil
    }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func version6(_ text: String) -> [UInt8]? {
    guard let gap = text.firstRange(of: "::") else {
      let bytes = groups(text)
      return bytes?.count == 16 ? bytes : nil
    }
    guard let head = groups(String(text[..<gap.lowerBound]), mayEndDotted: false),
      let tail = groups(String(text[gap.upperBound...])), head.count + tail.count <= 14
    else { return nil }
    return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func groups(_ text: String, mayEndDotted: Bool = true) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if mayEndDotted, index == parts.count - 1, let last = version4(String(part)) {
        bytes += last
      } else {
        guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16),
          part.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil })
        else { return nil }
        bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
      }
    }
    return bytes
  }
}
