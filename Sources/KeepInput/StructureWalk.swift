internal import Glibc
internal import KeepModel

/// What a structure checker asks for after it was handed some bytes.
enum StructureStep {
  /// The next bytes, this many, together.
  case gather(Int)
  /// The same bytes again, with this many more.
  case extend(Int)
  /// To pass over this many bytes, then to be handed the next ones.
  case skip(UInt64, then: Int)
  /// To pass over this many bytes and on up to a certain byte, then to be handed the one behind it.
  case find(UInt8, after: UInt64 = 0)
  /// Nothing more: what follows does not matter.
  case done
  /// Nothing more: the file cannot be whole, and why.
  case broken(String)
}

/// Brings the bytes that a structure checker asks for together, from pieces cut anywhere.
///
/// It holds only what was asked for, which is never much, and passes over the rest without looking.
struct StructureWalk {
  /// The bytes that were asked for.
  private(set) var gathered: [UInt8] = []
  /// Where the first of them stands in the file.
  private(set) var start: UInt64 = 0
  /// Why the file cannot be whole.
  private(set) var defect: String?

  private var position: UInt64 = 0
  private var toSkip: UInt64 = 0
  private var toFind: UInt8?
  private var wanted: Int
  private var isDone = false

  init(first: Int) { self.wanted = first }

  /// Whether something that was asked for has begun and is not all there.
  var isInside: Bool { !isDone && (toSkip > 0 || !gathered.isEmpty && gathered.count < wanted) }

  /// Takes what it can from `piece` behind `cursor`; whether all that was asked for is now gathered.
  mutating func isReady(_ piece: UnsafeRawBufferPointer, _ cursor: inout Int) -> Bool {
    guard !isDone else { return false }
    let skipped = Int(min(toSkip, UInt64(piece.count - cursor)))
    toSkip -= UInt64(skipped)
    pass(skipped, &cursor)
    guard toSkip == 0 else { return false }
    if let byte = toFind {
      guard let distance = Self.distance(to: byte, piece, cursor) else {
        pass(piece.count - cursor, &cursor)
        return false
      }
      pass(distance + 1, &cursor)
      toFind = nil
    }
    if gathered.isEmpty { start = position }
    let count = min(wanted - gathered.count, piece.count - cursor)
    gathered += piece[cursor..<(cursor + count)]
    pass(count, &cursor)
    return gathered.count == wanted
  }

  /// Turns to what the checker asks for next.
  mutating func apply(_ step: StructureStep) {
    switch step {
    case .gather(let count): want(count)
    case .extend(let count): wanted += count
    case .skip(let count, let next):
      want(next)
      toSkip = count
    case .find(let byte, let count):
      want(1)
      toSkip = count
      toFind = byte
    case .done: isDone = true
    case .broken(let reason):
      defect = reason
      isDone = true
    }
  }

  private mutating func want(_ count: Int) {
    gathered.removeAll(keepingCapacity: true)
    wanted = count
  }

  private mutating func pass(_ count: Int, _ cursor: inout Int) {
    cursor += count
    position += UInt64(count)
  }

  private static func distance(to byte: UInt8, _ piece: UnsafeRawBufferPointer, _ cursor: Int) -> Int? {
    guard let base = piece.baseAddress, cursor < piece.count,
      let found = memchr(base + cursor, Int32(byte), piece.count - cursor)
    else { return nil }
    return UnsafeRawPointer(found) - (base + cursor)
  }
}

extension [UInt8] {
  /// A number of up to eight bytes, the first the greatest; bytes past the end count as absent.
  func bigEndian(_ offset: Int, _ count: Int) -> UInt64 {
    dropFirst(offset).prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number of up to eight bytes, the last the greatest; bytes past the end count as absent.
  func littleEndian(_ offset: Int, _ count: Int) -> UInt64 {
    dropFirst(offset).prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Whether these characters stand at a place.
  func has(_ text: StaticString, at offset: Int) -> Bool {
    text.withUTF8Buffer { dropFirst(offset).prefix($0.count).elementsEqual($0) }
  }
}

extension PixelSize {
  /// A size from a header; `nil` where a side is nought.
  init?(_ width: UInt64, _ height: UInt64) {
    guard let width = Int(exactly: width), let height = Int(exactly: height), width > 0, height > 0 else {
      return nil
    }
    self.init(width: width, height: height)
  }

  var area: UInt64 {
    let (area, isOverflow) = UInt64(width).multipliedReportingOverflow(by: UInt64(height))
    return isOverflow ? .max : area
  }
}
