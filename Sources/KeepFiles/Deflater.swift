internal import CZlib

/// Packs small data, such as the pixels of a thumbnail.
package enum Deflater {
  /// The bytes as a zlib stream (RFC 1950); `nil` when there is no memory for it.
  ///
  /// Versions of zlib pack alike bytes differently: nothing whose bytes must be the same everywhere is packed.
  package static func zlib(_ bytes: [UInt8]) -> [UInt8]? {
    var count = compressBound(UInt(bytes.count))
    var packed = [UInt8](repeating: 0, count: Int(count))
    guard compress2(&packed, &count, bytes, UInt(bytes.count), 9) == Z_OK else { return nil }
    return Array(packed.prefix(Int(count)))
  }
}
