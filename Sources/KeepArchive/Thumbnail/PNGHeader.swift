/// What a PNG says of itself before its pixels (PNG third edition, 11.2.1).
struct PNGHeader: Sendable, Equatable {
  enum Colour: UInt8, Sendable {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyWithAlpha = 4
    case rgbWithAlpha = 6

    var channels: Int {
      switch self {
      case .grey, .palette: 1
      case .greyWithAlpha: 2
      case .rgb: 3
      case .rgbWithAlpha: 4
      }
    }
  }

  let width: Int
  let height: Int
  /// Bits a channel.
  let depth: Int
  let colour: Colour

  /// The most pixels, and the most bytes of them, that are decoded.
  static let mostPixels = 400_000_000
  static let mostBytes = 2 << 30

  /// Reads the data of `IHDR`; `nil` for what the standard forbids, is larger than the limits, or is interlaced: the
  /// seven passes of that cannot be reduced row by row.
  init?(_ data: [UInt8]) {
    guard data.count == 13, let colour = Colour(rawValue: data[9]), data[10...].elementsEqual([0, 0, 0])
    else {
      return nil
    }
    let number = { (start: Int) in data[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
    let depths: [Int] =
      switch colour {
      case .grey: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      case .rgb, .greyWithAlpha, .rgbWithAlpha: [8, 16]
      }
    self.width = number(0)
    self.height = number(4)
    self.depth = Int(data[8])
    self.colour = colour
    guard depths.contains(depth), (1...RowReducer.longestSide).contains(width),
      (1...RowReducer.longestSide).contains(height), width * height <= Self.mostPixels,
      (bytesPerRow + 1) * height <= Self.mostBytes
    else { return nil }
  }

  /// The bytes of a row without its filter.
  var bytesPerRow: Int { (width * colour.channels * depth + 7) / 8 }
  /// How far back the byte lies that a filter takes for the one to the left.
  var filterDistance: Int { max(1, colour.channels * depth / 8) }
}
