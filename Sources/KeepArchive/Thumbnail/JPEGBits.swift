/// Reads the entropy-coded bits of a JPEG scan (ITU-T T.81, annex F.2.2.5).
///
/// A marker ends the bits; beyond it there are zeros, and ``isExhausted`` tells when one of them was used.
struct JPEGBits {
  /// Where the next byte is read.
  private(set) var offset: Int
  private let bytes: [UInt8]
  private var bits: UInt64 = 0
  private var count = 0
  private var padding = 0

  /// Begins at an offset.
  init(_ bytes: [UInt8], at offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  /// Whether more bits were read than there are.
  var isExhausted: Bool { padding > count }

  private mutating func fill() {
    while count <= 48 {
      var byte: UInt8 = 0
      if offset < bytes.count, bytes[offset] != 0xFF {
        byte = bytes[offset]
        offset += 1
      } else if offset + 1 < bytes.count, bytes[offset + 1] == 0 {
        byte = 0xFF
        offset += 2
      } else {
        padding += 8
      }
      bits = bits << 8 | UInt64(byte)
      count += 8
    }
  }

  /// The next bits as a number, at most 16.
  mutating func number(_ length: Int) -> Int {
    if count < length { fill() }
    count -= length
    return Int(truncatingIfNeeded: bits >> UInt64(count)) & ((1 << length) - 1)
  }

  /// The next code's symbol; `nil` for a code that the table does not hold.
  mutating func symbol(_ table: HuffmanTable) -> Int? {
    if count < 16 { fill() }
    let entry = table.entries[Int(truncatingIfNeeded: bits >> UInt64(count - 16)) & 0xFFFF]
    guard entry != 0 else { return nil }
    count -= Int(entry >> 8)
    return Int(entry & 0xFF)
  }

  /// The next bits as a signed number whose size is its class (T.81, F.2.2.1).
  mutating func signed(_ length: Int) -> Int {
    guard length > 0 else { return 0 }
    let value = number(length)
    return value < 1 << (length - 1) ? value - (1 << length) + 1 : value
  }

  /// Goes to behind a restart marker; false when there is none.
  mutating func restart() -> Bool {
    var place = offset
    while place + 1 < bytes.count, bytes[place] == 0xFF, bytes[place + 1] == 0xFF { place += 1 }
    guard place + 1 < bytes.count, bytes[place] == 0xFF, (0xD0...0xD7).contains(bytes[place + 1]) else {
      return false
    }
    self = JPEGBits(bytes, at: place + 2)
    return true
  }
}

/// A Huffman table as a look-up by the next sixteen bits.
struct HuffmanTable: Sendable {
  /// Length in the high byte, symbol in the low one; 0 where there is no code.
  let entries: [UInt16]

  /// Reads how many codes of each length there are, and their symbols; `nil` when there are more than fit.
  init?(counts: some Collection<UInt8>, symbols: some Collection<UInt8>) {
    var entries = [UInt16](repeating: 0, count: 65_536)
    var next = 0
    var rest = symbols[...]
    for (index, count) in counts.enumerated() {
      let span = 1 << (15 - index)
      for _ in 0..<count {
        guard next + span <= entries.count, let symbol = rest.popFirst() else { return nil }
        for place in next..<(next + span) { entries[place] = UInt16(index + 1) << 8 | UInt16(symbol) }
        next += span
      }
    }
    self.entries = entries
  }
}
