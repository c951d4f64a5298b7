/// A picture in memory: 8-bit RGB, rows from the top, no padding.
struct Raster: Sendable, Equatable {
  let width: Int
  let height: Int
  /// Three bytes a pixel.
  var pixels: [UInt8]

  /// The size that fits `longestSide` with the same proportions; never larger than given.
  static func fitting(width: Int, height: Int, longestSide: Int) -> (width: Int, height: Int) {
    let longest = max(width, height, 1)
    guard longest > longestSide else { return (width: max(width, 1), height: max(height, 1)) }
    return (
      width: max(width * longestSide / longest, 1), height: max(height * longestSide / longest, 1)
    )
  }

  /// The picture at another size, each pixel taken from the middle of its area.
  func scaled(width newWidth: Int, height newHeight: Int) -> Raster {
    guard newWidth != width || newHeight != height else { return self }
    let columns = (0..<newWidth).map { ($0 * 2 + 1) * width / (newWidth * 2) * 3 }
    let result = [UInt8](unsafeUninitializedCapacity: newWidth * newHeight * 3) { target, count in
      pixels.withUnsafeBufferPointer { source in
        var place = 0
        for y in 0..<newHeight {
          let row = (y * 2 + 1) * height / (newHeight * 2) * width * 3
          for column in columns {
            target[place] = source[row + column]
            target[place + 1] = source[row + column + 1]
            target[place + 2] = source[row + column + 2]
            place += 3
          }
        }
      }
      count = newWidth * newHeight * 3
    }
    return Raster(width: newWidth, height: newHeight, pixels: result)
  }
}
