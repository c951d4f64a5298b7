/// The cosine transform of JPEG in whole numbers, so that it gives the same bytes everywhere.
enum DCT {
  /// `cos(n · π/16)` in 13 bits after the point, for n from 0 to 31.
  private static let cosines: [Int] = {
    let quarter = [8192, 8035, 7568, 6811, 5793, 4551, 3135, 1598, 0]
    return (0..<32).map { step in
      let folded = step <= 16 ? step : 32 - step
      return folded <= 8 ? quarter[folded] : -quarter[16 - folded]
    }
  }()

  /// What each coefficient adds to each sample along one side of a block that is drawn with `size` samples, as
  /// `size` rows of as many numbers in 13 bits after the point.
  ///
  /// A block of eight coefficients is drawn smaller by leaving out the high ones.
  static func matrix(_ size: Int) -> [Int] {
    (0..<(size * size)).map { place in
      let (sample, coefficient) = (place / size, place % size)
      // 2896 is √⅛ in 13 bits.
      return coefficient == 0 ? 2896 : cosines[(2 * sample + 1) * coefficient * (8 / size) % 32] / 2
    }
  }

  private static let whole = matrix(8)

  /// The samples of a block, `size` by `size`, from its first coefficients, which stand in rows of `size`.
  static func samples(of coefficients: [Int], _ matrix: [Int], size: Int, into samples: inout [UInt8]) {
    guard size > 1 else {
      samples[0] = UInt8(clamping: (coefficients[0] + 4) >> 3 + 128)
      return
    }
    var columns = [Int](repeating: 0, count: size * size)
    for row in 0..<size {
      for sample in 0..<size {
        var sum = 0
        for index in 0..<size { sum &+= matrix[sample * size + index] &* coefficients[row * size + index] }
        columns[row * size + sample] = (sum + 512) >> 10
      }
    }
    for sample in 0..<size {
      for column in 0..<size {
        var sum = 0
        for index in 0..<size { sum &+= matrix[sample * size + index] &* columns[index * size + column] }
        samples[sample * size + column] = UInt8(clamping: (sum + 32_768) >> 16 + 128)
      }
    }
  }

  /// The 64 coefficients of a block of eight by eight samples, three bits after the point.
  static func coefficients(of samples: [UInt8]) -> [Int] {
    var rows = [Int](repeating: 0, count: 64)
    for row in 0..<8 {
      for coefficient in 0..<8 {
        var sum = 0
        for index in 0..<8 { sum &+= whole[index * 8 + coefficient] &* (Int(samples[row * 8 + index]) - 128) }
        rows[row * 8 + coefficient] = (sum + 16) >> 5
      }
    }
    var result = [Int](repeating: 0, count: 64)
    for column in 0..<8 {
      for coefficient in 0..<8 {
        var sum = 0
        for index in 0..<8 { sum &+= whole[index * 8 + coefficient] &* rows[index * 8 + column] }
        result[coefficient * 8 + column] = (sum + 131_072) >> 18
      }
    }
    return result
  }
}
