/// A small picture in memory: red, green, blue and opacity, a byte each, row by row from the top.
struct Raster: Sendable, Equatable {
  let width: Int
  let height: Int
  /// Four bytes a pixel; colours are not multiplied by the opacity.
  let pixels: [UInt8]

  /// Whether nothing shines through.
  var isOpaque: Bool {
    stride(from: 3, to: pixels.count, by: 4).allSatisfy { pixels[$0] == 255 }
  }

  /// The picture with a long side of at most `limit`.
  func reduced(to limit: Int) -> Raster? {
    guard max(width, height) > limit else { return self }
    guard var reducer = RowReducer(width: width, height: height, limit: limit) else { return nil }
    for row in 0..<height { reducer.add(pixels[(row * width * 4)..<((row + 1) * width * 4)]) }
    return reducer.finish()
  }

  /// The picture as its Exif orientation (1 to 8; TIFF 6.0, tag 274) says it is to be seen.
  func turned(_ orientation: Int) -> Raster {
    guard (2...8).contains(orientation) else { return self }
    let isTransposed = orientation >= 5
    let (newWidth, newHeight) = isTransposed ? (height, width) : (width, height)
    var turned = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (column, row) = source(of: x, y, orientation)
        let (from, to) = ((row * width + column) * 4, (y * newWidth + x) * 4)
        for channel in 0..<4 { turned[to + channel] = pixels[from + channel] }
      }
    }
    return Raster(width: newWidth, height: newHeight, pixels: turned)
  }

  /// Where the pixel comes from that is to be seen at a place.
  private func source(of x: Int, _ y: Int, _ orientation: Int) -> (column: Int, row: Int) {
    switch orientation {
    case 2: (width - 1 - x, y)
    case 3: (width - 1 - x, height - 1 - y)
    case 4: (x, height - 1 - y)
    case 5: (y, x)
    case 6: (y, height - 1 - x)
    case 7: (width - 1 - y, height - 1 - x)
    case 8: (width - 1 - y, x)
    default: (x, y)
    }
  }
}
