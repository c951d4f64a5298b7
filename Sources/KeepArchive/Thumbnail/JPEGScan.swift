/// One scan of a JPEG: which components and coefficients it tells, and the bits that do (ITU-T T.81, B.2.3).
struct JPEGScan {
  /// A component of the scan, with its tables.
  struct Part {
    let component: Int
    let means: HuffmanTable?
    let details: HuffmanTable?
  }

  let parts: [Part]
  /// First and last coefficient in zigzag order.
  let band: ClosedRange<Int>
  /// The bit positions before and in this scan; both 0 in a sequential one.
  let highBit: Int
  let lowBit: Int
  /// Groups of blocks between restart markers; 0 for none.
  let interval: Int

  /// Where each coefficient of the zigzag order stands in its block.
  static let zigzag: [Int] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14,
    21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
    53, 60,
    61, 54, 47, 55, 62, 63,
  ]

  /// Decodes the scan into the frame's coefficients; false when its bits are no JPEG or end too early.
  func decode(_ bits: inout JPEGBits, into frame: inout JPEGFrame) -> Bool {
    let isAlone = parts.count == 1
    let lead = parts[0].component
    let across =
      isAlone ? frame.components[lead].columns : JPEGFrame.parts(frame.width, 8 * frame.across)
    let down = isAlone ? frame.components[lead].rows : JPEGFrame.parts(frame.height, 8 * frame.down)
    var blocks = parts.map {
      JPEGBlocks(scan: self, part: $0, isProgressive: frame.isProgressive, kept: frame.kept)
    }
    for group in 0..<(across * down) {
      if interval > 0, group > 0, group % interval == 0 {
        guard bits.restart() else { return false }
        for index in blocks.indices { blocks[index].restart() }
      }
      let (row, column) = (group / across, group % across)
      for index in parts.indices {
        let isDone = Self.decode(
          &blocks[index], &bits, &frame.components[parts[index].component], row, column, isAlone: isAlone)
        guard isDone else { return false }
      }
      if bits.isExhausted { return false }
    }
    return true
  }

  /// The blocks of one component in one group.
  private static func decode(
    _ blocks: inout JPEGBlocks, _ bits: inout JPEGBits, _ component: inout JPEGFrame.Component, _ row: Int,
    _ column: Int, isAlone: Bool
  ) -> Bool {
    let (width, height) = isAlone ? (1, 1) : (component.across, component.down)
    for block in 0..<(width * height) {
      let line = row * height + block / width
      let place = line * component.stride + column * width + block % width
      guard blocks.decode(&bits, &component.coefficients, place * blocks.kept) else { return false }
    }
    return true
  }
}
