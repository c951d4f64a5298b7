/// Turns the inflated bytes of a PNG into rows of pixels, and hands them to a reducer.
struct PNGRows: Sendable {
  private let header: PNGHeader
  /// The colours of a palette, four bytes each.
  private let palette: [UInt8]
  /// The colour that is to be seen through, channel by channel, in a picture that has no opacity of its own.
  private let seenThrough: [Int]
  private var line: [UInt8]
  private var previous: [UInt8]
  private var filled = 0
  private var pixels: [UInt8]
  private var reducer: RowReducer

  /// - Parameters:
  ///   - palette: The data of `PLTE`.
  ///   - transparency: The data of `tRNS`.
  init?(_ header: PNGHeader, palette: [UInt8], transparency: [UInt8], limit: Int) {
    guard let reducer = RowReducer(width: header.width, height: header.height, limit: limit) else {
      return nil
    }
    self.header = header
    self.reducer = reducer
    var colours: [UInt8] = []
    for index in 0..<(palette.count / 3) {
      colours += palette[(index * 3)..<(index * 3 + 3)]
      colours.append(index < transparency.count ? transparency[index] : 255)
    }
    self.palette = colours
    let isKey = header.colour == .grey || header.colour == .rgb
    let keys = isKey && transparency.count == header.colour.channels * 2 ? header.colour.channels : 0
    seenThrough = (0..<keys).map { Int(transparency[$0 * 2]) << 8 | Int(transparency[$0 * 2 + 1]) }
    line = Array(repeating: 0, count: header.bytesPerRow + 1)
    previous = Array(repeating: 0, count: header.bytesPerRow)
    pixels = Array(repeating: 255, count: header.width * 4)
    guard header.colour != .palette || !self.palette.isEmpty else { return nil }
  }

  /// The small picture; `nil` when rows are missing.
  func finish() -> Raster? { reducer.finish() }

  /// Takes the next bytes; false when they are no rows of a PNG, or there are no more rows to come.
  mutating func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard !reducer.isFull else { return false }
      let count = min(rest.count, line.count - filled)
      line.replaceSubrange(filled..<(filled + count), with: rest.prefix(count))
      filled += count
      rest = rest.dropFirst(count)
      guard filled == line.count else { return true }
      filled = 0
      guard unfilter() else { return false }
      expand()
      reducer.add(pixels)
    }
    return true
  }

  /// Undoes the row's filter (PNG third edition, 9.2).
  private mutating func unfilter() -> Bool {
    let distance = header.filterDistance
    let filter = line[0]
    guard filter <= 4 else { return false }
    line.withUnsafeMutableBufferPointer { whole in
      previous.withUnsafeMutableBufferPointer { above in
        let row = UnsafeMutableBufferPointer(rebasing: whole[1...])
        Self.undo(filter, row, UnsafeBufferPointer(above), distance)
        _ = above.update(from: row)
      }
    }
    return true
  }

  private static func undo(
    _ filter: UInt8, _ row: UnsafeMutableBufferPointer<UInt8>, _ above: UnsafeBufferPointer<UInt8>,
    _ distance: Int
  ) {
    switch filter {
    case 1:
      for index in row.indices.dropFirst(distance) { row[index] &+= row[index - distance] }
    case 2:
      for index in row.indices { row[index] &+= above[index] }
    case 3:
      for index in row.indices {
        let left = index >= distance ? Int(row[index - distance]) : 0
        row[index] &+= UInt8(truncatingIfNeeded: (left + Int(above[index])) / 2)
      }
    case 4:
      for index in row.indices {
        let left = index >= distance ? Int(row[index - distance]) : 0
        let corner = index >= distance ? Int(above[index - distance]) : 0
        row[index] &+= nearest(left, Int(above[index]), corner)
      }
    default: break
    }
  }

  /// The Paeth predictor.
  private static func nearest(_ left: Int, _ above: Int, _ corner: Int) -> UInt8 {
    let guess = left + above - corner
    let (toLeft, toAbove, toCorner) = (abs(guess - left), abs(guess - above), abs(guess - corner))
    if toLeft <= toAbove, toLeft <= toCorner { return UInt8(truncatingIfNeeded: left) }
    return UInt8(truncatingIfNeeded: toAbove <= toCorner ? above : corner)
  }

  /// The row as red, green, blue and opacity.
  private mutating func expand() {
    switch (header.colour, header.depth) {
    case (.rgbWithAlpha, 8): pixels.replaceSubrange(0..., with: previous)
    case (.rgb, 8) where seenThrough.isEmpty:
      for column in 0..<header.width {
        for channel in 0..<3 { pixels[column * 4 + channel] = previous[column * 3 + channel] }
      }
    default: for column in 0..<header.width { put(column) }
    }
  }

  /// Any pixel of any sort.
  private mutating func put(_ column: Int) {
    let channels = header.colour.channels
    let place = column * 4
    let first = sample(column * channels)
    if header.colour == .palette {
      for channel in 0..<4 {
        let index = first * 4 + channel
        pixels[place + channel] = index < palette.count ? palette[index] : (channel == 3 ? 255 : 0)
      }
      return
    }
    let colours = channels < 3 ? 1 : 3
    for channel in 0..<3 {
      pixels[place + channel] = scaled(colours == 1 ? first : sample(column * channels + channel))
    }
    pixels[place + 3] = 255
    if channels == colours + 1 {
      pixels[place + 3] = scaled(sample(column * channels + colours))
    } else if !seenThrough.isEmpty,
      (0..<channels).allSatisfy({ sample(column * channels + $0) == seenThrough[$0] })
    {
      pixels[place + 3] = 0
    }
  }

  /// A channel's number as it stands.
  private func sample(_ index: Int) -> Int {
    switch header.depth {
    case 8: return Int(previous[index])
    case 16: return Int(previous[index * 2]) << 8 | Int(previous[index * 2 + 1])
    default:
      let bit = index * header.depth
      return Int(previous[bit / 8]) >> (8 - header.depth - bit % 8) & ((1 << header.depth) - 1)
    }
  }

  /// A channel's number as a byte.
  private func scaled(_ sample: Int) -> UInt8 {
    let most = (1 << header.depth) - 1
    return UInt8(truncatingIfNeeded: (sample * 255 + most / 2) / most)
  }
}
