internal import KeepModel

/// A file of any size whose bytes follow from a seed and are made as they are sent, never stored.
///
/// It reads as an MP4 with an empty index and one box of media data, whose blocks all differ.
struct SyntheticFile: Sendable, Hashable {
  let seed: UInt64
  let size: Int

  /// How many bytes are made at once.
  static let blockSize = 256 * 1024

  /// A file that follows from a checksum and a number.
  init(_ checksum: Checksum, number: Int, size: Int) {
    self.seed = (UInt64(checksum.hexadecimal.prefix(16), radix: 16) ?? 0) &+ UInt64(number)
    self.size = size
  }

  /// The bytes of a part that lies within one block.
  func bytes(_ part: Range<Int>) -> [UInt8] {
    let start = part.lowerBound / Self.blockSize * Self.blockSize
    var block = Self.noise
    let mark = start == 0 ? head : Self.big(seed, 8) + Self.big(UInt64(start), 8)
    block.replaceSubrange(0..<mark.count, with: mark)
    return part == start..<(start + Self.blockSize)
      ? block : Array(block[(part.lowerBound - start)..<(part.upperBound - start)])
  }

  /// The part from `offset` to the end of its block or of `range`.
  static func piece(at offset: Int, of range: Range<Int>) -> Range<Int> {
    offset..<min(range.upperBound, (offset / blockSize + 1) * blockSize)
  }

  /// `ftyp`, an empty `moov`, and the beginning of an `mdat` with a long size (ISO 14496-12, section 4.2).
  private var head: [UInt8] {
    Self.big(20, 4) + Array("ftypisom".utf8) + Self.big(512, 4) + Array("isom".utf8)
      + Self.big(8, 4) + Array("moov".utf8) + Self.big(1, 4) + Array("mdat".utf8)
      + Self.big(UInt64(size - 28), 8) + Self.big(seed, 8)
  }

  /// A block of bytes in which no part is like another (splitmix64).
  private static let noise: [UInt8] = {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<(blockSize / 8)).flatMap { _ -> [UInt8] in
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return big(value ^ value >> 31, 8)
    }
  }()

  private static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
  }
}
