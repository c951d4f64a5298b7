/// The frame of a JPEG: its size, its components, and the coefficients of their blocks (ITU-T T.81, B.2.2).
struct JPEGFrame: Sendable {
  struct Component: Sendable {
    let id: UInt8
    /// Sampling factors.
    let across: Int
    let down: Int
    /// Which quantisation table.
    let table: Int
    /// Blocks in a line and lines of blocks that the picture needs.
    let columns: Int
    let rows: Int
    /// Blocks in a line as they are stored, a multiple of ``across``.
    let stride: Int
    /// Coefficients block by block.
    var coefficients: [Int16]
  }

  let width: Int
  let height: Int
  let isProgressive: Bool
  /// The largest sampling factors.
  let across: Int
  let down: Int
  /// Coefficients kept of a block: all 64, or the mean alone where the picture is so large that it is enough.
  let kept: Int
  var components: [Component]

  /// The most pixels, and the most bytes of coefficients, that are decoded.
  static let mostPixels = 400_000_000
  static let mostBytes = 48 << 20

  /// Reads a frame header; `nil` for a sort that is not decoded: other than eight bits, other than one or three
  /// components, and beyond the limits.
  init?(_ data: ArraySlice<UInt8>, isProgressive: Bool) {
    let data = Array(data)
    guard data.count >= 6, data[0] == 8, data.count == 6 + Int(data[5]) * 3,
      let specs = Self.specs(data.dropFirst(6))
    else { return nil }
    let height = Int(data[1]) << 8 | Int(data[2])
    let width = Int(data[3]) << 8 | Int(data[4])
    guard width > 0, height > 0, width * height <= Self.mostPixels else { return nil }
    let across = specs.reduce(1) { max($0, $1.across) }
    let down = specs.reduce(1) { max($0, $1.down) }
    let columns = Self.parts(width, 8 * across)
    let rows = Self.parts(height, 8 * down)
    let blocks = specs.reduce(0) { $0 + columns * $1.across * rows * $1.down }
    let kept = blocks * 128 <= Self.mostBytes ? 64 : 1
    guard blocks * kept <= Self.mostBytes else { return nil }
    self.width = width
    self.height = height
    self.isProgressive = isProgressive
    self.across = across
    self.down = down
    self.kept = kept
    components = specs.map { spec in
      let stored = columns * spec.across * rows * spec.down
      return Component(
        id: spec.id, across: spec.across, down: spec.down, table: spec.table,
        columns: Self.parts(Self.parts(width * spec.across, across), 8),
        rows: Self.parts(Self.parts(height * spec.down, down), 8), stride: columns * spec.across,
        coefficients: Array(repeating: 0, count: stored * kept))
    }
  }

  /// What a frame header says of a component.
  private struct Spec {
    let id: UInt8
    let across: Int
    let down: Int
    let table: Int
  }

  private static func specs(_ data: ArraySlice<UInt8>) -> [Spec]? {
    let bytes = Array(data)
    // A single component is coded block by block, whatever its factors.
    let isAlone = bytes.count == 3
    var specs: [Spec] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let factors = bytes[start + 1]
      let (across, down) = isAlone ? (1, 1) : (Int(factors >> 4), Int(factors & 15))
      guard (1...4).contains(across), (1...4).contains(down), bytes[start + 2] < 4 else { return nil }
      specs.append(Spec(id: bytes[start], across: across, down: down, table: Int(bytes[start + 2])))
    }
    return [1, 3].contains(specs.count) ? specs : nil
  }

  /// How many parts of a size cover a length.
  static func parts(_ length: Int, _ size: Int) -> Int { (length + size - 1) / size }
}
