internal import KeepModel

/// GLB: a header with the length of all, and a first chunk of JSON (glTF 2.0, 4.4).
struct GLBStructure {
  private var end: UInt64 = .max

  /// The header and the head of the first chunk.
  static let first = 20

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    guard bytes.has("JSON", at: 16), bytes.littleEndian(12, 4) + 20 <= bytes.littleEndian(8, 4) else {
      return .broken("it does not start with a chunk of JSON")
    }
    end = bytes.littleEndian(8, 4)
    return .done
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    if end == .max { return "it ends within its header" }
    return end <= size ? nil : "it says that it is \(end) bytes long, and has \(size)"
  }
}
