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
    let plain = unmapped
    guard plain.count == 4 else {
      let isGlobalUnicast = plain[0] & 0xE0 == 0x20
      let isDocumentation = plain.starts(with: [0x20, 0x01, 0x0D, 0xB8])
      return isGlobalUnicast && !isDocumentation
    }
    switch (plain[0], plain[1], plain[2]) {
    case (0, _, _), (10, _, _), (127, _, _), (224..., _, _): return false
    case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _): return false
    case (192, 0, 0), (192, 0, 2), (198, 18...19, _), (198, 51, 100), (203, 0, 113): return false
    default: return true
    }
  }

  /// IPv4 addresses written as IPv6 (`::ffff:a.b.c.d`, `64:ff9b::a.b.c.d`) are judged as IPv4.
  private var unmapped: [UInt8] {
    guard isVersion6 else { return bytes }
    let mapped = Array(repeating: UInt8(0), count: 10) + [0xFF, 0xFF]
    let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B] + Array(repeating: 0, count: 8)
    return bytes.starts(with: mapped) || bytes.starts(with: translated) ? Array(bytes[12...]) : bytes
  }

  private static func version4(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in
      part.count > 1 && part.hasPrefix("0") || part.hasPrefix("+") ? nil : UInt8(part)
    }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func version6(_ text: String) -> [UInt8]? {
    guard let gap = text.firstRange(of: "::") else {
      let bytes = groups(text)
      return bytes?.count == 16 ? bytes : nil
    }
    guard let head = groups(String(text[..<gap.lowerBound])),
      let tail = groups(String(text[gap.upperBound...])), head.count + tail.count <= 14
    else { return nil }
    return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func groups(_ text: String) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if index == parts.count - 1, let last = version4(String(part)) {
        bytes += last
      } else {
        guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16),
          !part.hasPrefix("+")
        else { return nil }
        bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
      }
    }
    return bytes
  }
}
