/// What an EXIF block says that matters here: how the picture is to be turned, and whether it tells a place.
///
/// The block is a small TIFF file (CIPA DC-008, 4.5). Of it the first table is read, and the table of positions that
/// it points to: each once, and never past the bytes at hand, so loops and wild pointers lead nowhere.
struct ExifBlock {
  /// 2 to 8 where the picture is to be turned or mirrored; `nil` for 1, none and nonsense.
  private(set) var orientation: Int?
  /// Whether it holds a latitude or longitude, or points to a table of positions that cannot be seen.
  private(set) var hasPosition = false

  /// Of a longer block no more than this is read.
  static let limit: UInt64 = 65_536

  private let bytes: ArraySlice<UInt8>
  private let isLittle: Bool

  /// Reads a block, with or without the `Exif` that JPEG puts in front; one that is not TIFF says nothing.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes.dropFirst(bytes.has("Exif\0", at: 0) ? 6 : 0)
    self.isLittle = self.bytes.first == 0x49
    guard [0x49, 0x4D].contains(self.bytes.first), number(0, 2) == (isLittle ? 0x4949 : 0x4D4D),
      number(2, 2) == 42,
      let start = number(4, 4), let table = fields(at: start)
    else { return }
    for field in table.places { read(fieldAt: field) }
  }

  private mutating func read(fieldAt place: UInt64) {
    switch number(place, 2) {
    case 0x0112 where orientation == nil && number(place + 4, 4) == 1:
      let width: UInt64 = [3: 2, 4: 4][number(place + 2, 2) ?? 0] ?? 0
      let value = number(place + 8, width) ?? 0
      if (2...8).contains(value) { orientation = Int(value) }
    case 0x8825:
      guard let start = number(place + 8, 4), start > 0 else { return }
      guard let table = fields(at: start) else { return hasPosition = true }
      let tellsPlace = table.places.contains { [2, 4].contains(number($0, 2)) }
      hasPosition = hasPosition || tellsPlace || !table.isWhole
    default: break
    }
  }

  /// Where the fields of a table lie, as far as they are at hand.
  private func fields(at start: UInt64) -> (places: StrideTo<UInt64>, isWhole: Bool)? {
    guard let count = number(start, 2) else { return nil }
    let present = min(count, (UInt64(bytes.count) - start - 2) / 12)
    return (stride(from: start + 2, to: start + 2 + present * 12, by: 12), present == count)
  }

  /// A number of at most four bytes; `nil` where it is not all there.
  private func number(_ offset: UInt64, _ count: UInt64) -> UInt64? {
    guard offset + count <= bytes.count else { return nil }
    let field = bytes.dropFirst(Int(offset)).prefix(Int(count))
    return isLittle
      ? field.reversed().reduce(0) { $0 << 8 | UInt64($1) } : field.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The smallest block that tells an orientation, always the same bytes for the same one.
  static func telling(_ orientation: Int) -> [UInt8] {
    [
      0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation), 0, 0, 0, 0, 0,
      0,
    ]
  }
}
