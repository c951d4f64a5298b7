/// Writes a small picture as a sequential JPEG, its colours at half the size, in whole numbers: the same picture gives
/// the same bytes everywhere.
struct JPEGEncoder {
  private let raster: Raster
  private var bytes: [UInt8] = []
  private var bits: UInt32 = 0
  private var count = 0
  private var means = [0, 0, 0]

  /// The bytes of the file; what shines through is black.
  static func encode(_ raster: Raster) -> [UInt8] {
    var encoder = JPEGEncoder(raster: raster)
    encoder.writeHead()
    for row in stride(from: 0, to: raster.height, by: 16) {
      for column in stride(from: 0, to: raster.width, by: 16) { encoder.writeGroup(column, row) }
    }
    encoder.put(0x7F, 7)  // fills the last byte
    return encoder.bytes + [0xFF, 0xD9]
  }

  private init(raster: Raster) { self.raster = raster }

  // MARK: Tables

  /// How strongly each coefficient is rounded, in zigzag order: the tables of T.81, annex K.1, at 28 parts of 100.
  private static let brightness = scaled([
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40,
    58, 51,
    61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103,
    62, 77,
    113, 121, 112, 100, 120, 92, 101, 103, 99,
  ])
  private static let colour = scaled(
    [
      17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66,
    ] + [Int](repeating: 99, count: 50))

  private static func scaled(_ table: [Int]) -> [Int] { table.map { max(1, ($0 * 28 + 50) / 100) } }

  /// The codes of T.81, annexes K.3.1 and K.3.2, for brightness and colour alike.
  private static let meanCounts: [UInt8] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
  private static let meanSymbols: [UInt8] = Array(0...11)
  private static let detailCounts: [UInt8] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125]
  private static let detailSymbols: [UInt8] =
    [
      0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
      0x71,
      0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62,
      0x72,
      0x82, 0x09, 0x0A,
    ]
    + tail([
      0x16...0x1A, 0x25...0x2A, 0x34...0x3A, 0x43...0x4A, 0x53...0x5A, 0x63...0x6A, 0x73...0x7A, 0x83...0x8A,
      0x92...0x9A, 0xA2...0xAA, 0xB2...0xBA, 0xC2...0xCA, 0xD2...0xDA, 0xE1...0xEA, 0xF1...0xFA,
    ])

  private static func tail(_ ranges: [ClosedRange<UInt8>]) -> [UInt8] { ranges.flatMap { Array($0) } }

  /// Code and length by symbol.
  private static func codes(_ counts: [UInt8], _ symbols: [UInt8]) -> [(code: UInt32, length: Int)] {
    var codes = [(code: UInt32, length: Int)](repeating: (0, 0), count: 256)
    var code: UInt32 = 0
    var rest = symbols[...]
    for (index, count) in counts.enumerated() {
      for symbol in rest.prefix(Int(count)) {
        codes[Int(symbol)] = (code, index + 1)
        code += 1
      }
      rest = rest.dropFirst(Int(count))
      code <<= 1
    }
    return codes
  }

  private static let meanCodes = codes(meanCounts, meanSymbols)
  private static let detailCodes = codes(detailCounts, detailSymbols)

  // MARK: Writing

  private mutating func writeHead() {
    bytes = [0xFF, 0xD8]
    segment(0xE0, Array("JFIF".utf8) + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0])
    segment(0xDB, [0] + Self.brightness.map { UInt8($0) } + [1] + Self.colour.map { UInt8($0) })
    segment(
      0xC0,
      [8] + Self.pair(raster.height) + Self.pair(raster.width) + [3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
    segment(0xC4, [0] + Self.meanCounts + Self.meanSymbols + [0x10] + Self.detailCounts + Self.detailSymbols)
    segment(0xDA, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0])
  }

  private mutating func segment(_ marker: UInt8, _ data: [UInt8]) {
    bytes += [0xFF, marker] + Self.pair(data.count + 2) + data
  }

  private static func pair(_ number: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
  }

  private mutating func put(_ code: UInt32, _ length: Int) {
    bits = bits << UInt32(length) | code
    count += length
    while count >= 8 {
      let byte = UInt8(truncatingIfNeeded: bits >> UInt32(count - 8))
      bytes.append(byte)
      if byte == 0xFF { bytes.append(0) }
      count -= 8
    }
  }

  /// Sixteen by sixteen pixels: four blocks of brightness, one of each colour.
  private mutating func writeGroup(_ column: Int, _ row: Int) {
    for part in 0..<4 {
      let (left, top) = (column + part % 2 * 8, row + part / 2 * 8)
      let block = (0..<64).map { index in
        let (red, green, blue) = pixel(left + index % 8, top + index / 8)
        return UInt8(clamping: (19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16)
      }
      write(block, Self.brightness, component: 0)
    }
    let colours = (0..<64).map { mean(column + $0 % 8 * 2, row + $0 / 8 * 2) }
    write(
      colours.map {
        UInt8(clamping: (-11_059 * $0.red - 21_709 * $0.green + 32_768 * $0.blue + 131_072) >> 18 + 128)
      },
      Self.colour, component: 1)
    write(
      colours.map {
        UInt8(clamping: (32_768 * $0.red - 27_439 * $0.green - 5_329 * $0.blue + 131_072) >> 18 + 128)
      },
      Self.colour, component: 2)
  }

  /// The pixel at a place, the last one beyond the edge.
  private func pixel(_ column: Int, _ row: Int) -> (red: Int, green: Int, blue: Int) {
    let place = (min(row, raster.height - 1) * raster.width + min(column, raster.width - 1)) * 4
    return (Int(raster.pixels[place]), Int(raster.pixels[place + 1]), Int(raster.pixels[place + 2]))
  }

  /// The sum of four pixels.
  private func mean(_ column: Int, _ row: Int) -> (red: Int, green: Int, blue: Int) {
    [(0, 0), (1, 0), (0, 1), (1, 1)].reduce(into: (0, 0, 0)) { sum, step in
      let (red, green, blue) = pixel(column + step.0, row + step.1)
      sum = (sum.0 + red, sum.1 + green, sum.2 + blue)
    }
  }

  private mutating func write(_ block: [UInt8], _ table: [Int], component: Int) {
    let coefficients = DCT.coefficients(of: block)
    let values = zip(JPEGScan.zigzag, table).map { place, step in
      let (value, whole) = (coefficients[place], step * 8)
      return (value >= 0 ? value + whole / 2 : value - whole / 2) / whole
    }
    put(values[0] - means[component], after: 0, Self.meanCodes)
    means[component] = values[0]
    var run = 0
    for value in values.dropFirst() {
      guard value != 0 else {
        run += 1
        continue
      }
      while run > 15 {
        put(Self.detailCodes[0xF0].code, Self.detailCodes[0xF0].length)
        run -= 16
      }
      put(value, after: run, Self.detailCodes)
      run = 0
    }
    if run > 0 { put(Self.detailCodes[0].code, Self.detailCodes[0].length) }
  }

  /// A number with its class, and the zeros before it.
  private mutating func put(_ value: Int, after run: Int, _ codes: [(code: UInt32, length: Int)]) {
    let size = Int.bitWidth - value.magnitude.leadingZeroBitCount
    let (code, length) = codes[run << 4 | size]
    put(code, length)
    let digits = value >= 0 ? value : value + (1 << size) - 1
    if size > 0 { put(UInt32(digits), size) }
  }
}
