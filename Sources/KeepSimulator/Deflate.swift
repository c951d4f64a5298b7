internal import CZlib

/// zlib streams in one piece, and the CRC-32 of PNG chunks.
enum Deflate {
  /// The zlib stream of some bytes.
  static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(UInt(bytes.count))
    return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
      let status = compress2(buffer.baseAddress, &length, bytes, UInt(bytes.count), 6)
      count = status == Z_OK ? Int(length) : 0
    }
  }

  /// The bytes of a zlib stream that holds exactly `count` of them, else `nil`.
  static func expand(_ bytes: [UInt8], to count: Int) -> [UInt8]? {
    var length = UInt(count)
    var isWhole = false
    let expanded = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      isWhole = uncompress(buffer.baseAddress, &length, bytes, UInt(bytes.count)) == Z_OK
      filled = isWhole ? Int(length) : 0
    }
    return isWhole && expanded.count == count ? expanded : nil
  }

  /// The CRC-32 of some bytes.
  static func crc32(_ bytes: some Collection<UInt8>) -> UInt32 {
    let fast = bytes.withContiguousStorageIfAvailable { buffer in
      UInt32(truncatingIfNeeded: CZlib.crc32_z(0, buffer.baseAddress, buffer.count))
    }
    return fast ?? crc32(Array(bytes))
  }
}
