/// Averages the rows of a picture down to a small one, by area, without ever holding the picture.
///
/// Only whole numbers are added, so the same picture gives the same bytes everywhere.
struct RowReducer: Sendable {
  /// The small picture's size.
  let width: Int
  let height: Int
  private let sourceWidth: Int
  private let sourceHeight: Int
  /// For each column of the picture: the column of the small one that it begins in, and how much of it lies there,
  /// of ``width`` parts.
  private let columns: [(target: Int, share: UInt32)]
  private var row: [SIMD4<UInt32>]
  private var sums: [SIMD4<UInt64>]
  private var pixels: [UInt8] = []
  private var rowsTaken = 0

  /// The most columns or rows: a row's sums then stay below 2³².
  static let longestSide = 65_535

  /// Takes a picture of a size; `nil` for one without pixels or beyond ``longestSide``. A picture whose long side is
  /// not above `limit` keeps its size.
  init?(width: Int, height: Int, limit: Int) {
    let long = max(width, height)
    guard min(width, height) > 0, long <= Self.longestSide, limit > 0 else { return nil }
    sourceWidth = width
    sourceHeight = height
    let scaled = { (side: Int) in long <= limit ? side : max(1, (side * limit + long / 2) / long) }
    let target = scaled(width)
    self.width = target
    self.height = scaled(height)
    columns = (0..<width).map { column in
      let start = column * target
      return (start / width, UInt32(min(target, (start / width + 1) * width - start)))
    }
    row = Array(repeating: .zero, count: target + 1)
    sums = Array(repeating: .zero, count: target)
    pixels.reserveCapacity(target * self.height * 4)
  }

  /// Whether all rows were taken.
  var isFull: Bool { rowsTaken == sourceHeight }

  /// Adds the next row: four bytes a pixel. Rows beyond the last are ignored.
  mutating func add(_ bytes: some Collection<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ add($0) }) == nil {
      Array(bytes).withUnsafeBufferPointer { add($0) }
    }
  }

  private mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard !isFull, bytes.count >= sourceWidth * 4 else { return }
    gather(bytes)
    let start = rowsTaken * height
    let boundary = (start / sourceHeight + 1) * sourceHeight
    let share = UInt64(min(height, boundary - start))
    for index in sums.indices {
      sums[index] &+= SIMD4<UInt64>(truncatingIfNeeded: row[index]) &* share
    }
    rowsTaken += 1
    guard start + height >= boundary else { return }
    for sum in sums { emit(sum) }
    let rest = UInt64(height) - share
    for index in sums.indices { sums[index] = SIMD4<UInt64>(truncatingIfNeeded: row[index]) &* rest }
  }

  /// The row's own sums, colours multiplied by their opacity.
  private mutating func gather(_ bytes: UnsafeBufferPointer<UInt8>) {
    for index in row.indices { row[index] = .zero }
    let whole = UInt32(width)
    for (index, column) in columns.enumerated() {
      let place = index * 4
      let opacity = UInt32(bytes[place + 3])
      let pixel = SIMD4(
        UInt32(bytes[place]) &* opacity, UInt32(bytes[place + 1]) &* opacity,
        UInt32(bytes[place + 2]) &* opacity, opacity)
      row[column.target] &+= pixel &* column.share
      row[column.target + 1] &+= pixel &* (whole &- column.share)
    }
  }

  private mutating func emit(_ sum: SIMD4<UInt64>) {
    let area = UInt64(sourceWidth) * UInt64(sourceHeight)
    for channel in 0..<3 {
      pixels.append(sum.w == 0 ? 0 : UInt8(clamping: (sum[channel] + sum.w / 2) / sum.w))
    }
    pixels.append(UInt8(clamping: (sum.w + area / 2) / area))
  }

  /// The small picture; `nil` when rows are missing.
  func finish() -> Raster? {
    guard isFull else { return nil }
    return Raster(width: width, height: height, pixels: pixels)
  }
}
