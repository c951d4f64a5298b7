/// Draws the coefficients of a JPEG as a small picture.
///
/// Each block is drawn with 1, 2, 4 or 8 samples a side, whatever is just enough, and a line of blocks is in memory at a
/// time.
struct JPEGPicture {
  let frame: JPEGFrame
  let quantisation: [[UInt16]]
  /// Whether three components are red, green and blue rather than brightness and colour.
  let hasPlainColours: Bool
  let limit: Int

  /// Samples a side of a block.
  private var size: Int {
    guard frame.kept == 64 else { return 1 }
    return [1, 2, 4].first { max(frame.width, frame.height) * $0 / 8 >= limit } ?? 8
  }

  /// The samples of one line of blocks of a component.
  private struct Plane {
    var samples: [UInt8]
    var width: Int
  }

  /// The small picture.
  func draw() -> Raster? {
    let size = size
    let width = JPEGFrame.parts(frame.width * size, 8)
    let height = JPEGFrame.parts(frame.height * size, 8)
    guard var reducer = RowReducer(width: width, height: height, limit: limit) else { return nil }
    let matrix = DCT.matrix(size)
    var planes = frame.components.map { component in
      Plane(
        samples: Array(repeating: 0, count: component.stride * size * component.down * size),
        width: component.stride * size)
    }
    var pixels = [UInt8](repeating: 255, count: width * 4)
    for group in 0..<JPEGFrame.parts(frame.height, 8 * frame.down) {
      for index in planes.indices {
        draw(group, of: frame.components[index], matrix, size, into: &planes[index])
      }
      for line in 0..<(frame.down * size) where group * frame.down * size + line < height {
        combine(planes, line, width, into: &pixels)
        reducer.add(pixels)
      }
    }
    return reducer.finish()
  }

  private func draw(
    _ group: Int, of component: JPEGFrame.Component, _ matrix: [Int], _ size: Int, into plane: inout Plane
  ) {
    let table = quantisation[component.table]
    let order = JPEGScan.zigzag.enumerated().filter { $0.element % 8 < size && $0.element / 8 < size }
    var block = [Int](repeating: 0, count: size * size)
    var samples = [UInt8](repeating: 0, count: size * size)
    for row in 0..<component.down {
      for column in 0..<component.stride {
        let start = ((group * component.down + row) * component.stride + column) * frame.kept
        for (index, place) in order {
          let value = Int(component.coefficients[start + place]) * Int(table[index])
          block[place / 8 * size + place % 8] = min(max(value, -32_768), 32_767)
        }
        DCT.samples(of: block, matrix, size: size, into: &samples)
        for line in 0..<size {
          let target = (row * size + line) * plane.width + column * size
          for sample in 0..<size { plane.samples[target + sample] = samples[line * size + sample] }
        }
      }
    }
  }

  /// One line of pixels from the components, each stretched to the picture's size.
  private func combine(_ planes: [Plane], _ line: Int, _ width: Int, into pixels: inout [UInt8]) {
    for (channel, plane) in planes.enumerated() {
      let component = frame.components[channel]
      let start = line * component.down / frame.down * plane.width
      for column in 0..<width {
        pixels[column * 4 + channel] = plane.samples[start + column * component.across / frame.across]
      }
    }
    for column in 0..<width {
      let place = column * 4
      if planes.count == 1 {
        pixels[place + 1] = pixels[place]
        pixels[place + 2] = pixels[place]
      } else if !hasPlainColours {
        Self.mix(&pixels, place)
      }
    }
  }

  /// Brightness and colour to red, green and blue (ITU-T T.871, 7).
  private static func mix(_ pixels: inout [UInt8], _ place: Int) {
    let brightness = Int(pixels[place]) << 16 + 32_768
    let (blue, red) = (Int(pixels[place + 1]) - 128, Int(pixels[place + 2]) - 128)
    pixels[place] = UInt8(clamping: (brightness + 91_881 * red) >> 16)
    pixels[place + 1] = UInt8(clamping: (brightness - 22_554 * blue - 46_802 * red) >> 16)
    pixels[place + 2] = UInt8(clamping: (brightness + 116_130 * blue) >> 16)
  }
}
