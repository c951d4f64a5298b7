/// Decodes the blocks of one component of a scan, one after another (ITU-T T.81, annexes F.2.2 and G.2).
struct JPEGBlocks {
  /// Coefficients kept of each block: 64, or the mean alone.
  let kept: Int
  private let band: ClosedRange<Int>
  private let highBit: Int
  private let lowBit: Int
  private let isProgressive: Bool
  private let means: HuffmanTable?
  private let details: HuffmanTable?
  private var mean = 0
  /// Blocks that are still to come without new coefficients.
  private var emptyBlocks = 0

  init(scan: JPEGScan, part: JPEGScan.Part, isProgressive: Bool, kept: Int) {
    self.kept = kept
    self.band = scan.band
    self.highBit = scan.highBit
    self.lowBit = scan.lowBit
    self.isProgressive = isProgressive
    self.means = part.means
    self.details = part.details
  }

  /// Begins anew behind a restart marker.
  mutating func restart() {
    mean = 0
    emptyBlocks = 0
  }

  /// Decodes the block whose coefficients begin at `start`; false for bits that are no JPEG.
  mutating func decode(_ bits: inout JPEGBits, _ block: inout [Int16], _ start: Int) -> Bool {
    if !isProgressive {
      return decodeMean(&bits, &block, start) && decodeDetails(&bits, &block, start, from: 1)
    }
    if band.lowerBound == 0 {
      guard highBit > 0 else { return decodeMean(&bits, &block, start) }
      if bits.number(1) == 1 { block[start] |= 1 << Int16(lowBit) }
      return true
    }
    return highBit == 0
      ? decodeDetails(&bits, &block, start, from: band.lowerBound) : refine(&bits, &block, start)
  }

  private mutating func decodeMean(_ bits: inout JPEGBits, _ block: inout [Int16], _ start: Int) -> Bool {
    guard let means, let size = bits.symbol(means), size <= 15 else { return false }
    mean &+= bits.signed(size)
    block[start] = Int16(truncatingIfNeeded: mean << lowBit)
    return true
  }

  /// The coefficients of a sequential block, or those of a progressive one when they are told first.
  private mutating func decodeDetails(
    _ bits: inout JPEGBits, _ block: inout [Int16], _ start: Int, from first: Int
  ) -> Bool {
    guard emptyBlocks == 0 else {
      emptyBlocks -= 1
      return true
    }
    guard let details else { return false }
    var index = first
    while index <= band.upperBound {
      guard let symbol = bits.symbol(details) else { return false }
      let (run, size) = (symbol >> 4, symbol & 15)
      if size == 0 {
        guard run < 15 else {
          index += 16
          continue
        }
        guard isProgressive || run == 0 else { return false }
        emptyBlocks = (1 << run) - 1 + bits.number(run)
        return true
      }
      index += run
      let value = bits.signed(size)
      guard index <= band.upperBound else { return false }
      if kept == 64 { block[start + JPEGScan.zigzag[index]] = Int16(truncatingIfNeeded: value << lowBit) }
      index += 1
    }
    return true
  }

  /// One more bit for the coefficients that there are, and new ones between them (T.81, G.1.2.3).
  private mutating func refine(_ bits: inout JPEGBits, _ block: inout [Int16], _ start: Int) -> Bool {
    guard let details, kept == 64 else { return false }
    var index = band.lowerBound
    while emptyBlocks == 0, index <= band.upperBound {
      guard let symbol = bits.symbol(details) else { return false }
      let (run, size) = (symbol >> 4, symbol & 15)
      var value = 0
      if size == 1 {
        value = bits.number(1) == 1 ? 1 << lowBit : -1 << lowBit
      } else if size > 1 {
        return false
      } else if run < 15 {
        emptyBlocks = (1 << run) + bits.number(run)
        break
      }
      index = pass(over: run, from: index, &bits, &block, start)
      guard index <= band.upperBound else { return value == 0 }
      if value != 0 { block[start + JPEGScan.zigzag[index]] = Int16(truncatingIfNeeded: value) }
      index += 1
    }
    if emptyBlocks > 0 {
      emptyBlocks -= 1
      _ = pass(over: .max, from: index, &bits, &block, start)
    }
    return true
  }

  /// Refines what is there, and passes over so many coefficients that are still zero; returns the place of the next
  /// one.
  private func pass(
    over zeros: Int, from first: Int, _ bits: inout JPEGBits, _ block: inout [Int16], _ start: Int
  ) -> Int {
    var left = zeros
    var index = first
    while index <= band.upperBound {
      let place = start + JPEGScan.zigzag[index]
      if block[place] == 0 {
        if left == 0 { return index }
        left -= 1
      } else if bits.number(1) == 1 {
        let step = Int16(1) << Int16(lowBit)
        block[place] &+= block[place] > 0 ? step : -step
      }
      index += 1
    }
    return index
  }
}
