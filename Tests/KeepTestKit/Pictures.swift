/// Small true pictures, each value with bytes of its own.
public enum Pictures {
  /// A valid PNG of one pixel, which is `value`.
  public static func png(_ value: UInt8) -> [UInt8] {
    let chunks: [(String, [UInt8])] = [
      ("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]), ("IDAT", zlibStored([0, value])), ("IEND", []),
    ]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunks.flatMap { chunk($0, $1) }
  }

  /// One chunk of a PNG: length, name, data, CRC.
  public static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(crc(body))
  }

  /// A zlib stream of one stored block.
  private static func zlibStored(_ data: [UInt8]) -> [UInt8] {
    let count = UInt16(data.count)
    var first: UInt32 = 1
    var second: UInt32 = 0
    for byte in data {
      first = (first + UInt32(byte)) % 65_521
      second = (second + first) % 65_521
    }
    var stream: [UInt8] = [0x78, 0x01, 0x01]
    for half in [count, ~count] { stream += [UInt8(half & 0xFF), UInt8(half >> 8)] }
    return stream + data + bigEndian(second << 16 | first)
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
