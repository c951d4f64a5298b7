internal import KeepFiles

/// Writes a small picture as a PNG with opacity.
enum PNGEncoder {
  /// The bytes of the file; `nil` when there is no memory for it.
  static func encode(_ raster: Raster) -> [UInt8]? {
    guard let data = Deflater.zlib(filtered(raster)) else { return nil }
    let size = [raster.width, raster.height].flatMap { bigEndian(UInt32(clamping: $0)) }
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", size + [8, 6, 0, 0, 0])
      + chunk("IDAT", data) + chunk("IEND", [])
  }

  /// The rows, each with the filter that leaves the smallest numbers: what is to the left, or what is above.
  private static func filtered(_ raster: Raster) -> [UInt8] {
    let count = raster.width * 4
    var above = [UInt8](repeating: 0, count: count)
    var result: [UInt8] = []
    for row in 0..<raster.height {
      let line = Array(raster.pixels[(row * count)..<((row + 1) * count)])
      let beside = line.indices.map { line[$0] &- ($0 >= 4 ? line[$0 - 4] : 0) }
      let below = line.indices.map { line[$0] &- above[$0] }
      result += weight(beside) <= weight(below) ? [1] + beside : [2] + below
      above = line
    }
    return result
  }

  private static func weight(_ line: [UInt8]) -> Int {
    line.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) }
  }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    var crc = CRC32()
    body.withUnsafeBytes { crc.update($0) }
    return bigEndian(UInt32(clamping: data.count)) + body + bigEndian(crc.value)
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
