/// How a camera was held: the orientation in a JPEG's Exif data (TIFF 6.0, tag 274), 1 to 8.
enum ExifOrientation {
  /// Reads it from the data of an `APP1` segment; `nil` where there is none.
  static func read(_ segment: ArraySlice<UInt8>) -> Int? {
    guard segment.starts(with: Array("Exif".utf8) + [0, 0]) else { return nil }
    let block = Array(segment.dropFirst(6))
    let isLittle = block.starts(with: Array("II".utf8) + [42, 0])
    guard isLittle || block.starts(with: Array("MM".utf8) + [0, 42]) else { return nil }
    let number = { (start: Int, count: Int) -> Int? in
      guard start >= 0, start + count <= block.count else { return nil }
      let field = block[start..<(start + count)]
      return (isLittle ? Array(field.reversed()) : Array(field)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + index * 12
      guard let tag = number(entry, 2) else { return nil }
      if tag == 0x0112, number(entry + 2, 2) == 3, let value = number(entry + 8, 2) {
        return (1...8).contains(value) ? value : nil
      }
    }
    return nil
  }
}
