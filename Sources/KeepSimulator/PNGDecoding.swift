extension PNGFile {
  /// The picture of an 8-bit RGB or RGBA file without interlacing and up to `maximumPixels`, else `nil`.
  static func decode(_ bytes: [UInt8], maximumPixels: Int = 6_000_000) -> Raster? {
    // Other kinds are true PNG files as well; the caller draws a picture of its own for them.
    guard let chunks = try? chunks(of: bytes) else { return nil }
    let header = Array(chunks[0].data)
    let (width, height) = (header.bigEndian32(at: 0), header.bigEndian32(at: 4))
    let channels = header[9] == 6 ? 4 : 3
    guard header[8] == 8, header[9] == 2 || header[9] == 6, header[12] == 0, width > 0, height > 0,
      width <= maximumPixels, height <= maximumPixels / width
    else { return nil }
    let packed = chunks.reduce(into: [UInt8]()) { if $1.type == "IDAT" { $0.append(contentsOf: $1.data) } }
    let stride = width * channels
    guard var rows = Deflate.expand(packed, to: (stride + 1) * height),
      unfilter(&rows, stride: stride, height: height, channels: channels)
    else { return nil }
    return Raster(
      width: width, height: height,
      pixels: colors(rows, width: width, height: height, channels: channels))
  }

  /// Undoes the row filters in place; `false` for an unknown one.
  private static func unfilter(
    _ rows: inout [UInt8], stride: Int, height: Int, channels: Int
  ) -> Bool {
    rows.withUnsafeMutableBufferPointer { bytes in
      for row in 0..<height {
        let start = row * (stride + 1) + 1
        let filter = bytes[start - 1]
        guard filter <= 4 else { return false }
        if filter == 0 { continue }
        for index in 0..<stride {
          let left = index < channels ? 0 : bytes[start + index - channels]
          let up = row == 0 ? 0 : bytes[start + index - stride - 1]
          let corner = row == 0 || index < channels ? 0 : bytes[start + index - stride - 1 - channels]
          bytes[start + index] &+= predicted(filter, left: left, up: up, corner: corner)
        }
      }
      return true
    }
  }

  private static func predicted(_ filter: UInt8, left: UInt8, up: UInt8, corner: UInt8) -> UInt8 {
    switch filter {
    case 1: return left
    case 2: return up
    case 3: return UInt8((Int(left) + Int(up)) / 2)
    default:
      let estimate = Int(left) + Int(up) - Int(corner)
      let distances = (
        abs(estimate - Int(left)), abs(estimate - Int(up)), abs(estimate - Int(corner))
      )
      if distances.0 <= distances.1 && distances.0 <= distances.2 { return left }
      return distances.1 <= distances.2 ? up : corner
    }
  }

  /// Three bytes a pixel, what is transparent over white.
  private static func colors(_ rows: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
      rows.withUnsafeBufferPointer { source in
        var place = 0
        for row in 0..<height {
          var from = row * (width * channels + 1) + 1
          for _ in 0..<width {
            let alpha = channels == 4 ? Int(source[from + 3]) : 255
            for color in 0..<3 {
              target[place + color] = UInt8((Int(source[from + color]) * alpha + 255 * (255 - alpha)) / 255)
            }
            place += 3
            from += channels
          }
        }
      }
      count = width * height * 3
    }
  }
}
