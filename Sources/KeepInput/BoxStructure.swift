internal import KeepModel

/// MP4, MOV, M4A, HEIC and AVIF: boxes within boxes that fill the file (ISO 14496-12, 4.2). What cameras and
/// programs append behind the last box is passed over, as players do.
struct BoxStructure {
  private enum Place {
    case box, track, image, chunkTable(entry: Int), chunkOffset, sampleTable, samples(UInt64), notes(String)
  }
  private let isStill: Bool
  private var place = Place.box
  private var topEnd: UInt64 = 0
  /// Which of the boxes that matter were met at the top.
  private var names: Set<String> = []
  private var lastChunk: UInt64 = 0
  /// The bytes of all samples, and where media begin that reach up to the end of the file.
  private var sampleBytes: UInt64 = 0
  private var openStart: UInt64?
  /// How much of the box in hand follows what is gathered of it.
  private var rest: UInt64 = 0
  private(set) var dimensions: PixelSize?
  private(set) var notes: BoxNotes

  /// The head of a box.
  static let first = 8
  /// No file is that long; it keeps sums of offsets from overflowing.
  private static let beyond: UInt64 = 1 << 62

  init(isStill: Bool) {
    self.isStill = isStill
    self.notes = BoxNotes(isStill: isStill)
  }

  mutating func take(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    switch place {
    case .box: return head(bytes, at: offset)
    case .track: larger(bytes[0] == 1 ? 88 : 76, bytes, fraction: 16)
    case .image: larger(4, bytes, fraction: 0)
    case .chunkTable(let entry): return chunkTable(bytes, entry: entry)
    case .chunkOffset: lastChunk = max(lastChunk, bytes.bigEndian(0, 8))
    case .sampleTable: return sampleTable(bytes)
    case .samples(let left):
      for start in stride(from: 0, to: bytes.count, by: 4) { addSamples(bytes.bigEndian(start, 4)) }
      return samples(left)
    case .notes(let name): notes.take(name, bytes)
    }
    return passRest()
  }

  /// Whether all that a whole file has was met.
  private var hasAll: Bool {
    (names.contains("moov") || isStill && names.contains("meta"))
      && (names.contains("mdat") || names.contains("moof"))
  }

  private mutating func head(_ bytes: [UInt8], at offset: UInt64) -> StructureStep {
    let isTop = offset >= topEnd
    var length = bytes.bigEndian(0, 4)
    if length == 1 {
      guard bytes.count == 16 else { return .extend(8) }
      length = bytes.bigEndian(8, 8)
    }
    let name = String(decoding: bytes[4..<8], as: UTF8.self)
    guard !isTop || bytes[4..<8].allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return hasAll ? .done : .broken("there is no box at byte \(offset)")
    }
    if isTop, ["moov", "meta", "moof", "mdat"].contains(name) { names.insert(name) }
    if length == 0 {  // up to the end of the file, or of the box that it lies in
      guard !isTop else {
        openStart = offset + UInt64(bytes.count)
        return .done
      }
      length = topEnd - offset
    }
    guard length >= UInt64(bytes.count), length < Self.beyond, offset < Self.beyond else {
      return .broken("the box at byte \(offset) has a length of \(length)")
    }
    if isTop {
      topEnd = offset + length
    } else if offset + length > topEnd {
      return .broken("the box at byte \(offset) is larger than the one that it lies in")
    }
    rest = length - UInt64(bytes.count)
    return content(name, isTop: isTop)
  }

  private mutating func content(_ name: String, isTop: Bool) -> StructureStep {
    switch name {
    case "moov" where isTop, "trak", "mdia", "minf", "stbl",
      "iprp" where isStill, "ipco" where isStill:
      return .gather(Self.first)
    case "meta" where isTop && isStill && rest >= 4: return .skip(4, then: Self.first)
    case "tkhd" where rest >= 84: return gather(Int(min(rest, 96)), .track)
    case "ispe" where rest >= 12: return gather(12, .image)
    case "stco" where rest >= 12: return gather(8, .chunkTable(entry: 4))
    case "co64" where rest >= 16: return gather(8, .chunkTable(entry: 8))
    case "stsz" where rest >= 12: return gather(12, .sampleTable)
    case _ where rest > 0 && BoxNotes.areTaken(from: name, isTop: isTop, isStill: isStill):
      return gather(Int(min(rest, BoxNotes.limit)), .notes(name))
    default: return passRest()
    }
  }

  private mutating func gather(_ count: Int, _ place: Place) -> StructureStep {
    self.place = place
    rest -= UInt64(count)
    return .gather(count)
  }

  /// Of a table of places in the file only the last entry is looked at, which is the farthest in practice.
  private mutating func chunkTable(_ bytes: [UInt8], entry: Int) -> StructureStep {
    let count = bytes.bigEndian(4, 4)
    guard count > 0, count <= rest / UInt64(entry) else { return passRest() }
    place = .chunkOffset
    rest -= count * UInt64(entry)
    return .skip((count - 1) * UInt64(entry), then: entry)
  }

  /// One size for all samples, or a table of sizes.
  private mutating func sampleTable(_ bytes: [UInt8]) -> StructureStep {
    let (size, count) = (bytes.bigEndian(4, 4), bytes.bigEndian(8, 4))
    guard size == 0 else {
      addSamples(size * count)  // each below 2³²
      return passRest()
    }
    return samples(min(count, rest / 4))
  }

  private mutating func samples(_ left: UInt64) -> StructureStep {
    guard left > 0 else { return passRest() }
    let count = min(left, 4096)
    return gather(Int(count * 4), .samples(left - count))
  }

  private mutating func addSamples(_ count: UInt64) {
    sampleBytes = min(sampleBytes &+ min(count, Self.beyond), Self.beyond)
  }

  private mutating func passRest() -> StructureStep {
    place = .box
    return .skip(rest, then: Self.first)
  }

  private mutating func larger(_ offset: Int, _ bytes: [UInt8], fraction: UInt64) {
    let width = bytes.bigEndian(offset, 4) >> fraction
    let height = bytes.bigEndian(offset + 4, 4) >> fraction
    guard let size = PixelSize(width, height), size.area > dimensions?.area ?? 0 else { return }
    dimensions = size
  }

  func defect(isInside: Bool, size: UInt64) -> String? {
    if topEnd > size || isInside && !hasAll { return "it ends in the middle of a box" }
    let isMovie = names.contains("moov")
    guard isMovie || isStill && names.contains("meta") else {
      return "it has no \(isStill ? "meta" : "moov") box; it was cut off or never finished"
    }
    guard names.contains("mdat") || names.contains("moof") else {
      return "it has no mdat box; it was cut off"
    }
    guard lastChunk < size else { return "it lists media at byte \(lastChunk), behind its end" }
    guard let openStart, sampleBytes > size - min(openStart, size) else { return nil }
    return "it lists \(sampleBytes) bytes of media and has \(size - min(openStart, size))"
  }
}
